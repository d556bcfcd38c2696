// Offsets and bits of the standard configuration header (PCI Local Bus 3.0, 6.1 and 6.2).

/// Byte offsets in a type 0 configuration header.
enum PCIRegister {
    static let vendor = 0x00
    static let device = 0x02
    static let command = 0x04
    static let status = 0x06
    static let revision = 0x08
    static let classCode = 0x09
    static let cacheLineSize = 0x0c
    static let headerType = 0x0e
    static let firstBAR = 0x10
    static let subsystemVendor = 0x2c
    static let subsystem = 0x2e
    static let capabilitiesPointer = 0x34
    static let interruptLine = 0x3c
    static let interruptPin = 0x3d
}

/// Bits of the command register (6.2.2).
enum PCICommand {
    /// The function answers at its memory BARs.
    static let memorySpace: UInt16 = 1 << 1
    /// The function may access memory.
    static let busMaster: UInt16 = 1 << 2
    /// The function may not assert its INTx wire.
    static let interruptDisable: UInt16 = 1 << 10
    /// Parity errors and SERR# do not occur here, but their enable bits must be there to be set.
    static let errorReporting: UInt16 = 1 << 6 | 1 << 8
    /// The I/O space bit is missing: there is no I/O space, so it is hardwired to 0.
    static let writable = memorySpace | busMaster | interruptDisable | errorReporting
}

/// Bits of the status register (6.2.3).
enum PCIStatus {
    /// An INTx interrupt is pending, also while the command register disables the wire.
    static let interrupt: UInt16 = 1 << 3
    /// There is a list of capabilities.
    static let capabilitiesList: UInt16 = 1 << 4
}

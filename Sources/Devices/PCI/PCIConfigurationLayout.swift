// What never changes about a function's configuration space: identity, BARs, capabilities, masks.

/// The registers that identify a function to drivers (PCI Local Bus 3.0, 6.2.1 and 6.2.4).
public struct PCIIdentity: Sendable {
    /// The vendor of the device.
    public var vendor: UInt16
    /// The vendor's number for the device.
    public var device: UInt16
    /// The device's revision.
    public var revision: UInt8
    /// Class, subclass and programming interface: 24 bits, class highest.
    public var classCode: UInt32
    /// The vendor of the subsystem.
    public var subsystemVendor: UInt16
    /// The vendor's number for the subsystem.
    public var subsystem: UInt16

    /// Collects the identifying registers.
    public init(
        vendor: UInt16, device: UInt16, revision: UInt8, classCode: UInt32,
        subsystemVendor: UInt16, subsystem: UInt16
    ) {
        self.vendor = vendor
        self.device = device
        self.revision = revision
        self.classCode = classCode
        self.subsystemVendor = subsystemVendor
        self.subsystem = subsystem
    }
}

/// The power-on contents of a type 0 configuration space (PCI Local Bus 3.0, figure 6-1) and, bit by
/// bit, what a driver may change. Built by a function's own code, so its rules are preconditions.
public struct PCIConfigurationLayout: Sendable {
    /// The size of a conventional configuration space in bytes.
    public static let byteCount = 256

    /// The contents after power-on.
    public private(set) var initial = [UInt8](repeating: 0, count: byteCount)
    /// A set bit can be written by the guest.
    public private(set) var writable = [UInt8](repeating: 0, count: byteCount)
    /// The base address registers in use.
    private(set) var memoryBARs: [(index: Int, byteCount: UInt64)] = []

    /// Capabilities begin behind the header.
    private var freeOffset = 0x40
    /// Where the offset of the next capability is to be written.
    private var lastLink = PCIRegister.capabilitiesPointer

    /// A function with an identity, no BARs, no capabilities and no interrupt.
    public init(_ identity: PCIIdentity) {
        initial.storeLittleEndian(UInt64(identity.vendor), at: PCIRegister.vendor, byteCount: 2)
        initial.storeLittleEndian(UInt64(identity.device), at: PCIRegister.device, byteCount: 2)
        initial.storeLittleEndian(UInt64(identity.revision), at: PCIRegister.revision, byteCount: 1)
        initial.storeLittleEndian(UInt64(identity.classCode), at: PCIRegister.classCode, byteCount: 3)
        let subsystemVendor = UInt64(identity.subsystemVendor)
        initial.storeLittleEndian(subsystemVendor, at: PCIRegister.subsystemVendor, byteCount: 2)
        initial.storeLittleEndian(UInt64(identity.subsystem), at: PCIRegister.subsystem, byteCount: 2)
        writable.storeLittleEndian(UInt64(PCICommand.writable), at: PCIRegister.command, byteCount: 2)
        // Cache line size and interrupt line have no effect: they are notes between firmware and
        // drivers (PCI Local Bus 3.0, 6.2.4).
        writable.storeLittleEndian(0xff, at: PCIRegister.cacheLineSize, byteCount: 1)
        writable.storeLittleEndian(0xff, at: PCIRegister.interruptLine, byteCount: 1)
    }

    /// Says that the function drives an INTx wire (PCI Local Bus 3.0, 6.2.4).
    /// - Parameter pin: 1 (INTA#) to 4 (INTD#).
    public mutating func setInterruptPin(_ pin: UInt8) {
        precondition((1...4).contains(pin), "a function has interrupt pin 1 to 4")
        initial.storeLittleEndian(UInt64(pin), at: PCIRegister.interruptPin, byteCount: 1)
    }

    /// Says that the device has other functions beside this one (PCI Local Bus 3.0, 6.2.1).
    public mutating func setMultifunction() {
        initial[PCIRegister.headerType] |= 0x80
    }

    /// Places a register that only this kind of function has. Not for functions with capabilities, which take
    /// the same space.
    /// - Parameters:
    ///   - offset: where the register begins: 0x40 to 0xff.
    ///   - byteCount: its size in bytes, 1 to 8.
    ///   - initial: the value after power-on.
    ///   - writable: the bits that the guest can write.
    public mutating func setRegister(at offset: Int, byteCount: Int, initial: UInt64, writable: UInt64) {
        precondition(offset >= freeOffset && offset + byteCount <= Self.byteCount, "not a place for a register")
        self.initial.storeLittleEndian(initial, at: offset, byteCount: byteCount)
        self.writable.storeLittleEndian(writable, at: offset, byteCount: byteCount)
    }

    /// Adds memory that is not prefetchable behind a 64-bit BAR (PCI Local Bus 3.0, 6.2.5.1).
    /// - Parameters:
    ///   - index: the BAR's index, 0 to 4; the one above it holds the high half of the address.
    ///   - byteCount: the size in bytes, a power of two from 16 up.
    public mutating func addMemory64(bar index: Int, byteCount: UInt64) {
        precondition((0...4).contains(index), "a 64-bit BAR takes two of the six registers")
        addMemory(bar: index, byteCount: byteCount, typeBits: 0b100, registerBytes: 8)
    }

    /// Adds memory that is not prefetchable behind a 32-bit BAR (PCI Local Bus 3.0, 6.2.5.1).
    /// - Parameters:
    ///   - index: the BAR's index, 0 to 5.
    ///   - byteCount: the size in bytes, a power of two from 16 to 2^31.
    public mutating func addMemory32(bar index: Int, byteCount: UInt64) {
        precondition((0...5).contains(index) && byteCount <= 1 << 31, "not a 32-bit BAR")
        addMemory(bar: index, byteCount: byteCount, typeBits: 0b000, registerBytes: 4)
    }

    private mutating func addMemory(bar index: Int, byteCount: UInt64, typeBits: UInt64, registerBytes: Int) {
        precondition(byteCount >= 16 && byteCount & (byteCount - 1) == 0, "a BAR's size is a power of two")
        let offset = PCIRegister.firstBAR + 4 * index
        initial.storeLittleEndian(typeBits, at: offset, byteCount: registerBytes)
        // The bits below the size are hardwired to 0: that is how a driver finds the size.
        writable.storeLittleEndian(~(byteCount - 1), at: offset, byteCount: registerBytes)
        memoryBARs.append((index: index, byteCount: byteCount))
    }

    /// Appends a capability to the list (PCI Local Bus 3.0, 6.7).
    /// - Parameters:
    ///   - identifier: the capability's ID.
    ///   - body: what follows the ID and the link to the next one.
    ///   - writableBody: for each byte of `body`, the bits that the guest can write; empty for none.
    /// - Returns: the offset of the capability in the configuration space.
    @discardableResult
    public mutating func addCapability(identifier: UInt8, body: [UInt8], writableBody: [UInt8] = []) -> Int {
        let offset = freeOffset
        precondition(offset + 2 + body.count <= Self.byteCount, "the capabilities do not fit")
        initial[PCIRegister.status] |= UInt8(PCIStatus.capabilitiesList)
        initial[lastLink] = UInt8(offset)
        initial[offset] = identifier
        initial.replaceSubrange((offset + 2)..<(offset + 2 + body.count), with: body)
        for (index, mask) in writableBody.enumerated() { writable[offset + 2 + index] = mask }
        lastLink = offset + 1
        // Each capability begins at a multiple of four.
        freeOffset = (offset + 2 + body.count + 3) & ~3
        return offset
    }
}

// One function of a PCI device, as the host bridge sees it.
import MachineCore

/// A PCI function: a configuration space and memory behind base address registers (BARs).
///
/// Called on the runner thread only. Interrupts are level-triggered INTx wires: each function gets
/// an `InterruptLine` among its resources.
public protocol PCIFunction: AnyObject {
    /// Reads the configuration space (256 bytes).
    /// - Parameters:
    ///   - offset: 0 to 255.
    ///   - width: byte, half or word; the access is aligned, so it never leaves a 32-bit register.
    func readConfiguration(at offset: Int, width: AccessWidth) -> UInt64

    /// Writes the configuration space; read-only bits keep their value. Parameters as for reads.
    func writeConfiguration(_ value: UInt64, at offset: Int, width: AccessWidth)

    /// The memory that the function answers at now: nothing while its memory space is disabled
    /// (PCI Local Bus 3.0, 6.2.2). Changes only by configuration writes and resets.
    var decodedRanges: [PCIDecodedRange] { get }

    /// Reads `width` bytes at `offset` of the memory behind a BAR; all of them are inside it.
    func read(bar: Int, at offset: UInt64, width: AccessWidth) -> UInt64

    /// Writes `width` bytes at `offset` of the memory behind a BAR; all of them are inside it.
    func write(_ value: UInt64, bar: Int, at offset: UInt64, width: AccessWidth)

    /// The memory behind a BAR at `offset`, where a CPU may reach it without the function; see
    /// `Device.directMemory`.
    func directMemory(bar: Int, at offset: UInt64) -> (memory: GuestMemory, address: GuestPhysicalAddress)?

    /// Returns to the power-on state (RST#, PCI Local Bus 3.0, 4.3.2): BARs are unassigned again.
    func reset()
}

extension PCIFunction {
    public func directMemory(
        bar: Int, at offset: UInt64
    ) -> (memory: GuestMemory, address: GuestPhysicalAddress)? { nil }
}

/// Where the memory behind one BAR is in the guest-physical address space.
public struct PCIDecodedRange: Equatable, Sendable {
    /// The BAR's index, 0 to 5; the lower one of a 64-bit pair.
    public let bar: Int
    /// The address that the guest assigned: any multiple of the size.
    public let base: GuestPhysicalAddress
    /// The size in bytes, a power of two.
    public let byteCount: UInt64

    /// The offset of `address` in this range, or nil unless all `width` bytes are inside.
    func offset(of address: GuestPhysicalAddress, width: AccessWidth) -> UInt64? {
        // Wrapping subtraction instead of an upper bound, which could be 2^64.
        let offset = address &- base
        guard offset < byteCount, width.byteCount <= byteCount &- offset else { return nil }
        return offset
    }
}

// A function's configuration space: bytes that change, under masks that do not.
import MachineCore

/// The configuration space of one function. The bytes are the state; the layout is the same for every
/// function of its kind.
public struct PCIConfiguration: Sendable {
    /// What the bytes mean and which may change.
    public let layout: PCIConfigurationLayout
    /// The contents: 256 bytes.
    public private(set) var bytes: [UInt8]

    /// The space with saved contents.
    /// - Throws: `StateError` in the name of `part` unless `bytes` are contents that writes of a
    ///   guest can lead to.
    public init(_ layout: PCIConfigurationLayout, restoring bytes: [UInt8], part: String) throws(StateError) {
        guard bytes.count == PCIConfigurationLayout.byteCount else {
            throw StateError(part: part, reason: "\(bytes.count) bytes of PCI configuration, not 256")
        }
        for (index, byte) in bytes.enumerated() {
            if (byte ^ layout.initial[index]) & ~layout.writable[index] == 0 { continue }
            throw StateError(part: part, reason: "a read-only bit of PCI configuration byte \(index) differs")
        }
        self.layout = layout
        self.bytes = bytes
    }

    /// Reads `width` bytes at `offset`; 0 unless all of them are inside the space.
    public func read(at offset: Int, width: AccessWidth) -> UInt64 {
        guard offset >= 0, offset + Int(width.byteCount) <= bytes.count else { return 0 }
        return bytes.littleEndian(at: offset, byteCount: Int(width.byteCount))
    }

    /// Writes those bits of `width` bytes at `offset` that are writable; ignored outside the space.
    public mutating func write(_ value: UInt64, at offset: Int, width: AccessWidth) {
        guard offset >= 0, offset + Int(width.byteCount) <= bytes.count else { return }
        for index in 0..<Int(width.byteCount) {
            let mask = layout.writable[offset + index]
            let byte = UInt8(truncatingIfNeeded: value >> (8 * index))
            bytes[offset + index] = bytes[offset + index] & ~mask | byte & mask
        }
    }

    /// Back to the power-on contents.
    public mutating func reset() { bytes = layout.initial }

    /// The command register (PCI Local Bus 3.0, 6.2.2).
    private var command: UInt16 { UInt16(truncatingIfNeeded: read(at: PCIRegister.command, width: .half)) }
    /// The function may access memory.
    var isBusMaster: Bool { command & PCICommand.busMaster != 0 }
    /// The function must not assert its INTx wire.
    var isInterruptDisabled: Bool { command & PCICommand.interruptDisable != 0 }

    /// Where the function's memory is now; nothing while the memory space is disabled.
    public var decodedRanges: [PCIDecodedRange] {
        guard command & PCICommand.memorySpace != 0 else { return [] }
        return layout.memoryBARs.map { bar in
            let offset = PCIRegister.firstBAR + 4 * bar.index
            let is64Bit = layout.initial[offset] & 0b110 == 0b100
            let address = read(at: offset, width: is64Bit ? .double : .word) & ~(bar.byteCount - 1)
            return PCIDecodedRange(bar: bar.index, base: address, byteCount: bar.byteCount)
        }
    }
}

// The memory of a display adapter: a part of the machine's.
import MachineCore

/// Video memory: a range of a memory of the machine, as adapters on a chipset have one. So whatever saves, forks or
/// rewinds the machine's memory does it with this one, too.
public struct VideoMemory {
    /// Where it lies.
    public let memory: GuestMemory
    /// The address in `memory` at which it begins.
    public let base: GuestPhysicalAddress
    /// Its size in bytes.
    public let byteCount: UInt64

    /// The last `byteCount` bytes of `memory`.
    /// - Precondition: it has so many.
    public init(lastBytes byteCount: UInt64, of memory: GuestMemory) {
        precondition(byteCount <= memory.byteCount, "video memory is inside of the memory")
        self.memory = memory
        self.byteCount = byteCount
        base = memory.base + memory.byteCount - byteCount
    }

    /// All of `memory`.
    public init(_ memory: GuestMemory) { self.init(lastBytes: memory.byteCount, of: memory) }

    /// The value at `offset`, or nil unless all of it is inside.
    func load<Integer: FixedWidthInteger & BitwiseCopyable>(_ type: Integer.Type, at offset: UInt64) -> Integer? {
        guard holds(offset, UInt64(MemoryLayout<Integer>.size)) else { return nil }
        return memory.load(type, at: base + offset)
    }

    /// Stores `value` at `offset`; does nothing unless there is room for all of it.
    func store<Integer: FixedWidthInteger & BitwiseCopyable>(_ value: Integer, at offset: UInt64) {
        guard holds(offset, UInt64(MemoryLayout<Integer>.size)) else { return }
        _ = memory.store(value, at: base + offset)
    }

    /// The host address of `count` bytes at `offset`, or nil unless all of them are inside.
    func hostPointer(to offset: UInt64, count: UInt64) -> UnsafeMutableRawPointer? {
        holds(offset, count) ? memory.hostPointer(to: base + offset, count: count) : nil
    }

    private func holds(_ offset: UInt64, _ count: UInt64) -> Bool {
        count <= byteCount && offset <= byteCount - count
    }
}

// A split virtqueue as the device sees it: plain state; its rings are in guest RAM.
import MachineCore
import Synchronization

/// The device's side of one split virtqueue (virtio 1.2, 2.7).
///
/// Nothing here is trusted: addresses are checked at every access by `GuestMemory`, every field of a
/// descriptor is read exactly once, and every loop ends after a number of steps known beforehand.
///
/// Memory order: harts may run on other threads. An index is read before the entries that it covers and
/// written after them, with the barriers of 2.7.13; between writing an index and reading what the driver
/// wants to be told about there is a full one, as the driver has between the two on its side.
public struct Virtqueue: Codable, Equatable, Sendable {
    /// The size of a descriptor, in a table in RAM as in an indirect one, in bytes.
    static let descriptorBytes: UInt64 = 16
    /// The longest indirect table that is followed. The standard's limit is the queue's size, but
    /// drivers that shrink a queue go on using longer tables.
    static let indirectTableLimit = 1024

    /// The number of entries, a power of two.
    public internal(set) var size: UInt16
    /// The driver switched the queue on.
    public internal(set) var isEnabled = false
    /// Where the descriptor table is.
    public internal(set) var descriptorTable: GuestPhysicalAddress = 0
    /// Where the available ring ("driver area") is.
    public internal(set) var availableRing: GuestPhysicalAddress = 0
    /// Where the used ring ("device area") is.
    public internal(set) var usedRing: GuestPhysicalAddress = 0
    /// The available index of the next chain to take; wraps around at 65536.
    public internal(set) var nextAvailable: UInt16 = 0
    /// The used index of the next chain to return; wraps around at 65536.
    public internal(set) var nextUsed: UInt16 = 0
    /// `nextUsed` when it was last decided whether to interrupt the driver.
    public internal(set) var signalledUsed: UInt16 = 0

    /// A queue that is off.
    init(size: UInt16) { self.size = size }

    /// The rings' sizes in bytes (virtio 1.2, 2.7: the table in the section's introduction), with the
    /// event indexes that follow them.
    private var areas: [(name: String, address: GuestPhysicalAddress, byteCount: UInt64, alignment: UInt64)] {
        let entries = UInt64(size)
        return [
            ("descriptor table", descriptorTable, Self.descriptorBytes * entries, 16),
            ("available ring", availableRing, 6 + 2 * entries, 2),
            ("used ring", usedRing, 6 + 8 * entries, 4),
        ]
    }

    /// Checks that the table and the rings are aligned and wholly in RAM.
    func checkAreas(_ memory: GuestMemory) throws(VirtqueueError) {
        for area in areas {
            let isAligned = area.address & (area.alignment - 1) == 0
            guard isAligned, memory.hostPointer(to: area.address, count: area.byteCount) != nil else {
                throw .misplaced(area: area.name, address: area.address)
            }
        }
    }

    /// Is this a size that a split queue can have?
    static func isValidSize(_ size: UInt16, maximum: UInt16) -> Bool {
        size != 0 && size & (size - 1) == 0 && size <= maximum
    }

    // MARK: Fields of the rings

    /// The address of entry `index` of the available ring; index `size` is the used event.
    private func availableEntry(_ index: UInt16) -> GuestPhysicalAddress {
        availableRing &+ 4 &+ 2 * UInt64(index)
    }
    /// The address of entry `index` of the used ring; index `size` is the available event.
    private func usedEntry(_ index: UInt16) -> GuestPhysicalAddress {
        usedRing &+ 4 &+ 8 * UInt64(index)
    }

    private func load<Integer: FixedWidthInteger & BitwiseCopyable>(
        _ type: Integer.Type, at address: GuestPhysicalAddress, _ memory: GuestMemory
    ) throws(VirtqueueError) -> Integer {
        guard let value = memory.load(type, at: address) else {
            throw .misplaced(area: "available ring", address: availableRing)
        }
        return value
    }

    private func store<Integer: FixedWidthInteger & BitwiseCopyable>(
        _ value: Integer, at address: GuestPhysicalAddress, _ memory: GuestMemory
    ) throws(VirtqueueError) {
        guard memory.store(value, at: address) else { throw .misplaced(area: "used ring", address: usedRing) }
    }

    // MARK: Taking chains

    /// The head of the next available chain, or nil when the driver offers none.
    mutating func takeHead(_ memory: GuestMemory) throws(VirtqueueError) -> UInt16? {
        let driverIndex = try load(UInt16.self, at: availableRing &+ 2, memory)
        guard driverIndex != nextAvailable else { return nil }
        guard driverIndex &- nextAvailable <= size else {
            throw .availableIndexJumped(from: nextAvailable, to: driverIndex)
        }
        atomicMemoryFence(ordering: .acquiring)
        let head = try load(UInt16.self, at: availableEntry(nextAvailable & (size - 1)), memory)
        nextAvailable &+= 1
        return head
    }

    /// Tells a driver that negotiated event indexes to notify about the next chain that it adds
    /// (virtio 1.2, 2.7.10).
    func publishAvailableEvent(_ memory: GuestMemory) throws(VirtqueueError) {
        try store(nextAvailable, at: usedEntry(size), memory)
        atomicMemoryFence(ordering: .sequentiallyConsistent)
    }

    // MARK: Returning chains

    /// Gives a chain back to the driver (virtio 1.2, 2.7.8).
    /// - Parameter written: how many bytes from the start of the writable part were written.
    mutating func putUsed(head: UInt16, written: UInt32, _ memory: GuestMemory) throws(VirtqueueError) {
        let entry = usedEntry(nextUsed & (size - 1))
        try store(UInt32(head), at: entry, memory)
        try store(written, at: entry &+ 4, memory)
        nextUsed &+= 1
        atomicMemoryFence(ordering: .releasing)
        try store(nextUsed, at: usedRing &+ 2, memory)
    }

    /// Does the driver want an interrupt for what was returned since this was last asked?
    mutating func takeInterruptDecision(
        eventIndex: Bool, _ memory: GuestMemory
    ) throws(VirtqueueError) -> Bool {
        let before = signalledUsed
        signalledUsed = nextUsed
        guard before != nextUsed else { return false }
        atomicMemoryFence(ordering: .sequentiallyConsistent)
        if eventIndex {
            // virtio 1.2, 2.7.10: an interrupt when the index passed the driver's event index, with
            // all distances taken around the 16-bit circle.
            let event = try load(UInt16.self, at: availableEntry(size), memory)
            return nextUsed &- event &- 1 < nextUsed &- before
        }
        let noInterrupt: UInt16 = 1
        return try load(UInt16.self, at: availableRing, memory) & noInterrupt == 0
    }
}

// Which translated block starts at a physical address.
import MachineCore

/// A hash table from physical addresses to block numbers, open addressing with linear probing.
struct BlockTable: ~Copyable {
    private struct Slot {
        var address: UInt64
        var entry: Entry
    }

    /// What is known of an address.
    struct Entry {
        let block: UInt32
        /// The position of its code, or 0 where its record must be looked at before it may be entered.
        var position: UInt32
    }

    private static var free: UInt64 { .max }
    private var slots: UnsafeMutablePointer<Slot>
    private var mask: Int
    private(set) var count = 0

    init() {
        mask = (1 << 12) - 1
        slots = .allocate(capacity: mask + 1)
        slots.initialize(
            repeating: Slot(address: Self.free, entry: Entry(block: 0, position: 0)), count: mask + 1)
    }

    deinit { slots.deallocate() }

    /// The bytes that the table takes.
    var byteCount: Int { (mask + 1) * MemoryLayout<Slot>.stride }

    private func slot(_ address: UInt64) -> Int {
        Int(truncatingIfNeeded: (address &* 0x9e37_79b9_7f4a_7c15) &>> 32) & mask
    }

    /// The block at `address`.
    func find(_ address: GuestPhysicalAddress) -> Entry? {
        var index = slot(address)
        while slots[index].address != Self.free {
            if slots[index].address == address { return slots[index].entry }
            index = (index + 1) & mask
        }
        return nil
    }

    /// Notes that the code of the block at `address` is elsewhere now.
    mutating func move(_ address: GuestPhysicalAddress, to position: UInt32) {
        var index = slot(address)
        while slots[index].address != Self.free {
            if slots[index].address == address {
                slots[index].entry.position = position
                return
            }
            index = (index + 1) & mask
        }
    }

    /// Enters a block, where there is none yet.
    mutating func insert(_ address: GuestPhysicalAddress, _ entry: Entry) {
        if count * 2 > mask { grow() }
        var index = slot(address)
        while slots[index].address != Self.free { index = (index + 1) & mask }
        slots[index] = Slot(address: address, entry: entry)
        count += 1
    }

    /// Removes the block at `address`, and closes the gap.
    mutating func remove(_ address: GuestPhysicalAddress) {
        var gap = slot(address)
        while slots[gap].address != address {
            if slots[gap].address == Self.free { return }
            gap = (gap + 1) & mask
        }
        count -= 1
        var next = (gap + 1) & mask
        while slots[next].address != Self.free {
            // What was displaced over the gap, and only that, moves into it.
            let home = slot(slots[next].address)
            if (next &- home) & mask >= (next &- gap) & mask {
                slots[gap] = slots[next]
                gap = next
            }
            next = (next + 1) & mask
        }
        slots[gap].address = Self.free
    }

    private mutating func grow() {
        let old = slots
        let oldCount = mask + 1
        mask = oldCount * 2 - 1
        slots = .allocate(capacity: mask + 1)
        slots.initialize(
            repeating: Slot(address: Self.free, entry: Entry(block: 0, position: 0)), count: mask + 1)
        count = 0
        for index in 0..<oldCount where old[index].address != Self.free {
            insert(old[index].address, old[index].entry)
        }
        old.deallocate()
    }
}

// Which translated block starts at a physical address.
import MachineCore

/// A hash table from physical addresses to block numbers, open addressing with linear probing.
struct BlockTable: ~Copyable {
    private struct Slot {
        var address: UInt64
        var block: UInt32
    }

    private static var free: UInt64 { .max }
    private var slots: UnsafeMutablePointer<Slot>
    private var mask: Int
    private(set) var count = 0

    init() {
        mask = (1 << 12) - 1
        slots = .allocate(capacity: mask + 1)
        slots.initialize(repeating: Slot(address: Self.free, block: 0), count: mask + 1)
    }

    deinit { slots.deallocate() }

    /// The bytes that the table takes.
    var byteCount: Int { (mask + 1) * MemoryLayout<Slot>.stride }

    private func slot(_ address: UInt64) -> Int {
        Int(truncatingIfNeeded: (address &* 0x9e37_79b9_7f4a_7c15) &>> 32) & mask
    }

    /// The block at `address`.
    func find(_ address: GuestPhysicalAddress) -> UInt32? {
        var index = slot(address)
        while slots[index].address != Self.free {
            if slots[index].address == address { return slots[index].block }
            index = (index + 1) & mask
        }
        return nil
    }

    /// Enters `block`, where there is none yet.
    mutating func insert(_ address: GuestPhysicalAddress, _ block: UInt32) {
        if count * 2 > mask { grow() }
        var index = slot(address)
        while slots[index].address != Self.free { index = (index + 1) & mask }
        slots[index] = Slot(address: address, block: block)
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
        slots.initialize(repeating: Slot(address: Self.free, block: 0), count: mask + 1)
        count = 0
        for index in 0..<oldCount where old[index].address != Self.free {
            insert(old[index].address, old[index].block)
        }
        old.deallocate()
    }
}

// The second tier: what was entered often is translated again, along the path that it takes.
import IR
import MachineCore

extension JITProcessor {
    /// How often a block is entered before a trace is made of it.
    private static var threshold: Int32 { 1500 }
    /// The most instructions in a trace.
    private static var limit: Int { 200 }
    /// Blocks share counters by their addresses: who shares one becomes hot too early, and no harm is done.
    static var counterCount: Int { 1 << 12 }

    /// The counter of the block at `physical`.
    static func counter(_ physical: GuestPhysicalAddress) -> Int {
        Int(truncatingIfNeeded: (physical >> 1) &* 0x9e37_79b1 >> 12) & (counterCount - 1)
    }

    func resetCounters() { heat.update(repeating: Self.threshold, count: Self.counterCount) }

    /// The block at the program counter was entered often. Interprets once from there, and translates the
    /// path that was taken; tells whether the slice must end.
    func makeTrace(_ remaining: inout Int64) -> Exit? {
        let start = programCounter
        guard let physical = cpu.locateCode(at: start) else { return nil }
        heat[Self.counter(physical)] = Self.threshold
        guard let block = cache.find(physical), !cache.isTrace(block), cache.continuation(of: block) == nil else {
            return nil
        }
        var path: [UInt64] = []
        var address = start
        while path.count < Self.limit, remaining > 0, !context.pointee.attention {
            path.append(address)
            remaining -= 1
            if let exit = cpu.step() { return exit }
            address = programCounter
            if address == start || isElsewhere(address, start, physical) { break }
        }
        if !install(path, closing: address == start ? start : nil, at: physical) {
            // Nor would it be different the next time.
            heat[Self.counter(physical)] = .max
        }
        return nil
    }

    /// A trace does not go on there: in another page, or in a trace that exists.
    private func isElsewhere(_ address: UInt64, _ start: UInt64, _ physical: GuestPhysicalAddress) -> Bool {
        if (address ^ start) & ~0xfff != 0 { return true }
        guard let block = cache.find(physical & ~0xfff | address & 0xfff) else { return false }
        return cache.isTrace(block)
    }

    /// Tells whether a trace was made.
    private func install(_ path: [UInt64], closing: UInt64?, at physical: GuestPhysicalAddress) -> Bool {
        guard prepareTrace(path, at: physical), let trace = cpu.translateTrace(path, at: physical, closing: closing),
            let block = cache.find(physical)
        else { return false }
        // Without a jump that is followed, or a loop that is closed, the first translation is as good.
        if !trace.isTrace && closing == nil && trace.guestInstructionCount <= cache.instructionCount(of: block) {
            return false
        }
        return cache.replace(block, by: trace, at: physical)
    }
}

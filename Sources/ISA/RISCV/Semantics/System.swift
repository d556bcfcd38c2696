// Zifencei, Zicboz and the privileged instructions: mostly calls of helpers.
import MachineCore

extension Semantics {
    /// Runs a helper that changes how execution goes on, and whose result does not matter.
    @inline(__always)
    mutating func control(_ helper: Helper, _ i: Instruction) throws(Interruption) {
        _ = try help(helper, constant(UInt64(i.bits)), constant(0))
        endBlock()
    }

    /// Returns from a trap handler: the helper gives the address to go on at.
    @inline(__always)
    mutating func trapReturn(_ helper: Helper, _ i: Instruction) throws(Interruption) {
        jump(to: try help(helper, constant(UInt64(i.bits)), constant(0)))
        endBlock()
    }

    @inline(__always)
    mutating func fenceVirtualMemory(_ i: Instruction) throws(Interruption) {
        // The helper needs to know which registers are x0, so the bits come with the address space.
        let selectors = UInt64(i.bits) << 32
        let space = or(and(x(i.rs2), constant(0xffff)), constant(selectors))
        _ = try help(.fenceVirtualMemory, x(i.rs1), space)
        endBlock()
    }

    /// Zeroes the 64-byte block that holds the address. A block lies within a page, so the first
    /// store faults or none does; it is at the address itself, which a fault reports ("CMO" 2.5.2).
    @inline(__always)
    mutating func zeroCacheBlock(_ i: Instruction) throws(Interruption) {
        _ = try help(.checkCacheBlockZero, constant(UInt64(i.bits)), constant(0))
        let block = and(x(i.rs1), constant(~63))
        let zero = constant(0)
        try store(x(i.rs1), zero, .byte)
        var offset: UInt64 = 0
        while offset < 64 {
            try store(add(block, constant(offset)), zero, .double)
            offset += 8
        }
    }
}

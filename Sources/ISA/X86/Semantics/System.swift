// Privileged and otherwise rare instructions: calls of helpers.
import MachineCore

extension X86Semantics {
    mutating func readPort(_ i: Instruction) throws(Interruption) {
        let value = try help(.readPort, port(i.b, i, width: i.a.width), constant(0))
        try write(i.a, value, i)
        endBlock()
    }

    mutating func writePort(_ i: Instruction) throws(Interruption) {
        _ = try help(.writePort, port(i.a, i, width: i.b.width), try read(i.b, i))
        endBlock()
    }

    private mutating func port(_ operand: Operand, _ i: Instruction, width: UInt8) throws(Interruption) -> Value {
        or(try read(operand, i), constant(UInt64(width) << 16))
    }

    /// An operation that changes how execution goes on or what later instructions mean, and has no result.
    mutating func system(_ i: Instruction) throws(Interruption) {
        var operand = constant(0)
        switch i.operation {
        case .lgdt, .lidt, .sgdt, .sidt, .invlpg, .clflush, .clflushopt, .fxsave, .fxrstor, .xsave, .xrstor,
            .xsaveopt:
            let writes = [.sgdt, .sidt, .fxsave, .xsave, .xsaveopt].contains(i.operation)
            operand = try linear(effectiveAddress(i), i.segment, max(i.a.width, 1), writes: writes, i)
        case .invpcid: operand = try readAddress(i, 16)
        case .lldt, .ltr, .lmsw, .verr, .verw, .wrfsbase, .wrgsbase: operand = try read(i.a, i)
        default: break
        }
        _ = try help(.system, systemCode(i), operand)
        endBlock()
    }

    /// A system operation that gives a value for the first operand.
    mutating func systemValue(_ i: Instruction) throws(Interruption) {
        let operand = i.b.kind == .none ? constant(0) : try read(i.b, i)
        let value = try help(.system, systemCode(i), operand)
        // Selectors and the like keep the old value when ZF says that there is none.
        if i.operation == .lar || i.operation == .lsl {
            let old = try read(i.a, i)
            return try write(i.a, select(isClear(flags(), RFlags.zero), old, value), i)
        }
        try write(i.a, value, i)
        if i.operation == .rdrand || i.operation == .rdseed { setFlags(constant(RFlags.carry)) }
    }

    /// A system operation whose result is the next RIP.
    mutating func systemJump(_ i: Instruction) throws(Interruption) {
        jump(to: try help(.system, systemCode(i), constant(0)))
        endBlock()
    }

    private mutating func systemCode(_ i: Instruction) -> Value {
        let registers = UInt64(i.a.number) << 32
        return constant(UInt64(i.operation.rawValue) | UInt64(i.width) << 16 | UInt64(i.length) << 24 | registers)
    }

    mutating func adjustDecimal(_ i: Instruction) throws(Interruption) {
        _ = try help(.decimal, constant(UInt64(i.operation.rawValue)), constant(i.immediate))
    }

    mutating func changeInterruptFlag(_ enables: Bool) throws(Interruption) {
        _ = try help(.setInterruptFlag, constant(enables ? 1 : 0), constant(0))
        endBlock()
    }

    mutating func adjustPrivilege(_ i: Instruction) throws(Interruption) {
        let place = try place(i)
        let wanted = and(try read(i.b, i), constant(3))
        let isLower = isLessUnsigned(and(place.old, constant(3)), wanted)
        let raised = or(and(place.old, constant(~3)), wanted)
        try replace(place, select(isLower, raised, place.old), i)
        setFlags(RFlags.zero, select(isLower, constant(RFlags.zero), constant(0)))
    }
}

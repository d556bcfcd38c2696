// String operations: one element here; repetitions and ports are a helper's.
import MachineCore

extension X86Semantics {
    private static var source: UInt8 { 6 }
    private static var destination: UInt8 { 7 }
    private static var extraSegment: UInt8 { 0 }

    mutating func string(_ i: Instruction) throws(Interruption) {
        if i.operation == .ins || i.operation == .outs || !i.prefixes.isDisjoint(with: .anyRepeat) {
            jump(to: try help(.string, constant(StringOperation(i).rawValue), constant(0)))
            return endBlock()
        }
        switch i.operation {
        case .movs: try moveElement(i)
        case .stos:
            try store(elementAddress(Self.destination, i, writes: true), register(0), i.size)
            advance(Self.destination, i)
        case .lods:
            let value = try load(elementAddress(Self.source, i, writes: false), i.size)
            setRegister(0, value, i.size)
            advance(Self.source, i)
        default: try compareElement(i)
        }
    }

    /// The linear address in RSI or RDI. Only the source can be in another segment than usual.
    private mutating func elementAddress(
        _ number: UInt8, _ i: Instruction, writes: Bool
    ) throws(Interruption) -> Value {
        let offset = truncate(register(number), i.addressWidth)
        let segment = number == Self.source ? i.segment : Self.extraSegment
        return try linear(offset, segment, i.a.width, writes: writes, i)
    }

    private mutating func moveElement(_ i: Instruction) throws(Interruption) {
        let value = try load(elementAddress(Self.source, i, writes: false), i.size)
        try store(elementAddress(Self.destination, i, writes: true), value, i.size)
        advance(Self.source, i)
        advance(Self.destination, i)
    }

    private mutating func compareElement(_ i: Instruction) throws(Interruption) {
        let isScan = i.operation == .scas
        let a = isScan
            ? register(0, i.size) : try load(elementAddress(Self.source, i, writes: false), i.size)
        let b = try load(elementAddress(Self.destination, i, writes: false), i.size)
        if !isScan { advance(Self.source, i) }
        advance(Self.destination, i)
        setFlags(statusFlags(.subtract, a, b, i.size))
    }

    private mutating func advance(_ number: UInt8, _ i: Instruction) {
        let direction = loadState(StateField.systemFlags, .double)
        let count = constant(UInt64(i.a.width))
        let old = register(number)
        let new = select(isClear(direction, RFlags.direction), add(old, count), subtract(old, count))
        setRegister(number, new, AccessWidth(bytes: i.addressWidth))
    }
}

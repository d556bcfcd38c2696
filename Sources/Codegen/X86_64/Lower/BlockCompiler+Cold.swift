// Stores that nobody sees on the straight line: they are made out of line, by whoever leaves it.
//
// A guest like x86 sets its flags with nearly every instruction, and hardly ever reads them: the next instruction that
// sets them comes first. But in between there are memory accesses, which may have to leave the block with exact
// state. So a store to such a cold field that a later store overwrites, with only ways out of line in between, is not
// made where it stands: each of those ways begins with it. The values that it is made of live that long, and what
// computes nothing but cold values is computed out of line too.
import IR
import MachineCore

/// A store that each way out of line makes.
struct ColdStore: BitwiseCopyable {
    let offset: Int32
    let value: Int32
}

/// A step of computing a cold value, on a stack of registers: the top is in scratch A.
enum ColdStep {
    /// Pushes what is in a place, or a constant.
    case load(ValueLocation)
    case constant(UInt64)
    case address(Int64)
    /// Replaces the top, or the two topmost values.
    case unary(IRInstruction)
    case binary(IRInstruction)
    case flags(FlagOperation, AccessWidth)
    case truth(FlagCondition, AccessWidth)
    /// Ends a value: stores the top.
    case store(Int32)
}

// MARK: Finding them, in the walk backward

extension BlockCompiler {
    /// The number of the cold field at a granule of state, if it is one.
    func coldField(_ immediate: UInt64) -> Int? {
        environment.coldFields.firstIndex(of: Int(truncatingIfNeeded: immediate))
    }

    /// A store of eight bytes at `index`: if it is one to a cold field, and only ways out of line come before the next
    /// one, these make it. Tells whether it is left to them.
    mutating func noteColdStore(_ instruction: IRInstruction, at index: Int32) -> Bool {
        guard let field = coldField(instruction.immediate) else { return false }
        let end = coldEnds[field]
        coldEnds[field] = index
        if end == 0 || values[Int(index)].isDead { return false }
        values[Int(index)].isCold = true
        useCold(instruction.a, end)
        return true
    }

    /// `value` is needed out of line until `end`.
    func useCold(_ value: Int32, _ end: Int32) {
        guard value >= 0 else { return }
        values[Int(value)].coldUse = max(values[Int(value)].coldUse, end)
    }

    /// The definition at `index` is reached. Tells whether only cold values need it: then its operands are cold too.
    /// What others need as well, and what can not be computed later, lives as long.
    mutating func noteColdUse(_ index: Int32, _ instruction: IRInstruction) -> Bool {
        let end = values[Int(index)].coldUse
        guard end > 0 else { return false }
        guard values[Int(index)].lastUse == 0, isComputableLate(instruction) else {
            values[Int(index)].lastUse = max(values[Int(index)].lastUse, end)
            values[Int(index)].isUsedAsValue = true
            return false
        }
        useCold(instruction.a, end)
        useCold(instruction.b, end)
        return true
    }

    private func isComputableLate(_ instruction: IRInstruction) -> Bool {
        switch instruction.op {
        case .add, .subtract, .and, .or, .xor, .statusFlags, .flagsHold, .zeroExtend, .signExtend: true
        case .select:
            definition(instruction.a).op == .flagsHold && constant(instruction.b) == 1 && constant(instruction.c) == 0
        default: false
        }
    }
}

// MARK: Remembering them, in the walk forward

extension BlockCompiler {
    mutating func emitStore(toState instruction: IRInstruction) {
        let state = values[Int(position)]
        if state.isCold { return beginColdStore(instruction) }
        endColdStore(Int32(truncatingIfNeeded: instruction.immediate))
        if !state.isDead { emitStoreState(instruction) }
    }

    /// The field at `offset` is being stored to: what was stored there before is no longer to be made.
    private mutating func endColdStore(_ offset: Int32) {
        if !coldStores.isEmpty { coldStores.removeAll { $0.offset == offset } }
    }

    private mutating func beginColdStore(_ instruction: IRInstruction) {
        let offset = Int32(truncatingIfNeeded: instruction.immediate)
        endColdStore(offset)
        // Ways out of line write the field and come back.
        saveFieldValue(offset)
        coldStores.append(ColdStore(offset: offset, value: instruction.a))
    }

    /// Adds a way out of line, with the stores that are to be made there.
    mutating func addStub(_ stub: Stub) {
        var stub = stub
        let start = coldSteps.count
        for store in coldStores {
            appendSteps(store.value)
            coldSteps.append(.store(store.offset))
        }
        stub.coldSteps = start..<coldSteps.count
        stubs.append(stub)
    }

    private mutating func appendSteps(_ value: Int32) {
        let definition = definition(value)
        if definition.op == .constant { return coldSteps.append(.constant(definition.immediate)) }
        if values[Int(value)].lastUse > 0 { return appendLocation(value, definition) }
        switch definition.op {
        case .programCounter: coldSteps.append(.address(definition.distance))
        case .zeroExtend, .signExtend:
            appendSteps(definition.a)
            coldSteps.append(.unary(definition))
        // A condition as 0 or 1.
        case .select: appendSteps(definition.a)
        default:
            appendSteps(definition.a)
            appendSteps(definition.b)
            coldSteps.append(step(definition))
        }
    }

    /// The value is there, unless it is written where it is used.
    private mutating func appendLocation(_ value: Int32, _ definition: IRInstruction) {
        switch (location(value), definition.op) {
        case (.deferred, .programCounter): coldSteps.append(.address(definition.distance))
        case (.deferred, .flagsHold):
            appendSteps(definition.a)
            appendSteps(definition.b)
            coldSteps.append(step(definition))
        case (.deferred, _): isUnsupported = true
        default: coldSteps.append(.load(location(value)))
        }
    }

    private func step(_ definition: IRInstruction) -> ColdStep {
        let width = definition.accessWidth ?? .double
        if definition.op == .statusFlags, let operation = FlagOperation(rawValue: definition.detail) {
            return .flags(operation, width)
        }
        if definition.op == .flagsHold, let condition = FlagCondition(detail: definition.detail) {
            return .truth(condition, width)
        }
        return .binary(definition)
    }
}

// MARK: Writing them

extension BlockCompiler {
    /// Makes the stores of a way out of line. Changes both scratch registers, and the host's flags.
    mutating func emitColdStores(_ stub: Stub) {
        var depth: Int32 = 0
        for index in stub.coldSteps {
            let step = coldSteps[index]
            switch step {
            case .load, .constant, .address:
                if depth > 0 { assembler.push(HostRole.scratchA) }
                emitColdLoad(step, stackOffset: max(depth, 0))
                depth += 1
            case .unary(let instruction):
                guard let width = instruction.accessWidth else { break }
                if instruction.op == .signExtend {
                    assembler.signExtend(HostRole.scratchA, HostRole.scratchA, width: width)
                } else {
                    assembler.zeroExtend(HostRole.scratchA, HostRole.scratchA, width: width)
                }
            case .binary, .flags, .truth:
                emitColdPair(step)
                depth -= 1
            case .store(let offset):
                assembler.store(stateOperand(offset), HostRole.scratchA, width: .double)
                depth = 0
            }
        }
    }

    /// - Parameter stackOffset: how many values lie on the stack, above the spill slots.
    private mutating func emitColdLoad(_ step: ColdStep, stackOffset: Int32) {
        let target = HostRole.scratchA
        switch step {
        case .constant(let value): assembler.moveImmediate(target, value)
        case .address(let distance): loadAddress(target, distance)
        case .load(.general(let register)): assembler.move(target, register)
        case .load(.vector(let register)): assembler.move(target, register)
        case .load(.vectorSingle(let register)): assembler.move32(target, register)
        case .load(.field(let offset)): assembler.load(target, stateOperand(offset), width: .double)
        case .load(.spilled(let slot)): assembler.load(target, spillOperand(slot + stackOffset), width: .double)
        default: isUnsupported = true
        }
    }

    /// The left operand is on the stack, the right one in scratch A.
    private mutating func emitColdPair(_ step: ColdStep) {
        let (a, b) = (HostRole.scratchA, HostRole.scratchB)
        assembler.move(b, a)
        assembler.pop(a)
        switch step {
        case .binary(let instruction): assembler.arithmetic(Self.coldOperation(instruction.op), a, b, width: .double)
        case .flags(let operation, let width):
            assembler.arithmetic(operation.host, a, b, width: width)
            takeFlags(operation, into: a)
        case .truth(let asked, let width):
            assembler.arithmetic(asked.operation.host, a, b, width: width)
            assembler.setcc(Condition(rawValue: asked.number) ?? .equal, a)
            assembler.zeroExtend(a, a, width: .byte)
        default: isUnsupported = true
        }
    }

    private static func coldOperation(_ op: IROp) -> ArithmeticOp {
        switch op {
        case .subtract: .sub
        case .and: .and
        case .or: .or
        case .xor: .xor
        default: .add
        }
    }
}

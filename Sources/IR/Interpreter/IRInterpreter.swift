// Executes blocks one instruction at a time: the reference for passes and code generators.
import MachineCore
import SoftFloat

/// Runs verified blocks on a CPU's state. Keep one and reuse it: its value buffer stays allocated.
public struct IRInterpreter: Sendable {
    /// The layout of the CPU state.
    public let environment: IREnvironment
    /// The results of the instructions of the running block, by index; conditions are 0 or 1.
    private var values: [UInt64] = []

    /// An interpreter for CPUs laid out as `environment` says.
    public init(environment: IREnvironment) { self.environment = environment }

    /// Where the running block is.
    struct Frame {
        let state: UnsafeMutableRawPointer
        let programCounterOffset: Int
        let blockAddress: UInt64
        var started = 0
        var leaves = Leaves.not

        enum Leaves { case not, jumped, exited }

        mutating func leave(_ how: Leaves, to target: UInt64) {
            setProgramCounter(target)
            leaves = how
        }

        func setProgramCounter(_ value: UInt64) {
            state.storeBytes(of: value, toByteOffset: programCounterOffset, as: UInt64.self)
        }
    }

    /// Runs `block` once, from the guest address in the state's program counter.
    /// - Parameters:
    ///   - block: a block that `IRVerifier` accepts for this environment, without vector operations: those are the
    ///     host's.
    ///   - state: the CPU's state block, `environment.stateByteCount` bytes.
    ///   - host: guest memory, helpers and exceptions.
    public mutating func run<Host: IRHost>(
        _ block: IRBlock, state: UnsafeMutableRawPointer, host: inout Host
    ) -> IRRun<Host.Interruption> {
        assert(isLegal(block), "the block was not verified")
        let counter = environment.programCounterOffset
        let address = state.loadUnaligned(fromByteOffset: counter, as: UInt64.self)
        var frame = Frame(state: state, programCounterOffset: counter, blockAddress: address)
        if values.count < block.instructions.count {
            values = [UInt64](repeating: 0, count: block.instructions.count)
        }
        for index in block.instructions.indices {
            do throws(Host.Interruption) {
                values[index] = try execute(block.instructions[index], &frame, &host)
                if frame.leaves != .not { break }
            } catch {
                return IRRun(retired: frame.started - 1, end: .interrupted(error))
            }
        }
        return IRRun(retired: frame.started, end: frame.leaves == .exited ? .exited : .jumped)
    }

    private func isLegal(_ block: IRBlock) -> Bool {
        let verifier = IRVerifier(environment: environment, requiresPreciseState: false)
        do { try verifier.verify(block) } catch { return false }
        return true
    }

    private func value(_ operand: Int32) -> UInt64 { values[Int(operand)] }

    /// Executes one instruction; gives its result, or 0.
    private func execute<Host: IRHost>(
        _ instruction: IRInstruction, _ frame: inout Frame, _ host: inout Host
    ) throws(Host.Interruption) -> UInt64 {
        switch instruction.op {
        case .instructionStart:
            let address = frame.blockAddress &+ instruction.immediate
            frame.setProgramCounter(address)
            host.startInstruction(at: address, retired: frame.started)
            frame.started += 1
            return 0
        case .load, .store, .atomicUpdate, .compareAndStore, .fence:
            return try access(instruction, &host)
        case .raise:
            try host.raise(instruction.immediate, value(instruction.a))
            preconditionFailure("IRHost.raise must throw")
        case .raiseIf:
            guard value(instruction.a) != 0 else { return 0 }
            try host.raise(instruction.immediate, value(instruction.b))
            preconditionFailure("IRHost.raise must throw")
        case .exitIf, .exitToValueIf:
            guard value(instruction.a) != 0 else { return 0 }
            let near = frame.blockAddress &+ instruction.immediate
            frame.leave(.jumped, to: instruction.op == .exitIf ? near : value(instruction.b))
            return 0
        case .vector, .loadVector, .storeVector: preconditionFailure("only generated code has the host's vectors")
        case .callHelper:
            return try host.callHelper(instruction.detail, value(instruction.a), value(instruction.b))
        case .jump, .jumpToValue, .branch, .exit, .exitToValue:
            leave(instruction, &frame)
            return 0
        default:
            return compute(instruction, frame)
        }
    }

    private func access<Host: IRHost>(
        _ instruction: IRInstruction, _ host: inout Host
    ) throws(Host.Interruption) -> UInt64 {
        let width = instruction.accessWidth ?? .double
        let detail = UInt8(truncatingIfNeeded: instruction.detail)
        switch instruction.op {
        case .load: return try host.load(value(instruction.a), width)
        case .store: try host.store(value(instruction.a), value(instruction.b), width)
        case .atomicUpdate:
            let operation = AtomicOperation(rawValue: detail) ?? .exchange
            return try host.atomicUpdate(operation, value(instruction.a), value(instruction.b), width)
        case .compareAndStore:
            guard value(instruction.a) != 0 else { return 0 }
            let done = try host.compareAndStore(
                if: true, value(instruction.b), expected: value(instruction.c),
                desired: value(instruction.d), width)
            return done ? 1 : 0
        default: host.fence(FenceKind(rawValue: detail) ?? .full)
        }
        return 0
    }

    private func leave(_ instruction: IRInstruction, _ frame: inout Frame) {
        let near = frame.blockAddress &+ instruction.immediate
        switch instruction.op {
        case .jump: frame.leave(.jumped, to: near)
        case .exit: frame.leave(.exited, to: near)
        case .jumpToValue: frame.leave(.jumped, to: value(instruction.a))
        case .exitToValue: frame.leave(.exited, to: value(instruction.a))
        default:
            let otherwise = frame.blockAddress &+ UInt64(bitPattern: Int64(instruction.otherwise))
            frame.leave(.jumped, to: value(instruction.a) != 0 ? near : otherwise)
        }
    }
}

extension IRInterpreter {
    /// Everything that can not be interrupted and does not leave the block.
    private func compute(_ instruction: IRInstruction, _ frame: Frame) -> UInt64 {
        switch instruction.op {
        case .constant, .constantCondition: return instruction.immediate
        case .programCounter: return frame.blockAddress &+ instruction.immediate
        case .loadState: return loadState(instruction, frame.state)
        case .storeState:
            storeState(instruction, frame.state)
            return 0
        case .not: return value(instruction.a) ^ 1
        case .select: return value(instruction.a) != 0 ? value(instruction.b) : value(instruction.c)
        case .float: return float(instruction, frame.state)
        case .unboxSingle: return SoftFloat.unboxSingle(value(instruction.a))
        case .countLeadingZeros, .countTrailingZeros, .countOnes, .reverseBytes, .signExtend, .zeroExtend:
            let width = instruction.accessWidth ?? .double
            return IRArithmetic.unary(instruction.op, value(instruction.a), width) ?? 0
        case .statusFlags, .flagsHold: return flags(instruction)
        case .isEqual, .isLessSigned, .isLessUnsigned:
            let truth = IRArithmetic.compare(instruction.op, value(instruction.a), value(instruction.b))
            return truth == true ? 1 : 0
        default: return IRArithmetic.binary(instruction.op, value(instruction.a), value(instruction.b)) ?? 0
        }
    }

    private func flags(_ instruction: IRInstruction) -> UInt64 {
        let (a, b) = (value(instruction.a), value(instruction.b))
        let width = instruction.accessWidth ?? .double
        if instruction.op == .statusFlags {
            return FlagOperation(rawValue: instruction.detail)?.flags(a, b, width) ?? 0
        }
        return FlagCondition(detail: instruction.detail)?.holds(a, b, width) == true ? 1 : 0
    }

    private func loadState(_ instruction: IRInstruction, _ state: UnsafeMutableRawPointer) -> UInt64 {
        let field = state + instruction.stateRange.lowerBound
        return switch instruction.accessWidth ?? .double {
        case .byte: UInt64(field.loadUnaligned(as: UInt8.self))
        case .half: UInt64(field.loadUnaligned(as: UInt16.self))
        case .word: UInt64(field.loadUnaligned(as: UInt32.self))
        case .double: field.loadUnaligned(as: UInt64.self)
        }
    }

    private func storeState(_ instruction: IRInstruction, _ state: UnsafeMutableRawPointer) {
        let field = state + instruction.stateRange.lowerBound
        let value = value(instruction.a)
        switch instruction.accessWidth ?? .double {
        case .byte: field.storeBytes(of: UInt8(truncatingIfNeeded: value), as: UInt8.self)
        case .half: field.storeBytes(of: UInt16(truncatingIfNeeded: value), as: UInt16.self)
        case .word: field.storeBytes(of: UInt32(truncatingIfNeeded: value), as: UInt32.self)
        case .double: field.storeBytes(of: value, as: UInt64.self)
        }
    }

    /// A rounding mode outside 0 to 4, which no instruction set's semantics produce, rounds to nearest.
    private func float(_ instruction: IRInstruction, _ state: UnsafeMutableRawPointer) -> UInt64 {
        guard let operation = FloatOperation(irCode: instruction.detail) else { return 0 }
        let mode = UInt8(exactly: value(instruction.a)).flatMap(RoundingMode.init(rawValue:)) ?? .nearestEven
        let sticky = state + environment.floatFlagsOffset
        var raised = FloatFlags(rawValue: 0)
        let result = operation.evaluate(
            rounding: mode, value(instruction.b), value(instruction.c), value(instruction.d), &raised)
        let flags = sticky.load(as: UInt8.self) | raised.rawValue
        sticky.storeBytes(of: flags, as: UInt8.self)
        return result
    }
}

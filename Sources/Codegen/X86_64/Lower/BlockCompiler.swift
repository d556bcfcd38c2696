// From an IR block to host code, in one walk forward: the driver.
import IR
import MachineCore

/// A finished block.
public struct CompiledBlock: Sendable {
    /// The number of bytes written.
    public let byteCount: Int
}

/// Translates blocks to x86-64 code. Keep one and reuse it: its tables stay allocated.
///
/// One walk backward finds last uses; one forward selects instructions and registers together. Values
/// stay where they are until something needs them elsewhere: constants, addresses and conditions are
/// written where they are used, loads of state at their first use, and a result that is stored to a
/// pinned guest register is computed there.
public struct BlockCompiler: ~Copyable {
    let environment: IREnvironment
    let assignment: RegisterAssignment
    let runtime: RuntimeRoutines
    let context = ContextOffsets()

    var assembler: Assembler
    var instructions: UnsafePointer<IRInstruction>
    let values: UnsafeMutablePointer<ValueState>
    /// For each granule of state, the value that it holds too, or -1.
    let fieldValues: UnsafeMutablePointer<Int32>
    let fieldValueCount: Int
    /// For each granule, the observation before which it is overwritten; for the walk backward.
    let overwritten: UnsafeMutablePointer<Int32>
    var observation: Int32 = 1
    /// The value in each host register, or -1.
    var generalValues = InlineArray<16, Int32>(repeating: -1)
    var vectorValues = InlineArray<16, Int32>(repeating: -1)
    /// Registers that the instruction in work may not give away, a bit each.
    var lockedGeneral: UInt16 = 0
    var lockedVector: UInt16 = 0
    var usedSpillSlots: UInt64 = 0
    /// By cold field: the next store to it that overwrites it on the straight line; for the walk backward.
    var coldEnds: InlineArray<4, Int32> = InlineArray(repeating: 0)
    /// Stores that ways out of line are to make now.
    var coldStores: [ColdStore] = []
    var coldSteps: [ColdStep] = []

    /// The IR instruction in work.
    var position: Int32 = 0
    /// Out-of-line parts that are still to be written.
    var stubs: [Stub] = []
    /// The guest instruction in work: its distance from the block's address and its number from 0.
    var distance: Int64 = 0
    var started = 0
    var guestInstructionCount = 0
    /// The offset of the block's address in its page.
    var pageOffset: Int64 = 0
    var hasCheckedRounding = false
    /// An operation that this compiler has no code for was met.
    var isUnsupported = false

    /// The most IR instructions in a block that can be compiled.
    public static var maximumInstructionCount: Int { 4096 }

    /// - Parameters:
    ///   - environment: the layout of the CPU state.
    ///   - runtime: the routines that the code calls.
    public init(environment: IREnvironment, runtime: RuntimeRoutines) {
        self.environment = environment
        self.runtime = runtime
        assignment = RegisterAssignment(environment)
        values = .allocate(capacity: Self.maximumInstructionCount)
        fieldValueCount = environment.stateByteCount / 8 + 1
        fieldValues = .allocate(capacity: fieldValueCount)
        fieldValues.initialize(repeating: -1, count: fieldValueCount)
        overwritten = .allocate(capacity: fieldValueCount)
        overwritten.initialize(repeating: 0, count: fieldValueCount)
        instructions = UnsafePointer(bitPattern: 32).unsafelyUnwrapped
        assembler = Assembler(buffer: UnsafeMutablePointer(bitPattern: 32).unsafelyUnwrapped, capacity: 0)
    }

    deinit {
        values.deallocate()
        fieldValues.deallocate()
        overwritten.deallocate()
    }

    /// Writes the code of `block` to `target`.
    /// - Parameters:
    ///   - block: a verified block.
    ///   - heatCounter: which of the CPU's heat counters counts entries; nil for none.
    ///   - pageOffset: the offset in its page of the block's guest address.
    ///   - target: where to write, `capacity` bytes.
    ///   - finalAddress: where the code will be executed.
    /// - Returns: nil when the block does not fit or can not be compiled; nothing of what was written
    ///   is to be used then.
    public mutating func compile(
        _ block: IRBlock, pageOffset: Int, heatCounter: Int? = nil, into target: UnsafeMutablePointer<UInt8>,
        capacity: Int, finalAddress: UInt
    ) -> CompiledBlock? {
        guard block.instructions.count <= Self.maximumInstructionCount,
            block.guestInstructionCount < 4096
        else { return nil }
        assembler = Assembler(buffer: target, capacity: capacity)
        assembler.finalBase = finalAddress
        reset(pageOffset: pageOffset, guestInstructionCount: block.guestInstructionCount)
        block.instructions.withUnsafeBufferPointer { buffer in
            guard let base = buffer.baseAddress else { return }
            instructions = base
            findUses(buffer.count)
            emitPrologue(heatCounter)
            emitAll(buffer.count)
        }
        emitStubs()
        if assembler.overflowed || isUnsupported { return nil }
        return CompiledBlock(byteCount: assembler.count)
    }

    private mutating func reset(pageOffset: Int, guestInstructionCount: Int) {
        self.pageOffset = Int64(pageOffset)
        self.guestInstructionCount = guestInstructionCount
        fieldValues.update(repeating: -1, count: fieldValueCount)
        generalValues = InlineArray(repeating: -1)
        vectorValues = InlineArray(repeating: -1)
        lockedGeneral = 0
        lockedVector = 0
        usedSpillSlots = 0
        stubs.removeAll(keepingCapacity: true)
        coldStores.removeAll(keepingCapacity: true)
        coldSteps.removeAll(keepingCapacity: true)
        distance = 0
        started = 0
        hasCheckedRounding = false
        isUnsupported = false
    }

    /// Every block begins with taking its instructions out of the budget. An entry that finds too few
    /// puts them back and leaves.
    private mutating func emitPrologue(_ heatCounter: Int?) {
        let count = Int32(guestInstructionCount)
        assembler.arithmetic(.sub, MemoryOperand(HostRole.state, context.budget), count, width: .double)
        let patch = assembler.jumpRelative(.sign)
        stubs.append(Stub(.budget, patch: patch))
        guard let heatCounter else { return }
        assembler.load(.rax, stateOperand(context.heat), width: .double)
        assembler.arithmetic(.sub, MemoryOperand(.rax, Int32(heatCounter) * 4), 1, width: .word)
        stubs.append(Stub(.hot, patch: assembler.jumpRelative(.sign)))
    }

    private mutating func emitAll(_ count: Int) {
        position = 0
        while Int(position) < count {
            emit(instructions[Int(position)])
            position += 1
            lockedGeneral = 0
            lockedVector = 0
        }
    }

    private mutating func emit(_ instruction: IRInstruction) {
        switch instruction.op {
        case .instructionStart:
            distance = instruction.distance
            started += 1
        case .constant, .constantCondition, .programCounter, .isEqual, .isLessSigned, .isLessUnsigned, .not,
            .flagsHold, .unboxSingle:
            if instruction.op == .unboxSingle && isUsed(position) { emitUnboxCheck(instruction) }
        case .loadState: emitLoadState(instruction)
        case .storeState: emitStore(toState: instruction)
        case .load: emitLoad(instruction)
        case .store: emitStore(instruction)
        case .atomicUpdate: emitAtomicUpdate(instruction)
        case .compareAndStore: emitCompareAndStore(instruction)
        case .vector: emitVector(instruction)
        case .loadVector: emitLoadVector(instruction)
        case .storeVector: emitStoreVector(instruction)
        case .fence: if instruction.detail == UInt16(FenceKind.full.rawValue) { assembler.fullFence() }
        case .float: emitFloat(instruction)
        case .raiseIf: emitRaiseIf(instruction)
        case .exitIf, .exitToValueIf: emitExitIf(instruction)
        case .callHelper: emitHelper(instruction)
        case .jump, .jumpToValue, .branch, .exit, .exitToValue, .raise: emitTerminator(instruction)
        default: if isUsed(position) { emitArithmetic(instruction) }
        }
    }
}

// MARK: Uses

extension BlockCompiler {
    func definition(_ value: Int32) -> IRInstruction { instructions[Int(value)] }

    func isUsed(_ value: Int32) -> Bool { values[Int(value)].lastUse != 0 }

    /// The constant that `value` is, if it is one.
    func constant(_ value: Int32) -> UInt64? {
        let definition = definition(value)
        return definition.op == .constant ? definition.immediate : nil
    }

    /// The constant that `value` is, if it fits a sign-extended 32-bit immediate.
    func immediate(_ value: Int32) -> Int32? {
        constant(value).flatMap { Int32(exactly: Int64(bitPattern: $0)) }
    }

    /// `value` is base plus displacement, and used for addresses only: it is never computed by itself.
    func isAddressOnly(_ value: Int32) -> Bool {
        let instruction = definition(value)
        guard instruction.op == .add, !values[Int(value)].isUsedAsValue,
            let displacement = immediate(instruction.b)
        else { return false }
        // So that the address of the last byte has a displacement too.
        return displacement.magnitude < 1 << 30
    }

    /// Written at its uses, so that its operands live until those.
    private func isDeferred(_ value: Int32) -> Bool {
        switch definition(value).op {
        case .isEqual, .isLessSigned, .isLessUnsigned, .not, .flagsHold, .unboxSingle: true
        case .add: isAddressOnly(value)
        default: false
        }
    }

    private mutating func findUses(_ count: Int) {
        values.update(repeating: ValueState(), count: count)
        overwritten.update(repeating: 0, count: fieldValueCount)
        observation = 1
        coldEnds = InlineArray(repeating: 0)
        var index = Int32(count) - 1
        while index >= 0 {
            noteUses(definition(index), at: index)
            index -= 1
        }
    }

    private mutating func noteUses(_ instruction: IRInstruction, at index: Int32) {
        if noteState(instruction, at: index) || noteColdUse(index, instruction) { return }
        let own = values[Int(index)].lastUse
        let hasEffects = !Self.isPure(instruction.op)
        // What nobody uses is not written, so it uses nothing.
        if !hasEffects && own == 0 { return }
        let last = isDeferred(index) ? max(own, index) : index
        switch instruction.op {
        case .load, .atomicUpdate, .loadVector, .storeVector:
            use(instruction.a, last, isAddress: true)
            use(instruction.b, last)
        case .store:
            use(instruction.a, last, isAddress: true)
            use(instruction.b, last)
        case .compareAndStore:
            use(instruction.a, last)
            use(instruction.b, last, isAddress: true)
            use(instruction.c, last)
            use(instruction.d, last)
        default:
            use(instruction.a, last)
            use(instruction.b, last)
            use(instruction.c, last)
            use(instruction.d, last)
        }
        noteVectorWishes(instruction, at: index)
    }

    /// Follows stores to state backward: one is dead when another overwrites the field before anything can
    /// see it. Tells whether the instruction is such a store.
    private mutating func noteState(_ instruction: IRInstruction, at index: Int32) -> Bool {
        switch instruction.op {
        case .storeState:
            let granule = overwritten + Int(truncatingIfNeeded: instruction.immediate >> 3)
            if instruction.width != 8 {
                granule.pointee = 0
                return false
            }
            let isDead = granule.pointee == observation
            granule.pointee = observation
            values[Int(index)].isDead = isDead
            return noteColdStore(instruction, at: index) || isDead
        case .loadState:
            overwritten[Int(truncatingIfNeeded: instruction.immediate >> 3)] = 0
            if let field = coldField(instruction.immediate) { coldEnds[field] = 0 }
        // Vector operations read fields that nothing else here follows.
        case .load, .store, .atomicUpdate, .compareAndStore, .raiseIf, .exitIf, .exitToValueIf, .unboxSingle, .vector,
            .loadVector, .storeVector:
            observation += 1
        case .callHelper, .jump, .jumpToValue, .branch, .exit, .exitToValue, .raise, .float:
            observation += 1
            coldEnds = InlineArray(repeating: 0)
        default: break
        }
        return false
    }

    private func use(_ value: Int32, _ last: Int32, isAddress: Bool = false) {
        guard value >= 0 else { return }
        let state = values + Int(value)
        state.pointee.lastUse = max(state.pointee.lastUse, last)
        if !isAddress { state.pointee.isUsedAsValue = true }
    }

    private func noteVectorWishes(_ instruction: IRInstruction, at index: Int32) {
        switch instruction.op {
        case .storeState:
            values[Int(instruction.a)].firstStore = index
            if environment.floatRegisters.contains(Int(truncatingIfNeeded: instruction.immediate)) {
                values[Int(instruction.a)].wantsVector = true
            }
        case .float:
            if FloatCode(instruction.detail).takesInteger { return }
            for operand in [instruction.b, instruction.c, instruction.d] where operand >= 0 {
                values[Int(operand)].wantsVector = true
            }
        case .and, .or, .xor:
            guard values[Int(index)].wantsVector else { return }
            values[Int(instruction.a)].wantsVector = true
            values[Int(instruction.b)].wantsVector = true
        case .unboxSingle, .zeroExtend:
            guard values[Int(index)].wantsVector || instruction.op == .unboxSingle else { return }
            values[Int(instruction.a)].wantsVector = true
        default: break
        }
    }

    private static func isPure(_ op: IROp) -> Bool {
        switch op {
        case .instructionStart, .storeState, .load, .store, .atomicUpdate, .compareAndStore, .fence, .float, .vector,
            .loadVector, .storeVector,
            .raiseIf, .exitIf, .exitToValueIf, .callHelper, .jump, .jumpToValue, .branch, .exit, .exitToValue,
            .raise: false
        default: true
        }
    }
}

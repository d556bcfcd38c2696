// Guest registers: loads and stores of state.
import IR
import MachineCore

extension BlockCompiler {
    mutating func emitLoadState(_ instruction: IRInstruction) {
        guard isUsed(position) else { return }
        let offset = Int32(truncatingIfNeeded: instruction.immediate)
        let home = assignment.home(Int(offset))
        guard instruction.width == 8 else {
            loadNarrow(instruction, offset, home)
            return
        }
        switch home {
        case .general(let register): setLocation(position, .general(register))
        case .vector(let register): setLocation(position, .vector(register))
        case .half(let register, let half):
            let target = allocateGeneral()
            if half == 0 { assembler.move(target, register) } else { assembler.moveHigh(target, register) }
            setLocation(position, .general(target))
        case .memory:
            // Only one value is known to be in the field: another one that was there is no longer.
            saveFieldValue(offset)
            values[Int(position)].location = .field(offset)
            rememberHome(position, offset)
        }
    }

    private mutating func loadNarrow(_ instruction: IRInstruction, _ offset: Int32, _ home: RegisterAssignment.Home) {
        if case .half(let register, 0) = home, offset & 7 == 0, instruction.width == 4 {
            let target = allocateGeneral()
            assembler.move32(target, register)
            return setLocation(position, .general(target))
        }
        guard case .memory = home, let width = instruction.accessWidth else {
            isUnsupported = true
            return
        }
        let register = allocateGeneral()
        assembler.load(register, stateOperand(offset), width: width)
        if Int(offset) == environment.floatFlagsOffset { addHostFlags(register) }
        setLocation(position, .general(register))
    }

    /// The eight bytes at `offset` are those of `value`.
    private func rememberHome(_ value: Int32, _ offset: Int32) {
        values[Int(value)].home = offset
        fieldValues[Int(offset) >> 3] = value
    }

    mutating func emitStoreState(_ instruction: IRInstruction) {
        let offset = Int32(truncatingIfNeeded: instruction.immediate)
        let value = instruction.a
        guard instruction.width == 8 else {
            storeNarrow(instruction, offset)
            return
        }
        switch assignment.home(Int(offset)) {
        case .general(let register): storePinned(value, register)
        case .vector(let register): storePinned(value, register)
        case .half(let register, let half): assembler.insert(register, general(value), half: half)
        case .memory: storeToMemory(value, offset)
        }
    }

    private mutating func storePinned(_ value: Int32, _ register: GeneralRegister) {
        if location(value) == .general(register) { return }
        lockSource(value)
        saveOccupant(register)
        load(value, into: register)
        // The home is the better place: a temporary would have to be saved one day.
        if values[Int(value)].lastUse > position { setLocation(value, .general(register)) }
    }

    private mutating func storePinned(_ value: Int32, _ register: VectorRegister) {
        if location(value) == .vector(register) { return }
        lockSource(value)
        saveOccupant(register)
        loadVector(value, into: register)
        if values[Int(value)].lastUse > position { setLocation(value, .vector(register)) }
    }

    private mutating func lockSource(_ value: Int32) {
        switch location(value) {
        case .general(let register): lockedGeneral |= Self.bit(register)
        case .vector(let register), .vectorSingle(let register): lockedVector |= Self.bit(register)
        case .deferred, .field, .spilled: break
        }
    }

    /// A pinned register is about to change: who still needs the old value gets a copy.
    private mutating func saveOccupant(_ register: GeneralRegister) {
        let old = occupant(register)
        guard old >= 0, values[Int(old)].lastUse > position else { return }
        let copy = allocateGeneral()
        assembler.move(copy, register)
        setLocation(old, .general(copy))
    }

    private mutating func saveOccupant(_ register: VectorRegister) {
        let old = occupant(register)
        guard old >= 0, values[Int(old)].lastUse > position else { return }
        let copy = allocateVector()
        assembler.vmovaps(copy, register)
        setLocation(old, .vector(copy))
    }

    private mutating func storeToMemory(_ value: Int32, _ offset: Int32) {
        saveFieldValue(offset)
        if let known = immediate(value), case .deferred = location(value) {
            assembler.storeImmediate(stateOperand(offset), known, width: .double)
            return
        }
        switch location(value) {
        case .vector(let register): assembler.storeDouble(stateOperand(offset), register)
        default:
            let register = general(value)
            assembler.store(stateOperand(offset), register, width: .double)
        }
        if values[Int(value)].lastUse > position { rememberHome(value, offset) }
    }

    private mutating func storeNarrow(_ instruction: IRInstruction, _ offset: Int32) {
        guard case .memory = assignment.home(Int(offset)), let width = instruction.accessWidth else {
            isUnsupported = true
            return
        }
        saveFieldValue(offset & ~7)
        let register = general(instruction.a)
        assembler.store(stateOperand(offset), register, width: width)
        if Int(offset) == environment.floatFlagsOffset { clearHostFlags() }
    }

    /// Ors what the host has raised, in the guest's bit order, into `register`.
    private mutating func addHostFlags(_ register: GeneralRegister) {
        assembler.stmxcsr(stateOperand(context.floatControl))
        assembler.load(HostRole.scratchA, stateOperand(context.floatControl), width: .word)
        assembler.arithmetic(.and, HostRole.scratchA, 0x3f, width: .word)
        let table = MemoryOperand(HostRole.state, index: HostRole.scratchA, displacement: context.flagTable)
        assembler.load(HostRole.scratchA, table, width: .byte)
        assembler.arithmetic(.or, register, HostRole.scratchA, width: .double)
    }

    /// The host has raised nothing from now on.
    private mutating func clearHostFlags() {
        assembler.stmxcsr(stateOperand(context.floatControl))
        assembler.arithmetic(.and, stateOperand(context.floatControl), ~0x3f, width: .word)
        assembler.ldmxcsr(stateOperand(context.floatControl))
    }

    /// A field in memory is about to change: who still needs the old value gets a register.
    mutating func saveFieldValue(_ offset: Int32) {
        let old = fieldValues[Int(offset) >> 3]
        fieldValues[Int(offset) >> 3] = -1
        guard old >= 0, values[Int(old)].home == offset else { return }
        if values[Int(old)].lastUse > position, location(old) == .field(offset) {
            if values[Int(old)].wantsVector { _ = vector(old) } else { _ = general(old) }
        }
        values[Int(old)].home = -1
    }
}

// Where values are: host registers, guest registers' homes, spill slots.
import IR
import MachineCore

extension BlockCompiler {
    static func bit(_ register: GeneralRegister) -> UInt16 { 1 << UInt16(register.rawValue) }
    static func bit(_ register: VectorRegister) -> UInt16 { 1 << UInt16(register.rawValue) }

    func stateOperand(_ offset: Int32) -> MemoryOperand { MemoryOperand(HostRole.state, offset) }
    func spillOperand(_ slot: Int32) -> MemoryOperand { MemoryOperand(.rsp, slot * 8) }

    func location(_ value: Int32) -> ValueLocation { values[Int(value)].location }

    mutating func setLocation(_ value: Int32, _ location: ValueLocation) {
        values[Int(value)].location = location
        switch location {
        case .general(let register): generalValues[Int(register.rawValue)] = value
        case .vector(let register), .vectorSingle(let register): vectorValues[Int(register.rawValue)] = value
        case .deferred, .field, .spilled: break
        }
    }

    /// The value in `register` that is still needed at or after the instruction in work, or -1.
    func occupant(_ register: GeneralRegister) -> Int32 {
        let value = generalValues[Int(register.rawValue)]
        guard value >= 0, values[Int(value)].location == .general(register),
            values[Int(value)].lastUse >= position
        else { return -1 }
        return value
    }

    func occupant(_ register: VectorRegister) -> Int32 {
        let value = vectorValues[Int(register.rawValue)]
        guard value >= 0, values[Int(value)].lastUse >= position else { return -1 }
        let location = values[Int(value)].location
        return location == .vector(register) || location == .vectorSingle(register) ? value : -1
    }

    // MARK: Temporaries

    /// A free temporary register, locked; frees one if none is.
    mutating func allocateGeneral() -> GeneralRegister {
        var victim: GeneralRegister?
        var victimUse: Int32 = -1
        for register in HostRole.temporaries where lockedGeneral & Self.bit(register) == 0 {
            let value = occupant(register)
            if value < 0 {
                lockedGeneral |= Self.bit(register)
                return register
            }
            let use = values[Int(value)].lastUse
            if use > victimUse {
                victim = register
                victimUse = use
            }
        }
        guard let victim else {
            isUnsupported = true
            return .rax
        }
        evict(victim)
        lockedGeneral |= Self.bit(victim)
        return victim
    }

    mutating func allocateVector() -> VectorRegister {
        var victim: VectorRegister?
        var victimUse: Int32 = -1
        for register in HostRole.temporaryVectors where lockedVector & Self.bit(register) == 0 {
            let value = occupant(register)
            if value < 0 {
                lockedVector |= Self.bit(register)
                return register
            }
            let use = values[Int(value)].lastUse
            if use > victimUse {
                victim = register
                victimUse = use
            }
        }
        guard let victim else {
            isUnsupported = true
            return .xmm0
        }
        evict(victim)
        lockedVector |= Self.bit(victim)
        return victim
    }

    /// Moves what `register` holds elsewhere, unless nobody needs it any more.
    mutating func evict(_ register: GeneralRegister) {
        let value = occupant(register)
        if value < 0 { return }
        if leaveRegister(value) { return }
        guard let slot = takeSpillSlot() else { return }
        assembler.store(spillOperand(slot), register, width: .double)
        values[Int(value)].location = .spilled(slot)
    }

    mutating func evict(_ register: VectorRegister) {
        let value = occupant(register)
        if value < 0 { return }
        let isSingle = values[Int(value)].location == .vectorSingle(register)
        if leaveRegister(value) { return }
        guard let slot = takeSpillSlot() else { return }
        if isSingle {
            // In a slot the value is whole: the bits above the single are zero.
            assembler.move32(HostRole.scratchA, register)
            assembler.store(spillOperand(slot), HostRole.scratchA, width: .double)
        } else {
            assembler.storeDouble(spillOperand(slot), register)
        }
        values[Int(value)].location = .spilled(slot)
    }

    /// Drops the register of a value that can be had again without it.
    private mutating func leaveRegister(_ value: Int32) -> Bool {
        let state = values[Int(value)]
        if definition(value).op == .constant || definition(value).op == .programCounter {
            values[Int(value)].location = .deferred
            return true
        }
        if state.home >= 0 {
            values[Int(value)].location = .field(state.home)
            return true
        }
        return false
    }

    mutating func takeSpillSlot() -> Int32? {
        let slot = (~usedSpillSlots).trailingZeroBitCount
        if slot >= HostRole.spillSlotCount {
            isUnsupported = true
            return nil
        }
        usedSpillSlots |= 1 << UInt64(slot)
        return Int32(slot)
    }

    // MARK: Reading values

    /// The value in a general register, which is locked until the end of the instruction.
    mutating func general(_ value: Int32) -> GeneralRegister {
        if case .general(let register) = location(value) {
            lockedGeneral |= Self.bit(register)
            return register
        }
        let register = allocateGeneral()
        load(value, into: register)
        setLocation(value, .general(register))
        return register
    }

    /// Writes the value into `register` and leaves the value where it was.
    mutating func load(_ value: Int32, into register: GeneralRegister) {
        switch location(value) {
        case .general(let source): if source != register { assembler.move(register, source) }
        case .vector(let source): assembler.move(register, source)
        case .vectorSingle(let source): assembler.move32(register, source)
        case .field(let offset): assembler.load(register, stateOperand(offset), width: .double)
        case .spilled(let slot): assembler.load(register, spillOperand(slot), width: .double)
        case .deferred: compute(value, into: register)
        }
    }

    /// Computes a value that is written where it is used.
    private mutating func compute(_ value: Int32, into register: GeneralRegister) {
        let definition = definition(value)
        switch definition.op {
        case .constant: assembler.moveImmediate(register, definition.immediate)
        case .programCounter: loadAddress(register, definition.distance)
        case .isEqual, .isLessSigned, .isLessUnsigned, .not, .flagsHold, .constantCondition:
            materialize(value, into: register)
        case .add:
            let base = general(definition.a)
            assembler.lea(register, MemoryOperand(base, immediate(definition.b) ?? 0))
        case .unboxSingle:
            // The check was made at the definition.
            load(definition.a, into: register)
            assembler.move32(register, register)
        default: isUnsupported = true
        }
    }

    /// The block's guest address plus `distance`.
    mutating func loadAddress(_ register: GeneralRegister, _ distance: Int64) {
        if let near = Int32(exactly: distance) {
            assembler.lea(register, MemoryOperand(HostRole.blockAddress, near))
        } else {
            assembler.moveImmediate(register, UInt64(bitPattern: distance))
            assembler.arithmetic(.add, register, HostRole.blockAddress, width: .double)
        }
    }

    /// The value in a vector register, locked. With `asSingle` only the low 32 bits count.
    mutating func vector(_ value: Int32, asSingle: Bool = false) -> VectorRegister {
        switch location(value) {
        case .vector(let register):
            lockedVector |= Self.bit(register)
            return register
        case .vectorSingle(let register) where asSingle:
            lockedVector |= Self.bit(register)
            return register
        default: break
        }
        if asSingle, definition(value).op == .unboxSingle, location(value) == .deferred {
            return vector(definition(value).a, asSingle: true)
        }
        let register = allocateVector()
        loadVector(value, into: register)
        setLocation(value, .vector(register))
        return register
    }

    mutating func loadVector(_ value: Int32, into register: VectorRegister) {
        switch location(value) {
        case .vector(let source): if source != register { assembler.vmovaps(register, source) }
        case .field(let offset): assembler.loadDouble(register, stateOperand(offset))
        case .spilled(let slot): assembler.loadDouble(register, spillOperand(slot))
        case .general(let source): assembler.move(register, source)
        case .deferred where constant(value) == 0: assembler.vxor(register, register, register)
        case .vectorSingle, .deferred:
            load(value, into: HostRole.scratchA)
            assembler.move(register, HostRole.scratchA)
        }
    }

    // MARK: Writing values

    /// A register for the result of the instruction at `value`: the home of the guest register that it is
    /// stored to, if nobody can see it change early, else a temporary.
    mutating func resultRegister(_ value: Int32) -> GeneralRegister {
        if let home = earlyHome(value), case .general(let register) = home,
            isFree(occupant(register), from: value)
        {
            lockedGeneral |= Self.bit(register)
            return register
        }
        return allocateGeneral()
    }

    mutating func resultVector(_ value: Int32) -> VectorRegister {
        if let home = earlyHome(value), case .vector(let register) = home,
            isFree(occupant(register), from: value)
        {
            lockedVector |= Self.bit(register)
            return register
        }
        return allocateVector()
    }

    /// What is in the register is not needed after the instruction in work.
    private func isFree(_ occupant: Int32, from value: Int32) -> Bool {
        occupant < 0 || values[Int(occupant)].lastUse <= value
    }

    /// The home of the field that `value` is stored to, when nothing in between can end the block or
    /// read the field.
    private func earlyHome(_ value: Int32) -> RegisterAssignment.Home? {
        let store = values[Int(value)].firstStore
        guard store > value, store - value <= 4 else { return nil }
        let target = definition(store)
        guard target.width == 8 else { return nil }
        var index = value + 1
        while index < store {
            let between = definition(index)
            switch between.op {
            case .load, .store, .atomicUpdate, .compareAndStore, .raiseIf, .exitIf, .exitToValueIf, .callHelper,
                .unboxSingle, .vector, .loadVector, .storeVector:
                return nil
            case .loadState where between.immediate == target.immediate: return nil
            case .storeState where between.immediate == target.immediate: return nil
            default: break
            }
            index += 1
        }
        return assignment.home(Int(target.immediate))
    }
}

// Operations on vectors in state fields: the host has the same ones.
import IR
import MachineCore

extension BlockCompiler {
    private var scratch: VectorRegister { HostRole.scratchVector }

    mutating func emitVector(_ instruction: IRInstruction) {
        let operation = VectorOperation(instruction)
        switch operation.form {
        case .binary, .unary, .shift, .fromGeneral, .fromGeneralUnary: emitVectorResult(operation, instruction.a)
        case .toGeneral, .toGeneralReversed: emitVectorToGeneral(operation)
        case .compare: emitVectorCompare(operation)
        }
    }

    private func opcode(_ operation: VectorOperation) -> VEXOpcode {
        VEXOpcode(prefix: operation.prefix, map: operation.map, operation.opcode, wide: operation.isWide)
    }

    private func immediate(_ operation: VectorOperation) -> Immediate {
        operation.immediate.map { .byte($0) } ?? .none
    }

    private mutating func emitVectorResult(_ operation: VectorOperation, _ general: Int32) {
        let home = assignment.wideHome(operation.first)
        let target = home ?? scratch
        let readsTarget = operation.form != .unary && operation.form != .fromGeneralUnary
        if home == nil, readsTarget { assembler.loadWide(target, stateOperand(Int32(operation.first))) }
        let (opcode, immediate) = (opcode(operation), immediate(operation))
        let second = readsTarget ? target.rawValue : 0
        switch operation.form {
        case .shift: assembler.emit(opcode, operation.extension, target.rawValue, target.rawValue, immediate)
        case .fromGeneral, .fromGeneralUnary:
            assembler.emit(opcode, target.rawValue, second, self.general(general).rawValue, immediate)
        default:
            if let source = assignment.wideHome(operation.second) {
                assembler.emit(opcode, target.rawValue, second, source.rawValue, immediate)
            } else {
                assembler.emit(opcode, target.rawValue, second, stateOperand(Int32(operation.second)), immediate)
            }
        }
        if home == nil { storeVectorField(operation.first, target) }
    }

    private mutating func storeVectorField(_ offset: Int, _ register: VectorRegister) {
        saveFieldValue(Int32(offset))
        saveFieldValue(Int32(offset) + 8)
        assembler.storeWide(stateOperand(Int32(offset)), register)
    }

    /// The field in a register: its own, or the scratch register.
    private mutating func vectorField(_ offset: Int) -> VectorRegister {
        if let home = assignment.wideHome(offset) { return home }
        assembler.loadWide(scratch, stateOperand(Int32(offset)))
        return scratch
    }

    private mutating func emitVectorToGeneral(_ operation: VectorOperation) {
        let source = vectorField(operation.second).rawValue
        let target = isUsed(position) ? integerResult() : HostRole.scratchA
        if operation.form == .toGeneral {
            assembler.emit(opcode(operation), target.rawValue, 0, source, immediate(operation))
        } else {
            assembler.emit(opcode(operation), source, 0, target.rawValue, immediate(operation))
        }
        if isUsed(position) { finish(target) }
    }

    private mutating func emitVectorCompare(_ operation: VectorOperation) {
        let first = vectorField(operation.first).rawValue
        if let source = assignment.wideHome(operation.second) {
            assembler.emit(opcode(operation), first, 0, source.rawValue, immediate(operation))
        } else {
            assembler.emit(opcode(operation), first, 0, stateOperand(Int32(operation.second)), immediate(operation))
        }
        guard isUsed(position) else { return }
        // Taken first: making room for the result could change the flags.
        takeFlags(.add, into: HostRole.scratchA)
        let target = integerResult()
        assembler.move(target, HostRole.scratchA)
        finish(target)
    }

    // MARK: Memory

    mutating func emitLoadVector(_ instruction: IRInstruction) {
        let address = address(instruction.a)
        let offset = Int(truncatingIfNeeded: instruction.immediate)
        let target = assignment.wideHome(offset) ?? scratch
        let miss = emitProbe(address, byteCount: Int32(instruction.detail), writes: false)
        let memory = hostOperand(address)
        switch instruction.detail {
        case 4: assembler.loadSingle(target, memory)
        case 8: assembler.loadDouble(target, memory)
        default: assembler.loadWide(target, memory)
        }
        leaveToInterpreter(miss)
        if assignment.wideHome(offset) == nil { storeVectorField(offset, target) }
    }

    mutating func emitStoreVector(_ instruction: IRInstruction) {
        let address = address(instruction.a)
        let source = vectorField(Int(truncatingIfNeeded: instruction.immediate))
        let miss = emitProbe(address, byteCount: Int32(instruction.detail), writes: true)
        let memory = hostOperand(address)
        switch instruction.detail {
        case 4: assembler.storeSingle(memory, source)
        case 8: assembler.storeDouble(memory, source)
        default: assembler.storeWide(memory, source)
        }
        leaveToInterpreter(miss)
    }

    private mutating func leaveToInterpreter(_ miss: Int) {
        var stub = Stub(.bail, patch: miss)
        stub.site = site()
        addStub(stub)
    }
}

// Leaving the block: jumps, helpers, exceptions.
import IR
import MachineCore

extension BlockCompiler {
    /// An exception is raised by interpreting the instruction: it has changed nothing so far.
    mutating func emitRaiseIf(_ instruction: IRInstruction) {
        let condition = emitCondition(instruction.a)
        var stub = Stub(.bail, patch: assembler.jumpRelative(condition))
        stub.site = site()
        addStub(stub)
    }

    /// A trace is left where the code goes another way than it did before.
    mutating func emitExitIf(_ instruction: IRInstruction) {
        let unexecuted = guestInstructionCount - started
        if instruction.op == .exitIf {
            let condition = emitCondition(instruction.a)
            let kind = Stub.Kind.exit(distance: instruction.distance, unexecuted: unexecuted)
            addStub(Stub(kind, patch: assembler.jumpRelative(condition)))
            return
        }
        let target = general(instruction.b)
        let condition = emitCondition(instruction.a)
        let kind = Stub.Kind.exitToValue(target, unexecuted: unexecuted)
        addStub(Stub(kind, patch: assembler.jumpRelative(condition)))
    }

    mutating func emitHelper(_ instruction: IRInstruction) {
        storeArgument(instruction.a, context.argumentA)
        storeArgument(instruction.b, context.argumentB)
        // A helper sees and may change all state, and uses all registers.
        for register in HostRole.temporaries { evictAfterUse(register) }
        for register in HostRole.temporaryVectors where occupant(register) >= 0 {
            if values[Int(occupant(register))].lastUse > position { evict(register) }
        }
        keepPinned()
        assembler.moveImmediate(.rax, UInt64(instruction.detail))
        assembler.moveImmediate(HostRole.scratchB, site())
        assembler.call(toAddress: runtime.helper)
        fieldValues.update(repeating: -1, count: fieldValueCount)
        hasCheckedRounding = false
        if isUsed(position) {
            lockedGeneral = 0
            finishFixed(.rax)
        }
    }

    private mutating func storeArgument(_ value: Int32, _ field: Int32) {
        if let known = immediate(value) {
            assembler.storeImmediate(stateOperand(field), known, width: .double)
        } else {
            assembler.store(stateOperand(field), general(value), width: .double)
        }
    }

    /// Values that live on in pinned registers or in state fields, which the helper may change, move to
    /// the stack.
    private mutating func keepPinned() {
        for index in 0..<Int(position) where values[index].lastUse > position {
            let value = Int32(truncatingIfNeeded: index)
            switch location(value) {
            case .general, .field, .vector, .vectorSingle:
                load(value, into: HostRole.scratchA)
                guard let slot = takeSpillSlot() else { return }
                assembler.store(spillOperand(slot), HostRole.scratchA, width: .double)
                values[index].location = .spilled(slot)
            case .deferred, .spilled: break
            }
            values[index].home = -1
        }
    }

    // MARK: Terminators

    mutating func emitTerminator(_ instruction: IRInstruction) {
        switch instruction.op {
        case .jump: emitJump(instruction.distance)
        case .branch: emitBranch(instruction)
        case .jumpToValue:
            load(instruction.a, into: HostRole.blockAddress)
            emitLookup()
        case .exit:
            moveBlockAddress(instruction.distance)
            emitAttentionCheck()
            emitLookup()
        case .exitToValue:
            load(instruction.a, into: HostRole.blockAddress)
            emitAttentionCheck()
            emitLookup()
        default:
            // An exception for sure.
            var stub = Stub(.bail, patch: assembler.jumpRelative())
            stub.site = site()
            addStub(stub)
        }
    }

    private mutating func moveBlockAddress(_ distance: Int64) {
        if distance != 0 { loadAddress(HostRole.blockAddress, distance) }
    }

    private mutating func emitBranch(_ instruction: IRInstruction) {
        let condition = emitCondition(instruction.a)
        let taken = assembler.jumpRelative(condition)
        emitJump(Int64(instruction.otherwise))
        assembler.patchRelative(at: taken, to: assembler.count)
        emitJump(instruction.distance)
    }

    /// Goes on at a known distance. In the page that this block is in, the place is sure; another page
    /// may be mapped elsewhere the next time.
    mutating func emitJump(_ distance: Int64) {
        moveBlockAddress(distance)
        if distance == 0 {
            let jump = assembler.jumpRelative()
            assembler.patchRelative(at: jump, to: 0)
        } else if (0..<4096).contains(pageOffset + distance) {
            stubs.append(Stub(.link, patch: assembler.jumpRelative()))
        } else {
            emitLookup()
        }
    }

    /// Goes on at the address in the block address register, by way of the jump cache.
    mutating func emitLookup() {
        assembler.lookup(context, missed: runtime.lookupMissed)
    }

    private mutating func emitAttentionCheck() {
        assembler.arithmetic(.cmp, stateOperand(context.attention), 0, width: .byte)
        assembler.jump(.notEqual, toAddress: runtime.attention)
    }
}

extension Assembler {
    /// Goes on at the block address by way of the jump cache, or at `missed`. Changes rax and rcx.
    mutating func lookup(_ context: ContextOffsets, missed: UInt) {
        let (address, index) = (HostRole.blockAddress, GeneralRegister.rax)
        load(.rcx, MemoryOperand(HostRole.state, context.jumpCache), width: .double)
        // As `JumpCacheEntry.index(of:)`, in units of two bytes.
        rorx(index, address, 11, width: .double)
        arithmetic(.xor, index, address, width: .word)
        arithmetic(.and, index, Int32(JumpCacheEntry.cacheEntryCount - 1) << 1, width: .word)
        let entry = MemoryOperand(.rcx, index: index, scale: 8)
        arithmetic(.cmp, address, entry, width: .double)
        jump(.notEqual, toAddress: missed)
        jump(MemoryOperand(.rcx, index: index, scale: 8, displacement: 8))
    }
}

// Guest memory: the software TLB in line, everything else out of line.
import IR
import MachineCore

extension BlockCompiler {
    /// Where an access goes: a register plus a displacement.
    struct GuestAddress {
        let base: GeneralRegister
        let displacement: Int32
    }

    mutating func address(_ value: Int32) -> GuestAddress {
        if isAddressOnly(value) {
            let definition = definition(value)
            return GuestAddress(base: general(definition.a), displacement: immediate(definition.b) ?? 0)
        }
        return GuestAddress(base: general(value), displacement: 0)
    }

    func site(_ width: AccessWidth = .byte) -> UInt64 {
        SiteInfo(distance: distance, unexecuted: guestInstructionCount - started + 1, width: width).bits
    }

    /// Looks the page of the access up. Leaves the difference of host and guest address in scratch A, and
    /// gives the position of the jump for pages that the TLB does not serve. Scratch B is changed too.
    ///
    /// The compared page is that of the last byte. It equals the tag only if the access lies in one page,
    /// because the next page's entry has another index.
    private mutating func emitProbe(_ address: GuestAddress, _ width: AccessWidth, writes: Bool) -> Int {
        emitProbe(address, byteCount: Int32(width.rawValue), writes: writes)
    }

    mutating func emitProbe(_ address: GuestAddress, byteCount: Int32, writes: Bool) -> Int {
        let (a, b) = (HostRole.scratchA, HostRole.scratchB)
        // Entries have 32 bytes: the page number shifted by 5.
        if address.displacement == 0 {
            assembler.rorx(b, address.base, 7, width: .double)
        } else {
            assembler.lea(b, MemoryOperand(address.base, address.displacement))
            assembler.shift(.shr, b, 7, width: .double)
        }
        let mask = Int32(TranslationEntry.setEntryCount - 1) << 5
        assembler.arithmetic(.and, b, mask, width: .word)
        let last = address.displacement &+ byteCount - 1
        if last == 0 {
            assembler.move(a, address.base)
        } else {
            assembler.lea(a, MemoryOperand(address.base, last))
        }
        assembler.arithmetic(.and, a, -4096, width: .double)
        let tag: Int32 = writes ? 8 : 0
        assembler.arithmetic(
            .cmp, a, MemoryOperand(HostRole.dataSet, index: b, displacement: tag), width: .double)
        let miss = assembler.jumpRelative(.notEqual)
        assembler.load(a, MemoryOperand(HostRole.dataSet, index: b, displacement: 24), width: .double)
        return miss
    }

    func hostOperand(_ address: GuestAddress) -> MemoryOperand {
        MemoryOperand(HostRole.scratchA, index: address.base, displacement: address.displacement)
    }

    private mutating func addStub(_ kind: Stub.Kind, _ miss: Int, _ address: GuestAddress, _ width: AccessWidth) {
        var stub = Stub(kind, patch: miss)
        stub.back = assembler.count
        stub.base = address.base
        stub.displacement = address.displacement
        stub.site = site(width)
        addStub(stub)
    }

    // MARK: Loads

    mutating func emitLoad(_ instruction: IRInstruction) {
        guard let width = instruction.accessWidth else { return }
        let address = address(instruction.a)
        if values[Int(position)].wantsVector, width == .double || width == .word {
            loadVector(address, width)
        } else if followingSignExtension(width) {
            position += 1
            loadGeneral(address, width, signed: true)
        } else {
            loadGeneral(address, width, signed: false)
        }
    }

    /// The load's only use is the extension right behind it, which then costs nothing.
    private func followingSignExtension(_ width: AccessWidth) -> Bool {
        let next = definition(position + 1)
        return values[Int(position)].lastUse == position + 1 && next.op == .signExtend
            && next.a == position && next.width == width.rawValue
    }

    private mutating func loadGeneral(_ address: GuestAddress, _ width: AccessWidth, signed: Bool) {
        // Taken before the probe: code that frees a register must not be skipped by the way out of line.
        let target = isUsed(position) ? resultRegister(position) : HostRole.scratchA
        let miss = emitProbe(address, width, writes: false)
        if signed {
            assembler.loadSigned(target, hostOperand(address), width: width)
        } else {
            assembler.load(target, hostOperand(address), width: width)
        }
        addStub(.load(target, signed: signed), miss, address, width)
        if isUsed(position) { setLocation(position, .general(target)) }
    }

    private mutating func loadVector(_ address: GuestAddress, _ width: AccessWidth) {
        let target = resultVector(position)
        let miss = emitProbe(address, width, writes: false)
        if width == .double {
            assembler.loadDouble(target, hostOperand(address))
            setLocation(position, .vector(target))
        } else {
            assembler.loadSingle(target, hostOperand(address))
            setLocation(position, .vectorSingle(target))
        }
        addStub(.loadVector(target, single: width == .word), miss, address, width)
    }

    // MARK: Stores

    mutating func emitStore(_ instruction: IRInstruction) {
        guard let width = instruction.accessWidth else { return }
        let address = address(instruction.a)
        if let known = immediate(instruction.b), case .deferred = location(instruction.b) {
            let miss = emitProbe(address, width, writes: true)
            assembler.storeImmediate(hostOperand(address), known, width: width)
            addStub(.storeImmediate(known), miss, address, width)
            return
        }
        if case .vector = location(instruction.b), width == .double || width == .word {
            let source = vector(instruction.b)
            let miss = emitProbe(address, width, writes: true)
            if width == .double {
                assembler.storeDouble(hostOperand(address), source)
            } else {
                assembler.storeSingle(hostOperand(address), source)
            }
            addStub(.storeVector(source), miss, address, width)
            return
        }
        let source = general(instruction.b)
        let miss = emitProbe(address, width, writes: true)
        assembler.store(hostOperand(address), source, width: width)
        addStub(.storeGeneral(source), miss, address, width)
    }

    // MARK: Atomics

    /// As `emitProbe`, for an aligned read-modify-write: out of line the page is made writable and the
    /// TLB asked again.
    private mutating func emitAtomicProbe(_ address: GuestAddress, _ width: AccessWidth) {
        let again = assembler.count
        let miss = emitProbe(address, width, writes: true)
        addStub(.prepareWrite, miss, address, width)
        stubs[stubs.count - 1].back = again
    }

    mutating func emitAtomicUpdate(_ instruction: IRInstruction) {
        guard let width = instruction.accessWidth,
            let operation = AtomicOperation(rawValue: UInt8(truncatingIfNeeded: instruction.detail))
        else { return }
        let address = address(instruction.a)
        let operand = general(instruction.b)
        evictAfterUse(.rax)
        // The operand or the base may have been in rax for the last time.
        emitAtomicProbe(address, width)
        assembler.lea(HostRole.scratchA, hostOperand(address))
        let memory = MemoryOperand(HostRole.scratchA)
        switch operation {
        case .add:
            assembler.move(.rax, operand)
            assembler.lockXadd(memory, .rax, width: width)
        case .exchange:
            assembler.move(.rax, operand)
            assembler.xchg(memory, .rax, width: width)
        default: emitCompareExchangeLoop(operation, memory, operand, width)
        }
        if width == .word { assembler.move32(.rax, .rax) }
        if isUsed(position) { finishFixed(.rax) }
    }

    /// Reads, computes and tries to replace until nobody came in between. The old value is in rax.
    private mutating func emitCompareExchangeLoop(
        _ operation: AtomicOperation, _ memory: MemoryOperand, _ operand: GeneralRegister, _ width: AccessWidth
    ) {
        // The operand's register may be rax.
        assembler.store(stateOperand(context.argumentB), operand, width: .double)
        assembler.load(.rax, memory, width: width)
        let again = assembler.count
        assembler.load(HostRole.scratchB, stateOperand(context.argumentB), width: .double)
        switch operation {
        case .and: assembler.arithmetic(.and, HostRole.scratchB, .rax, width: .double)
        case .or: assembler.arithmetic(.or, HostRole.scratchB, .rax, width: .double)
        case .xor: assembler.arithmetic(.xor, HostRole.scratchB, .rax, width: .double)
        case .minimumSigned: choose(.less, width)
        case .maximumSigned: choose(.greater, width)
        case .minimumUnsigned: choose(.below, width)
        case .maximumUnsigned: choose(.above, width)
        case .add, .exchange: isUnsupported = true
        }
        assembler.lockCmpxchg(memory, HostRole.scratchB, width: width)
        let retry = assembler.jumpRelative(.notEqual)
        assembler.patchRelative(at: retry, to: again)
    }

    /// Keeps memory's value (rax) in the scratch register if it compares so with the operand there.
    private mutating func choose(_ condition: Condition, _ width: AccessWidth) {
        assembler.arithmetic(.cmp, .rax, HostRole.scratchB, width: width)
        assembler.cmov(condition, HostRole.scratchB, .rax)
    }

    mutating func emitCompareAndStore(_ instruction: IRInstruction) {
        guard let width = instruction.accessWidth else { return }
        let address = address(instruction.b)
        let desired = general(instruction.d)
        assembler.store(stateOperand(context.argumentB), desired, width: .double)
        load(instruction.c, into: HostRole.scratchA)
        assembler.store(stateOperand(context.argumentA), HostRole.scratchA, width: .double)
        // Of the operands only the address is still needed: the condition has to find temporaries.
        lockedGeneral = Self.bit(address.base)
        evictAfterUse(.rax)
        let base = address.base
        // The base may be in rax for the last time: the comparison needs rax only after the probe.
        let condition = emitCondition(instruction.a)
        assembler.moveImmediate(HostRole.scratchB, 0)
        let skip = assembler.jumpRelative(condition.inverted)
        emitAtomicProbe(GuestAddress(base: base, displacement: address.displacement), width)
        assembler.lea(HostRole.scratchA, hostOperand(address))
        assembler.load(.rax, stateOperand(context.argumentA), width: .double)
        assembler.load(HostRole.scratchB, stateOperand(context.argumentB), width: .double)
        assembler.lockCmpxchg(MemoryOperand(HostRole.scratchA), HostRole.scratchB, width: width)
        assembler.setcc(.equal, HostRole.scratchB)
        assembler.zeroExtend(HostRole.scratchB, HostRole.scratchB, width: .byte)
        assembler.patchRelative(at: skip, to: assembler.count)
        guard isUsed(position) else { return }
        lockedGeneral = 0
        let target = resultRegister(position)
        assembler.move(target, HostRole.scratchB)
        setLocation(position, .general(target))
    }
}

// Writing the out-of-line parts.
import IR
import MachineCore

extension BlockCompiler {
    mutating func emitStubs() {
        // Stubs may have stubs.
        var index = 0
        while index < stubs.count {
            let stub = stubs[index]
            assembler.patchRelative(at: stub.patch, to: assembler.count)
            emit(stub)
            index += 1
        }
    }

    private mutating func emit(_ stub: Stub) {
        emitColdStores(stub)
        switch stub.kind {
        case .budget:
            assembler.moveImmediate(HostRole.scratchB, UInt64(guestInstructionCount))
            assembler.jump(toAddress: runtime.budget)
        case .hot:
            assembler.moveImmediate(HostRole.scratchB, UInt64(guestInstructionCount))
            assembler.jump(toAddress: runtime.hot)
        case .exit(let distance, let unexecuted):
            putBack(unexecuted)
            emitJump(distance)
        case .exitToValue(let register, let unexecuted):
            putBack(unexecuted)
            assembler.move(HostRole.blockAddress, register)
            emitLookup()
        case .bail:
            assembler.moveImmediate(HostRole.scratchB, stub.site)
            assembler.jump(toAddress: runtime.bail)
        case .link: emitLink(stub)
        case .load, .loadVector: emitLoadStub(stub)
        case .storeGeneral, .storeVector, .storeImmediate: emitStoreStub(stub)
        case .prepareWrite:
            emitAccess(stub, runtime.prepareWrite)
            goBack(stub)
        case .canonicalNaN(let register, let single):
            loadConstant(register, single ? 0x7fc0_0000 : 0x7ff8_0000_0000_0000, single: single)
            goBack(stub)
        case .float(let code, let a, let b, let c, let result):
            emitFloatStub(stub, code, a, b, c, result)
        }
    }

    /// Instructions of the trace that did not begin.
    private mutating func putBack(_ count: Int) {
        if count == 0 { return }
        assembler.arithmetic(.add, stateOperand(context.budget), Int32(count), width: .double)
    }

    private mutating func goBack(_ stub: Stub) {
        let jump = assembler.jumpRelative()
        assembler.patchRelative(at: jump, to: stub.back)
    }

    /// The stub's call leaves its own address, behind which the distance to the jump stands that the
    /// engine patches to link the two blocks.
    private mutating func emitLink(_ stub: Stub) {
        assembler.call(toAddress: runtime.link)
        let here = assembler.count
        assembler.whole(UInt64(UInt32(truncatingIfNeeded: here - stub.patch)), 4)
    }

    /// The address in scratch A, the site in scratch B, and the call.
    private mutating func emitAccess(_ stub: Stub, _ routine: UInt) {
        assembler.lea(HostRole.scratchA, MemoryOperand(stub.base, stub.displacement))
        assembler.moveImmediate(HostRole.scratchB, stub.site)
        assembler.call(toAddress: routine)
    }

    private mutating func emitLoadStub(_ stub: Stub) {
        emitAccess(stub, runtime.load)
        switch stub.kind {
        case .load(let register, let signed) where signed:
            assembler.signExtend(register, HostRole.scratchA, width: SiteInfo.width(stub.site))
        case .load(let register, _): assembler.move(register, HostRole.scratchA)
        case .loadVector(let register, let single) where single:
            assembler.move32(register, HostRole.scratchA)
        case .loadVector(let register, _): assembler.move(register, HostRole.scratchA)
        default: break
        }
        goBack(stub)
    }

    private mutating func emitStoreStub(_ stub: Stub) {
        let argument = stateOperand(context.argumentB)
        switch stub.kind {
        case .storeGeneral(let register): assembler.store(argument, register, width: .double)
        case .storeVector(let register): assembler.storeDouble(argument, register)
        case .storeImmediate(let value): assembler.storeImmediate(argument, value, width: .double)
        default: break
        }
        emitAccess(stub, runtime.store)
        goBack(stub)
    }

    private mutating func emitFloatStub(
        _ stub: Stub, _ code: UInt64, _ a: FloatOperand, _ b: FloatOperand, _ c: FloatOperand,
        _ result: FloatResult
    ) {
        put(a, context.argumentA)
        put(b, context.argumentB)
        put(c, context.result)
        assembler.moveImmediate(HostRole.scratchB, code)
        assembler.call(toAddress: runtime.float)
        switch result {
        case .general(let register): assembler.move(register, HostRole.scratchA)
        case .vector(let register): assembler.move(register, HostRole.scratchA)
        }
        goBack(stub)
    }

    private mutating func put(_ operand: FloatOperand, _ field: Int32) {
        let target = stateOperand(field)
        switch operand {
        case .none: break
        case .general(let register): assembler.store(target, register, width: .double)
        case .vector(let register, let single):
            if single {
                assembler.move32(HostRole.scratchA, register)
                assembler.store(target, HostRole.scratchA, width: .double)
            } else {
                assembler.storeDouble(target, register)
            }
        case .memory(let offset, let single):
            assembler.load(HostRole.scratchA, stateOperand(offset), width: single ? .word : .double)
            assembler.store(target, HostRole.scratchA, width: .double)
        }
    }
}

// Which text belongs to which operation: the switch over the instruction set.
import MachineCore

extension X86Semantics {
    /// Gives the instruction's meaning in this instantiation's terms.
    @inline(__always)
    mutating func execute(_ i: Instruction) throws(Interruption) {
        switch i.operation {
        case .mov: try move(i)
        case .add: try addition(i, withCarry: false)
        case .adc: try addition(i, withCarry: true)
        case .sub: try subtraction(i, withBorrow: false)
        case .sbb: try subtraction(i, withBorrow: true)
        case .and: try logic(i, .and)
        case .or: try logic(i, .or)
        case .xor: try logic(i, .xor)
        case .cmp: try compare(i)
        case .test: try testBits(i)
        case .jcc: branchRelative(i, if: test(i.condition, flags()))
        case .jmp, .call: try jumpOrCall(i)
        case .ret: try returnNear(i)
        case .lea: try loadEffectiveAddress(i)
        case .push: try pushOperand(i)
        case .pop: try popOperand(i)
        case .inc: try step(i, up: true)
        case .dec: try step(i, up: false)
        case .neg: try negate(i)
        case .not: try complement(i)
        case .movzx: try write(i.a, read(i.b, i), i)
        case .movsx, .movsxd: try moveSigned(i)
        case .cmovcc: try moveIf(i)
        case .setcc: try setIf(i)
        case .shl: try shiftLeft(i)
        case .shr: try shiftRight(i, isSigned: false)
        case .sar: try shiftRight(i, isSigned: true)
        case .nop: break
        case .pause: try system(i)
        default: try executeOther(i)
        }
    }

    /// Integer operations that are less frequent.
    private mutating func executeOther(_ i: Instruction) throws(Interruption) {
        switch i.operation {
        case .rol: try rotate(i, left: true)
        case .ror: try rotate(i, left: false)
        case .rcl: try rotateThroughCarry(i, left: true)
        case .rcr: try rotateThroughCarry(i, left: false)
        case .shld: try shiftDouble(i, left: true)
        case .shrd: try shiftDouble(i, left: false)
        case .shlx, .shrx, .sarx, .rorx: try shiftWithoutFlags(i)
        case .mul: try multiplyAccumulator(i, isSigned: false)
        case .imul:
            if i.b.kind == .none { try multiplyAccumulator(i, isSigned: true) } else { try multiplySigned(i) }
        case .mulx: try multiplyWithoutFlags(i)
        case .div: try divide(i, isSigned: false)
        case .idiv: try divide(i, isSigned: true)
        case .cbw: extendAccumulator(i)
        case .cwd: extendIntoData(i)
        case .bt, .bts, .btr, .btc: try bitTest(i)
        case .bsf: try bitScan(i, forward: true)
        case .bsr: try bitScan(i, forward: false)
        case .tzcnt: try countZeros(i, leading: false)
        case .lzcnt: try countZeros(i, leading: true)
        case .popcnt: try populationCount(i)
        case .bswap: swapBytes(i)
        case .movbe: try moveReversed(i)
        case .andn, .blsr, .blsmsk, .blsi, .bzhi, .bextr: try bitField(i)
        case .pext: try computeWithHelper(i, .extractBits, i.b, i.c)
        case .pdep: try computeWithHelper(i, .depositBits, i.b, i.c)
        case .crc32: try accumulateChecksum(i)
        case .adcx: try addWithFlag(i, RFlags.carry)
        case .adox: try addWithFlag(i, RFlags.overflow)
        case .xchg: try exchange(i)
        case .xadd: try exchangeAndAdd(i)
        case .cmpxchg: try compareAndExchange(i)
        case .cmpxchg8b: try compareAndExchangePair(i)
        case .movs, .stos, .lods, .cmps, .scas, .ins, .outs: try string(i)
        case .loop, .loope, .loopne: loopRelative(i)
        case .jcxz: jumpIfCountIsZero(i)
        case .pusha: try pushAll(i)
        case .popa: try popAll(i)
        case .pushf: try pushFlags(i)
        case .popf: try popFlags(i)
        case .enter: try enterFrame(i)
        case .leave: try leaveFrame(i)
        case .lahf: loadFlagsIntoHigh()
        case .sahf: storeFlagsFromHigh()
        case .cmc, .stc, .clc: changeCarry(i.operation)
        case .cld: setDirection(false)
        case .std: setDirection(true)
        case .xlat: try translateByte(i)
        default: try executeSystem(i)
        }
    }

    /// Control transfers between segments and the privileged operations.
    private mutating func executeSystem(_ i: Instruction) throws(Interruption) {
        switch i.operation {
        case .les: try loadFarPointer(i, 0)
        case .lds: try loadFarPointer(i, 3)
        case .lss: try loadFarPointer(i, 2)
        case .lfs: try loadFarPointer(i, 4)
        case .lgs: try loadFarPointer(i, 5)
        case .jmpf, .callf: try farJumpOrCall(i)
        case .retf: try farReturn(i)
        case .iret: try returnFromInterrupt(i)
        case .int, .int3, .int1, .into: try softwareInterrupt(i)
        case .bound: try checkBounds(i)
        case .in: try readPort(i)
        case .out: try writePort(i)
        case .daa, .das, .aaa, .aas, .aam, .aad: try adjustDecimal(i)
        case .salc: setRegister(0, subtract(constant(0), carry()), .byte)
        case .cli: try changeInterruptFlag(false)
        case .sti: try changeInterruptFlag(true)
        case .arpl: try adjustPrivilege(i)
        case .mfence: fence(.full)
        case .lfence, .sfence: fence(.acquireRelease)
        case .sldt, .str, .smsw, .lar, .lsl, .rdfsbase, .rdgsbase, .rdrand, .rdseed: try systemValue(i)
        case .syscall, .sysret, .sysenter, .sysexit: try systemJump(i)
        case .lgdt, .lidt, .sgdt, .sidt, .invlpg, .invpcid, .clflush, .clflushopt, .fxsave, .fxrstor, .xsave, .xrstor,
            .xsaveopt, .lldt, .ltr, .lmsw, .verr, .verw, .wrfsbase, .wrgsbase, .cpuid, .rdtsc, .rdtscp, .rdmsr,
            .wrmsr, .hlt, .clts, .invd, .wbinvd, .swapgs, .clac, .stac, .xgetbv, .xsetbv, .rdpmc, .monitor,
            .mwait:
            try system(i)
        default: try executeExtension(i)
        }
    }
}

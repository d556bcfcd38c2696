// CPUID: exactly what this CPU has (Intel SDM volume 2, CPUID; AMD APM volume 3, appendix E).
import MachineCore

/// What one leaf of CPUID says.
private struct IdentificationLeaf {
    var a: UInt32 = 0
    var b: UInt32 = 0
    var c: UInt32 = 0
    var d: UInt32 = 0
}

/// Numbers of features: bits of the words that CPUID shows.
enum Feature {
    /// Leaf 1, ECX: SSE3, PCLMULQDQ, SSSE3, CMPXCHG16B, PCID, SSE4.1, SSE4.2, x2APIC, MOVBE, POPCNT, the TSC deadline
    /// timer, AES, XSAVE, and that there is a hypervisor.
    static let basicC = bits(0, 1, 9, 13, 17, 19, 20, 21, 22, 23, 24, 25, 26, 31)
    static let enabledSave = bits(27)
    static let random = bits(30)
    /// Leaf 1, EDX: FPU, DE, PSE, TSC, MSR, PAE, MCE, CX8, APIC, SEP, MTRR, PGE, MCA, CMOV, PAT, PSE-36, CLFLUSH, MMX,
    /// FXSR, SSE, SSE2.
    static let basicD = bits(0, 2, 3, 4, 5, 6, 7, 8, 9, 11, 12, 13, 14, 15, 16, 17, 19, 23, 24, 25, 26)
    /// Leaf 7, EBX: FSGSBASE, BMI1, SMEP, BMI2, fast REP MOVSB, INVPCID, ADX, SMAP, CLFLUSHOPT.
    static let structuredB = bits(0, 3, 7, 8, 9, 10, 19, 20, 23)
    static let randomSeed = bits(18)
    /// Leaf 7, ECX: UMIP.
    static let structuredC = bits(2)
    /// Leaf 7, EDX: fast short REP MOVSB, control of speculation, and the register that says what it is not prone to.
    static let structuredD = bits(4, 26, 29)
    /// Leaf 0x8000_0001, ECX: LAHF in 64-bit mode, LZCNT.
    static let extendedC = bits(0, 5)
    /// Leaf 0x8000_0001, EDX: SYSCALL, NX, pages of 1 GiB, RDTSCP, long mode.
    static let extendedD = bits(11, 20, 26, 27, 29)

    private static func bits(_ numbers: UInt32...) -> UInt32 { numbers.reduce(0) { $0 | 1 << $1 } }
}

extension CPU {
    /// What CPUID tells of the model: family 6, model 6, stepping 3, of which an operating system knows no flaws.
    public static let signature: UInt32 = 0x663
    /// The parts of XSAVE's state that XCR0 can have: x87 and SSE.
    static let extendedStates: UInt64 = 3
    /// The bytes of an XSAVE area: the legacy area and the header.
    private static let saveAreaByteCount: UInt32 = 0x240
    private static let lastBasicLeaf: UInt32 = 0x15
    private static let lastExtendedLeaf: UInt32 = 0x8000_0008

    /// `cpuid`.
    func identify() {
        let leaf = UInt32(truncatingIfNeeded: state.pointee.registers[0])
        let part = UInt32(truncatingIfNeeded: state.pointee.registers[1])
        let answer = leaf >= 0x8000_0000 ? extendedLeaf(leaf) : basicLeaf(leaf, part)
        state.pointee.registers[0] = UInt64(answer.a)
        state.pointee.registers[3] = UInt64(answer.b)
        state.pointee.registers[1] = UInt64(answer.c)
        state.pointee.registers[2] = UInt64(answer.d)
    }

    private func basicLeaf(_ leaf: UInt32, _ part: UInt32) -> IdentificationLeaf {
        switch leaf {
        case 0: return vendorLeaf()
        case 1: return versionLeaf()
        case 2: return IdentificationLeaf(a: 1)
        case 4: return cacheLeaf(part)
        // The timer of the APIC runs in all states of sleep.
        case 6: return IdentificationLeaf(a: 4)
        case 7: return part == 0 ? featureLeaf() : IdentificationLeaf()
        case 0xb: return topologyLeaf(part)
        case 0xd: return saveLeaf(part)
        // The time stamp counter's ratio to a clock, and the clock's frequency.
        case 0x15:
            return IdentificationLeaf(a: 1, b: 1, c: UInt32(truncatingIfNeeded: environment.timestampFrequency))
        default: return IdentificationLeaf()
        }
    }

    private func vendorLeaf() -> IdentificationLeaf {
        // "GenuineIntel": software knows how to treat its system registers.
        IdentificationLeaf(a: Self.lastBasicLeaf, b: 0x756e_6547, c: 0x6c65_746e, d: 0x4965_6e69)
    }

    private func versionLeaf() -> IdentificationLeaf {
        var c = Feature.basicC
        if state.pointee.cr4 & CR4.extendedState != 0 { c |= Feature.enabledSave }
        if environment.entropy != nil { c |= Feature.random }
        // Lines of 64 bytes for CLFLUSH, the number of CPUs, and that of this one.
        let b = UInt32(index) << 24 | UInt32(min(environment.cpuCount, 255)) << 16 | 8 << 8
        return IdentificationLeaf(a: Self.signature, b: b, c: c, d: Feature.basicD)
    }

    private func featureLeaf() -> IdentificationLeaf {
        let b = Feature.structuredB | (environment.entropy == nil ? 0 : Feature.randomSeed)
        return IdentificationLeaf(b: b, c: Feature.structuredC, d: Feature.structuredD)
    }

    /// Caches, as software likes to know: 32 KiB for data, 32 KiB for instructions, 2 MiB for both; lines of 64 bytes.
    private func cacheLeaf(_ part: UInt32) -> IdentificationLeaf {
        switch part {
        case 0: IdentificationLeaf(a: 0x0000_0121, b: 0x01c0_003f, c: 63)
        case 1: IdentificationLeaf(a: 0x0000_0122, b: 0x01c0_003f, c: 63)
        case 2: IdentificationLeaf(a: 0x0000_0143, b: 0x03c0_003f, c: 2047)
        default: IdentificationLeaf()
        }
    }

    /// All CPUs are cores of one package, without threads.
    private func topologyLeaf(_ part: UInt32) -> IdentificationLeaf {
        let count = UInt32(truncatingIfNeeded: environment.cpuCount)
        let shift = UInt32(32 - max(count, 1).subtractingReportingOverflow(1).partialValue.leadingZeroBitCount)
        switch part {
        case 0: return IdentificationLeaf(a: 0, b: 1, c: 0x100, d: UInt32(index))
        case 1: return IdentificationLeaf(a: shift, b: count, c: 0x201, d: UInt32(index))
        default: return IdentificationLeaf(c: part & 0xff, d: UInt32(index))
        }
    }

    private func saveLeaf(_ part: UInt32) -> IdentificationLeaf {
        switch part {
        case 0:
            IdentificationLeaf(
                a: UInt32(Self.extendedStates), b: Self.saveAreaByteCount, c: Self.saveAreaByteCount)
        // XSAVEOPT.
        case 1: IdentificationLeaf(a: 1)
        default: IdentificationLeaf()
        }
    }

    private func extendedLeaf(_ leaf: UInt32) -> IdentificationLeaf {
        switch leaf {
        case 0x8000_0000: return IdentificationLeaf(a: Self.lastExtendedLeaf)
        case 0x8000_0001: return IdentificationLeaf(c: Feature.extendedC, d: Feature.extendedD)
        case 0x8000_0002...0x8000_0004: return nameLeaf(Int(leaf - 0x8000_0002))
        // The time stamp counter never changes its speed.
        case 0x8000_0007: return IdentificationLeaf(d: 1 << 8)
        // 46 bits of physical and 48 of linear addresses.
        case 0x8000_0008: return IdentificationLeaf(a: 0x302e)
        default: return IdentificationLeaf()
        }
    }

    /// A third of the name, 16 characters.
    private func nameLeaf(_ part: Int) -> IdentificationLeaf {
        let name = Array("Starling Virtual CPU".utf8)
        func word(_ number: Int) -> UInt32 {
            (0..<4).reduce(0) { value, byte in
                let place = part * 16 + number * 4 + byte
                return value | (place < name.count ? UInt32(name[place]) << UInt32(byte * 8) : 0)
            }
        }
        return IdentificationLeaf(a: word(0), b: word(1), c: word(2), d: word(3))
    }
}

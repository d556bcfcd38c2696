// The layout of the areas that fxsave and xsave write (Intel SDM volume 1, 10.5.1 and 13.4).

/// Offsets and sizes in save areas; in bytes, unless they are called words (of eight bytes).
enum SaveArea {
    /// State components: bits of XCR0 and of the header.
    static let float: UInt64 = 1
    static let vectors: UInt64 = 2
    static let upperVectors: UInt64 = 4

    static let legacyByteCount = 512
    static let headerWord = 64
    static let headerByteCount = 64
    static let upperVectorsWord = 72
    static let upperVectorsByteCount = 256

    /// The first word of the registers ST(0) to ST(7), two words each.
    static let registersWord = 4
    static let vectorsWord = 20
    /// The word of MXCSR and its mask.
    static let vectorControlWord = 3

    /// The bits of MXCSR that can be set.
    static let vectorControlMask: UInt32 = 0xffff

    /// The size of an area with these components, whose last is the largest: what CPUID leaf 0DH tells.
    static func byteCount(_ components: UInt64) -> Int {
        let start = legacyByteCount + headerByteCount
        return components & upperVectors == 0 ? start : start + upperVectorsByteCount
    }
}

extension CPU {
    /// The components that are not in their initial state (XINUSE).
    var componentsInUse: UInt64 {
        let cpu = state.pointee
        var components: UInt64 = 0
        let pointers = cpu.floatInstruction | cpu.floatOperand | UInt64(cpu.floatOpcode)
            | UInt64(cpu.floatInstructionSelector) | UInt64(cpu.floatOperandSelector)
        var registers: UInt64 = 0
        for number in 0..<8 { registers |= cpu.floatSignificands[number] | UInt64(cpu.floatExponents[number]) }
        if cpu.floatControl != FloatControl.initial || cpu.floatStatus != 0 || cpu.floatInUse != 0
            || pointers | registers != 0 { components |= SaveArea.float }
        var (low, high): (UInt64, UInt64) = (0, 0)
        for number in 0..<32 {
            low |= cpu.vectors[number]
            high |= cpu.upperVectors[number]
        }
        // MXCSR does not count: it is saved and restored whether vectors are in use or not.
        if low != 0 { components |= SaveArea.vectors }
        if high != 0 { components |= SaveArea.upperVectors }
        return components
    }

    /// The words of vectors that the current code can name: 16 registers in 64-bit code, else 8.
    var namedVectorWords: Int { runtime.pointee.mode.codeSize == .bits64 ? 32 : 16 }

    // MARK: Images

    /// Puts x87 state into an image. With `is64Bit` the pointers are offsets of 64 bits without selectors.
    func saveFloat(_ block: inout FloatBlock, is64Bit: Bool) {
        let cpu = state.pointee
        block[0] = UInt64(cpu.floatControl) | UInt64(cpu.floatStatus) << 16 | UInt64(cpu.floatInUse) << 32
            | UInt64(cpu.floatOpcode) << 48
        let offset: UInt64 = 0xffff_ffff
        block[1] = is64Bit
            ? cpu.floatInstruction : cpu.floatInstruction & offset | UInt64(cpu.floatInstructionSelector) << 32
        block[2] = is64Bit ? cpu.floatOperand : cpu.floatOperand & offset | UInt64(cpu.floatOperandSelector) << 32
        let unit = FloatUnit(state)
        for index in 0..<8 {
            block[SaveArea.registersWord + index * 2] = unit[index].significand
            block[SaveArea.registersWord + index * 2 + 1] = UInt64(unit[index].signExponent)
        }
    }

    func restoreFloat(_ block: FloatBlock, is64Bit: Bool) {
        state.pointee.floatStatus = UInt16(truncatingIfNeeded: block[0] >> 16)
        let unit = FloatUnit(state)
        for index in 0..<8 { unit[index] = block.register(at: (SaveArea.registersWord + index * 2) * 8) }
        state.pointee.floatInUse = UInt8(truncatingIfNeeded: block[0] >> 32)
        state.pointee.floatOpcode = UInt16(truncatingIfNeeded: block[0] >> 48) & 0x7ff
        let mask: UInt64 = is64Bit ? .max : 0xffff_ffff
        state.pointee.floatInstruction = block[1] & mask
        state.pointee.floatOperand = block[2] & mask
        state.pointee.floatInstructionSelector = is64Bit ? 0 : UInt16(truncatingIfNeeded: block[1] >> 32)
        state.pointee.floatOperandSelector = is64Bit ? 0 : UInt16(truncatingIfNeeded: block[2] >> 32)
        unit.setControl(UInt16(truncatingIfNeeded: block[0]))
    }

    func resetFloat() {
        FloatUnit(state).initialize()
        state.pointee.floatSignificands = InlineArray(repeating: 0)
        state.pointee.floatExponents = InlineArray(repeating: 0)
    }

    func saveVectors(_ block: inout FloatBlock) {
        for number in 0..<namedVectorWords { block[SaveArea.vectorsWord + number] = state.pointee.vectors[number] }
    }

    func restoreVectors(_ block: FloatBlock) {
        for number in 0..<namedVectorWords { state.pointee.vectors[number] = block[SaveArea.vectorsWord + number] }
    }

    var vectorControlWord: UInt64 { UInt64(state.pointee.mxcsr) | UInt64(SaveArea.vectorControlMask) << 32 }

    /// The vectors' control word in an image; bits that do not exist raise #GP.
    func vectorControl(_ block: FloatBlock) throws(FaultTaken) -> UInt32 {
        let word = UInt32(truncatingIfNeeded: block[SaveArea.vectorControlWord])
        guard word & ~SaveArea.vectorControlMask == 0 else { throw fault(Fault.generalProtection) }
        return word
    }
}

// The x87 environment in memory: fldenv, fnstenv, frstor, fnsave and the other control instructions.
import MachineCore

/// The images of the x87 environment (Intel SDM volume 1, figures 8-9 to 8-12).
enum FloatImage {
    /// The size of the environment with operand size `width`.
    static func environmentByteCount(_ width: UInt8) -> UInt8 { width == 2 ? 14 : 28 }
    /// The size of eight registers behind it.
    static let registersByteCount: UInt8 = 80
}

extension CPU {
    /// Performs a control instruction; `operand` is the address of the image or the control word.
    func controlFloat(_ call: FloatCall, _ operand: UInt64) throws(FaultTaken) {
        let unit = FloatUnit(state)
        switch call.operation {
        case .fninit: unit.initialize()
        case .fnclex:
            let kept = FloatStatus.conditions | FloatStatus.top
            state.pointee.floatStatus &= kept
        case .fldcw: unit.setControl(UInt16(truncatingIfNeeded: operand))
        case .fnstenv:
            var image = environmentImage(call.operandSize)
            try storeBlock(&image, at: operand, count: FloatImage.environmentByteCount(call.operandSize))
            // All exceptions are masked afterwards, so that the handler can compute.
            unit.setControl(state.pointee.floatControl | FloatStatus.exceptions)
        case .fnsave:
            var image = environmentImage(call.operandSize)
            let start = Int(FloatImage.environmentByteCount(call.operandSize))
            for index in 0..<8 { image.set(unit[index], at: start + index * 10) }
            try storeBlock(&image, at: operand, count: UInt8(start) + FloatImage.registersByteCount)
            unit.initialize()
        default: try loadEnvironment(call, operand)
        }
    }

    private func loadEnvironment(_ call: FloatCall, _ address: UInt64) throws(FaultTaken) {
        let start = Int(FloatImage.environmentByteCount(call.operandSize))
        let isWhole = call.operation == .frstor
        var image = FloatBlock()
        let count = UInt8(start) + (isWhole ? FloatImage.registersByteCount : 0)
        try loadBlock(&image, at: address, count: count)
        setEnvironment(image, call.operandSize)
        guard isWhole else { return }
        // The tags are those of the image, whatever the registers hold.
        let (unit, inUse) = (FloatUnit(state), state.pointee.floatInUse)
        for index in 0..<8 { unit[index] = image.register(at: start + index * 10) }
        state.pointee.floatInUse = inUse
    }

    // MARK: The environment

    private func environmentImage(_ width: UInt8) -> FloatBlock {
        var image = FloatBlock()
        let size = width == 2 ? 2 : 4
        let unit = FloatUnit(state)
        let words = [state.pointee.floatControl, state.pointee.floatStatus, unit.tagWord]
        // Reserved halves are ones.
        for (index, word) in words.enumerated() {
            image.set(UInt64(word) | 0xffff_0000, at: index * size, count: size)
        }
        let (code, data) = (state.pointee.floatInstruction, state.pointee.floatOperand)
        let opcode = UInt64(state.pointee.floatOpcode)
        if hasRealSegments {
            setRealPointers(&image, size, opcode)
        } else {
            image.set(code, at: 3 * size, count: size)
            let above = size == 4 ? opcode << 16 : 0
            image.set(UInt64(state.pointee.floatInstructionSelector) | above, at: 4 * size, count: size)
            image.set(data, at: 5 * size, count: size)
            let ones: UInt64 = size == 4 ? 0xffff_0000 : 0
            image.set(UInt64(state.pointee.floatOperandSelector) | ones, at: 6 * size, count: size)
        }
        return image
    }

    /// In real and virtual-8086 mode the pointers are linear addresses, in two parts.
    private func setRealPointers(_ image: inout FloatBlock, _ size: Int, _ opcode: UInt64) {
        let code = state.pointee.floatInstruction &+ UInt64(state.pointee.floatInstructionSelector) << 4
        let data = state.pointee.floatOperand &+ UInt64(state.pointee.floatOperandSelector) << 4
        let ones: UInt64 = size == 4 ? 0xffff_0000 : 0
        let mask: UInt64 = size == 4 ? 0x0fff_f000 : 0xf000
        image.set(code & 0xffff | ones, at: 3 * size, count: size)
        image.set(code >> 4 & mask | opcode, at: 4 * size, count: size)
        image.set(data & 0xffff | ones, at: 5 * size, count: size)
        image.set(data >> 4 & mask, at: 6 * size, count: size)
    }

    private func setEnvironment(_ image: FloatBlock, _ width: UInt8) {
        let size = width == 2 ? 2 : 4
        let unit = FloatUnit(state)
        state.pointee.floatStatus = UInt16(truncatingIfNeeded: image.get(size, count: 2))
        unit.setTagWord(UInt16(truncatingIfNeeded: image.get(2 * size, count: 2)))
        unit.setControl(UInt16(truncatingIfNeeded: image.get(0, count: 2)))
        let words = (3..<7).map { image.get($0 * size, count: size) }
        if hasRealSegments {
            let mask: UInt64 = size == 4 ? 0xffff_0000 : 0xf_0000
            state.pointee.floatInstruction = words[0] & 0xffff | words[1] << 4 & mask
            state.pointee.floatOperand = words[2] & 0xffff | words[3] << 4 & mask
            state.pointee.floatInstructionSelector = 0
            state.pointee.floatOperandSelector = 0
            state.pointee.floatOpcode = UInt16(words[1] & 0x7ff)
        } else {
            state.pointee.floatInstruction = words[0]
            state.pointee.floatInstructionSelector = UInt16(truncatingIfNeeded: words[1])
            if size == 4 { state.pointee.floatOpcode = UInt16(words[1] >> 16 & 0x7ff) }
            state.pointee.floatOperand = words[2]
            state.pointee.floatOperandSelector = UInt16(truncatingIfNeeded: words[3])
        }
    }
}

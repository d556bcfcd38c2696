// Repeated string operations.
import MachineCore

extension CPU {
    /// Elements in one go: between two of them interrupts are looked at.
    private static let maximumElementCount: UInt64 = 4096

    /// Performs a repeated operation, or as much of it as may be done in one go; after each element the registers are
    /// as the manual says, so that a fault in the middle can be resumed (Intel SDM volume 2, REP).
    /// - Returns: the offset of the next instruction: this one's own as long as something is left to do.
    func repeatString(_ string: StringOperation) throws(FaultTaken) -> UInt64 {
        let isPort = string.operation == .ins || string.operation == .outs
        if isPort { try checkPort(state.pointee.registers[2] & 0xffff, AccessWidth(bytes: string.width)) }
        if string.prefixes.isDisjoint(with: .anyRepeat) {
            _ = try element(string)
            return runtime.pointee.next
        }
        let mask = AccessWidth(bytes: string.addressWidth).mask
        for _ in 0..<Self.maximumElementCount {
            guard state.pointee.registers[1] & mask != 0 else { return runtime.pointee.next }
            let isDone = try element(string)
            state.pointee.registers[1] = Self.replaced(
                state.pointee.registers[1], state.pointee.registers[1] &- 1, string.addressWidth)
            if isDone { return runtime.pointee.next }
        }
        return state.pointee.registers[1] & mask == 0 ? runtime.pointee.next : state.pointee.rip
    }

    /// One element; true when a comparison ends the repetition.
    private func element(_ string: StringOperation) throws(FaultTaken) -> Bool {
        let width = AccessWidth(bytes: string.width)
        switch string.operation {
        case .movs:
            let value = try slowLoad(try elementAddress(6, string, writes: false), width)
            try slowStore(try elementAddress(7, string, writes: true), value, width)
            advance(6, string)
            advance(7, string)
        case .stos:
            try slowStore(try elementAddress(7, string, writes: true), state.pointee.registers[0], width)
            advance(7, string)
        case .lods:
            let value = try slowLoad(try elementAddress(6, string, writes: false), width)
            state.pointee.registers[0] = Self.replaced(state.pointee.registers[0], value, string.width)
            advance(6, string)
        case .ins:
            let address = try elementAddress(7, string, writes: true)
            // What is read from a device must not be lost to a fault.
            _ = try physicalAddress(of: address, .write)
            try slowStore(address, inputFromPort(state.pointee.registers[2] & 0xffff, width), width)
            advance(7, string)
        case .outs:
            let value = try slowLoad(try elementAddress(6, string, writes: false), width)
            outputToPort(state.pointee.registers[2] & 0xffff, value, width)
            advance(6, string)
        default: return try compareElement(string, width)
        }
        return false
    }

    private func compareElement(_ string: StringOperation, _ width: AccessWidth) throws(FaultTaken) -> Bool {
        let isScan = string.operation == .scas
        let a = isScan
            ? state.pointee.registers[0] & width.mask
            : try slowLoad(try elementAddress(6, string, writes: false), width)
        let b = try slowLoad(try elementAddress(7, string, writes: false), width)
        if !isScan { advance(6, string) }
        advance(7, string)
        var interpreter = Interpreter(self)
        state.pointee.statusFlags = interpreter.statusFlags(.subtract, a, b, a &- b, width)
        return (a == b) == string.prefixes.contains(.repeatNotEqual)
    }

    /// The linear address of an element in RSI (6) or RDI (7).
    private func elementAddress(_ number: Int, _ string: StringOperation, writes: Bool) throws(FaultTaken) -> UInt64 {
        let offset = state.pointee.registers[number] & AccessWidth(bytes: string.addressWidth).mask
        let segment = number == 6 ? string.segment : SegmentRegister.es
        let base = state.pointee.segments[segment].base
        if string.is64Bit { return segment < SegmentRegister.fs ? offset : offset &+ base }
        let bounds = state.pointee.bounds[segment]
        let (first, last) = writes
            ? (bounds.firstForWrite, bounds.lastForWrite) : (bounds.firstForRead, bounds.lastForRead)
        guard offset >= first, offset &+ UInt64(string.width) &- 1 <= last else {
            throw fault(segment == SegmentRegister.ss ? Fault.stack : Fault.generalProtection)
        }
        return (offset &+ base) & 0xffff_ffff
    }

    private func advance(_ number: Int, _ string: StringOperation) {
        let old = state.pointee.registers[number]
        let isBackwards = state.pointee.systemFlags & RFlags.direction != 0
        let new = isBackwards ? old &- UInt64(string.width) : old &+ UInt64(string.width)
        state.pointee.registers[number] = Self.replaced(old, new, string.addressWidth)
    }

    /// A register of which the low `width` bytes are written: of 4 bytes the upper half becomes zero.
    private static func replaced(_ old: UInt64, _ new: UInt64, _ width: UInt8) -> UInt64 {
        switch width {
        case 8: new
        case 4: new & 0xffff_ffff
        default: old & ~AccessWidth(bytes: width).mask | new & AccessWidth(bytes: width).mask
        }
    }
}

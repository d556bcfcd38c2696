// Comparisons of strings (Intel SDM volume 2, 4.1 "Imm8 Control Byte Operation for PCMPESTRI...").
import MachineCore

extension CPU {
    /// Performs `pcmpestri` and its like: the result goes to RCX or XMM0, and the flags say what it is.
    func compareStrings(_ call: VectorCall, _ b: Vector128) {
        let a = vectorRegister(call.first)
        let control = call.immediate
        let isExplicit = call.operation == .pcmpestrm || call.operation == .pcmpestri
        let hasWords = control & 1 != 0
        let count = hasWords ? 8 : 16
        func element(_ source: Vector128, _ index: Int) -> Int {
            switch control & 3 {
            case 0: Int(source.lane(index, UInt8.self))
            case 1: Int(source.lane(index, UInt16.self))
            case 2: Int(source.lane(index, Int8.self))
            default: Int(source.lane(index, Int16.self))
            }
        }
        func length(_ source: Vector128, _ register: Int) -> Int {
            if !isExplicit { return (0..<count).first { element(source, $0) == 0 } ?? count }
            let value = state.pointee.registers[register]
            let signed = call.isWide ? Int64(bitPattern: value) : Int64(Int32(truncatingIfNeeded: value))
            return Int(min(signed.magnitude, UInt64(count)))
        }
        let strings = StringComparison(
            a: (0..<count).map { element(a, $0) }, b: (0..<count).map { element(b, $0) }, aLength: length(a, 0),
            bLength: length(b, 2))
        var result = strings.matches(control >> 2 & 3)
        switch control >> 4 & 3 {
        case 1: result ^= (1 << count) - 1
        case 3: result ^= (1 << strings.bLength) - 1
        default: break
        }
        finish(call, result, strings, count)
    }

    private func finish(_ call: VectorCall, _ result: Int, _ strings: StringComparison, _ count: Int) {
        let isHighest = call.immediate & 0x40 != 0
        if call.operation == .pcmpestri || call.operation == .pcmpistri {
            let index = result == 0 ? count : isHighest ? Int.bitWidth - 1 - result.leadingZeroBitCount
                : result.trailingZeroBitCount
            state.pointee.registers[1] = UInt64(index)
        } else if isHighest {
            let mask: Vector128 = count == 16
                ? .make(UInt8.self) { result >> $0 & 1 != 0 ? 0xff : 0 }
                : .make(UInt16.self) { result >> $0 & 1 != 0 ? 0xffff : 0 }
            setVectorRegister(0, mask)
        } else {
            setVectorRegister(0, Vector128(UInt64(result)))
        }
        var flags: UInt64 = result == 0 ? 0 : RFlags.carry
        if strings.bLength < count { flags |= RFlags.zero }
        if strings.aLength < count { flags |= RFlags.sign }
        if result & 1 != 0 { flags |= RFlags.overflow }
        state.pointee.statusFlags = flags
    }
}

/// Two strings of elements, of which the first ones count.
private struct StringComparison {
    let a: [Int]
    let b: [Int]
    let aLength: Int
    let bLength: Int

    /// A bit for each element of the second string, by one of the four ways to compare.
    func matches(_ aggregation: UInt8) -> Int {
        (0..<b.count).reduce(0) { $0 | (matches(aggregation, $1) ? 1 << $1 : 0) }
    }

    private func matches(_ aggregation: UInt8, _ place: Int) -> Bool {
        switch aggregation {
        // Equal to any element of the first string.
        case 0: place < bLength && (0..<aLength).contains { a[$0] == b[place] }
        // In one of the ranges that pairs of the first string give.
        case 1:
            place < bLength
                && stride(from: 0, to: aLength - 1, by: 2).contains { a[$0] <= b[place] && b[place] <= a[$0 + 1] }
        // Equal at the same place; ends are equal to each other.
        case 2: place < aLength && place < bLength ? a[place] == b[place] : place >= aLength && place >= bLength
        // The first string begins here.
        default:
            (0..<min(aLength, b.count - place)).allSatisfy { place + $0 < bLength && a[$0] == b[place + $0] }
        }
    }
}

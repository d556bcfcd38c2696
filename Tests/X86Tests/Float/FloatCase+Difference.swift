// What is unlike in two results of an x87 instruction.

@testable import X86

extension FloatCase {
    /// The largest accepted difference of an elementary function's significand.
    private static let tolerance: UInt64 = 1

    func difference(_ own: [UInt64], _ host: [UInt64]) -> String? {
        var parts: [String] = []
        let hostVector: UInt64 = host[66] == 8 ? Fault.float : host[66] == 4 ? Fault.invalidOpcode : .max
        if own[66] != hostVector { parts.append("vector \(own[66]), host's signal \(host[66])") }
        if host[66] == 0 && own[66] == .max { parts += stateDifferences(own, host) }
        if parts.isEmpty { return nil }
        let text = code.map { hex(UInt64($0)) }.joined(separator: " ")
        return "\(instruction.operation) [\(text)] \(instruction.a.kind)\(instruction.a.width)"
            + " was \(description(image, data)): \(parts.joined(separator: "; "))"
    }

    private func stateDifferences(_ own: [UInt64], _ host: [UInt64]) -> [String] {
        var parts: [String] = []
        let isInaccurate = Self.inaccurate.contains(instruction.operation)
        let ignored: UInt64 = isInaccurate ? 0x200 : 0
        let (control, status) = (own[0] & 0xffff, own[0] >> 16 & 0xffff)
        if control != host[0] & 0xffff { parts.append("cw \(hex(control)), host \(hex(host[0] & 0xffff))") }
        if (status ^ host[0] >> 16) & 0xffff & ~ignored != 0 {
            parts.append("sw \(hex(status)), host \(hex(host[0] >> 16 & 0xffff))")
        }
        let (tags, hostTags) = (own[0] >> 32 & 0xff, host[0] >> 32 & 0xff)
        if tags != hostTags { parts.append("tags \(hex(tags)), host \(hex(hostTags))") }
        for number in 0..<8 {
            let (a, b) = (value(own, number), value(host, number))
            if a != b && !(isInaccurate && isNear(a, b)) {
                parts.append("st\(number) \(text(a)), host \(text(b))")
            }
        }
        for number in 20..<64 where own[number] != host[number] { parts.append("image word \(number)") }
        if (own[3] ^ host[3]) & 0xffff_ffff != 0 { parts.append("mxcsr") }
        if own[64] != host[64] { parts.append("rax \(hex(own[64])), host \(hex(host[64]))") }
        if (own[65] ^ host[65]) & RFlags.status != 0 {
            parts.append("flags \(hex(own[65])), host \(hex(host[65]))")
        }
        for number in 67..<83 where ((own[number] ^ host[number]) & mask(ofData: number - 67)) != 0 {
            parts.append("data \(number - 67) \(hex(own[number])), host \(hex(host[number]))")
        }
        return parts
    }

    /// What processors save of the last instruction is their own affair.
    private func mask(ofData word: Int) -> UInt64 {
        guard instruction.operation == .fnstenv || instruction.operation == .fnsave else { return .max }
        switch word {
        case 0: return .max
        case 1: return 0xffff_ffff
        case 2: return 0
        case 3: return 0xffff_ffff_0000_0000
        default: return .max
        }
    }

    private func value(_ words: [UInt64], _ number: Int) -> Extended80 {
        let high = UInt16(truncatingIfNeeded: words[5 + number * 2])
        return Extended80(significand: words[4 + number * 2], signExponent: high)
    }

    private func isNear(_ a: Extended80, _ b: Extended80) -> Bool {
        if a.signExponent != b.signExponent {
            // Neighbours over a power of two.
            let (small, large) = a.exponent < b.exponent ? (a, b) : (b, a)
            return a.isNegative == b.isNegative && large.exponent == small.exponent + 1
                && small.significand == .max && large.significand == 1 << 63
        }
        let distance = a.significand > b.significand
            ? a.significand - b.significand : b.significand - a.significand
        return distance <= Self.tolerance
    }

    private func description(_ image: [UInt64], _ data: [UInt64]) -> String {
        let words = "cw \(hex(image[0] & 0xffff)) sw \(hex(image[0] >> 16 & 0xffff)) tags \(hex(image[0] >> 32))"
        return words + (0..<3).map { " st\($0) \(text(value(image, $0)))" }.joined()
            + " m \(hex(data[0])) \(hex(data[1] & 0xffff))"
    }

    private func text(_ value: Extended80) -> String {
        "\(hex(UInt64(value.signExponent))):\(hex(value.significand))"
    }
    private func hex(_ value: UInt64) -> String { String(value, radix: 16) }
}

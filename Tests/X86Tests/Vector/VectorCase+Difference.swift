// What is unlike in two results of an MMX or SSE instruction.

@testable import X86

extension VectorCase {
    private typealias Word = HostVectorHarness.Word

    /// Their results are not the same on all processors: exact to 12 bits (Intel SDM volume 2, RCPPS).
    static let approximations: Set<X86.Operation> = [.rcpps, .rcpss, .rsqrtps, .rsqrtss]

    func difference(_ own: [UInt64], _ host: [UInt64]) -> String? {
        var parts: [String] = []
        if own[Word.exception] != host[Word.exception] {
            parts.append("exception \(own[Word.exception]), host's \(host[Word.exception])")
        }
        for word in 0..<Word.flags where own[word] != host[word] && !isSimilar(word, own[word], host[word]) {
            parts.append("\(name(word)) \(hex(own[word])), host \(hex(host[word])), was \(hex(words[word]))")
        }
        if (own[Word.flags] ^ host[Word.flags]) & RFlags.status != 0 {
            parts.append("flags \(hex(own[Word.flags])), host \(hex(host[Word.flags]))")
        }
        for index in 0..<HostVectorHarness.dataWords {
            let (a, b) = (own[Word.dataAfter + index], host[Word.dataAfter + index])
            if a != b { parts.append("data \(index) \(hex(a)), host \(hex(b)), was \(hex(words[Word.data + index]))") }
        }
        if parts.isEmpty { return nil }
        let text = code.map { hex(UInt64($0)) }.joined(separator: " ")
        return "\(instruction.operation) [\(text)] \(operands): \(parts.joined(separator: "; "))"
    }

    private func isSimilar(_ word: Int, _ own: UInt64, _ host: UInt64) -> Bool {
        let isVector = (Word.vectors..<Word.general).contains(word)
        guard isVector, Self.approximations.contains(instruction.operation) else { return false }
        return isSimilar(UInt32(truncatingIfNeeded: own), UInt32(truncatingIfNeeded: host))
            && isSimilar(UInt32(own >> 32), UInt32(host >> 32))
    }

    /// Each of the two may differ from the right result by 1.5 / 4096 of it, and where that may be a denormal number,
    /// it may be zero.
    private func isSimilar(_ own: UInt32, _ host: UInt32) -> Bool {
        let (x, y) = (Double(Float(bitPattern: own)), Double(Float(bitPattern: host)))
        guard own != host else { return true }
        guard x.isFinite, y.isFinite, x.sign == y.sign else { return false }
        let smallest = Double(Float.leastNormalMagnitude)
        if x == 0 || y == 0 { return max(x.magnitude, y.magnitude) <= smallest * (1 + 3 / 4096) }
        return (x - y).magnitude <= x.magnitude * 3 / 4096
    }

    private func name(_ word: Int) -> String {
        switch word {
        case Word.float: "x87"
        case Word.control: "mxcsr"
        case ..<Word.vectors: "st\((word - Word.stack) / 2).\(word & 1)"
        case ..<Word.general: "xmm\((word - Word.vectors) / 2).\(word & 1)"
        default: "r\(word - Word.general)"
        }
    }

    private var operands: String {
        let texts = [instruction.a, instruction.b].map { operand -> String in
            switch operand.kind {
            case .vector:
                let place = Word.vectors + Int(operand.number) * 2
                return "\(hex(words[place + 1])):\(hex(words[place]))"
            case .mmx: return hex(words[Word.stack + Int(operand.number) * 2])
            case .register: return hex(words[Word.general + Int(operand.number)])
            case .memory: return "m"
            default: return "-"
            }
        }
        return "was \(texts.joined(separator: ", ")) mxcsr \(hex(words[Word.control]))"
    }

    private func hex(_ value: UInt64) -> String { String(value, radix: 16) }
}

// All encodings of MMX and SSE instructions, found by asking the decoder.

@testable import X86

/// An encoding without its registers, address and immediate value.
struct VectorForm: CustomStringConvertible {
    /// The prefix that chooses the operation, or 0.
    let prefix: UInt8
    /// 0F, and 38 or 3A behind it.
    let escape: [UInt8]
    let opcode: UInt8
    let isMemory: Bool
    /// The register field where it chooses the operation too.
    let field: UInt8?
    let operation: X86.Operation

    var description: String {
        let bytes = (prefix == 0 ? [] : [prefix]) + escape + [opcode]
        return "\(operation) \(bytes.map { String($0, radix: 16) }.joined(separator: " ")) \(isMemory ? "m" : "r")"
    }

    /// Encodings that share prefix and map.
    struct Group: CustomStringConvertible, Sendable {
        let prefix: UInt8
        let escape: [UInt8]
        var description: String { ([prefix] + escape).map { String($0, radix: 16) }.joined(separator: " ") }

        /// In the other maps no operation has F3 or F2.
        static let all = [0, 0x66, 0xf3, 0xf2].map { Group(prefix: $0, escape: [0x0f]) }
            + [[0x0f, 0x38], [0x0f, 0x3a]].flatMap { escape in
                [0, 0x66].map { Group(prefix: $0, escape: escape) }
            }

        /// Its operations on floating-point numbers.
        var floatForms: [VectorForm] {
            forms.filter { VectorValues.kind(of: $0.operation) != .integers || $0.operation.name.hasPrefix("cvt") }
        }

        var forms: [VectorForm] {
            (0..<256).flatMap { opcode in
                [false, true].flatMap { VectorForm.forms(self, UInt8(opcode), isMemory: $0) }
            }
        }
    }

    /// The encodings with this opcode: one, or one for each register field with an operation of its own.
    private static func forms(_ group: Group, _ opcode: UInt8, isMemory: Bool) -> [VectorForm] {
        let all = (0..<8 as Range<UInt8>).compactMap { field -> VectorForm? in
            let modRM = (isMemory ? 0x46 : 0xc0) | field << 3
            let bytes = (group.prefix == 0 ? [] : [group.prefix]) + group.escape + [opcode, modRM]
            guard let found = decode(bytes), found.isVector else { return nil }
            return VectorForm(
                prefix: group.prefix, escape: group.escape, opcode: opcode, isMemory: isMemory, field: field,
                operation: found.operation)
        }
        guard let first = all.first, all.count == 8, all.allSatisfy({ $0.operation == first.operation }) else {
            return all
        }
        return [
            VectorForm(
                prefix: first.prefix, escape: first.escape, opcode: opcode, isMemory: isMemory, field: nil,
                operation: first.operation)
        ]
    }

    static func decode(_ bytes: [UInt8]) -> Instruction? {
        let padded = bytes + [UInt8](repeating: 0, count: 15 - bytes.count)
        return padded.withUnsafeBytes { try? Decoder.decode($0, .bits64) }
    }

    /// An instruction of this form, its memory operand at RSI, its registers the first two.
    var sample: [UInt8] {
        let modRM: UInt8 = (isMemory ? 0x06 : 0xc1) | (field ?? 0) << 3
        return (prefix == 0 ? [] : [prefix]) + escape + [opcode, modRM, 0]
    }

    /// A complete instruction; memory operands are at RSI or R14.
    func bytes(_ random: inout SplitMix, immediate: UInt8) -> [UInt8] {
        var bytes = prefix == 0 ? [] : [prefix]
        if random.oneIn(2) { bytes.append(0x40 + UInt8(random.below(16))) }
        bytes += escape + [opcode]
        let field = field ?? UInt8(random.below(8))
        if isMemory {
            let distance = random.oneIn(4) ? random.below(33) - 16 : random.below(3) * 16 - 16
            bytes += [0x46 | field << 3, UInt8(truncatingIfNeeded: distance)]
        } else {
            bytes.append(0xc0 | field << 3 | UInt8(random.below(8)))
        }
        bytes.append(immediate)
        return bytes
    }
}

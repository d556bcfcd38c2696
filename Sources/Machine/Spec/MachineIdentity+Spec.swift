// The part `identity:` of `machine.yaml`.
import PC
import Yams

extension MachineIdentity {
    private static let texts: [(key: String, path: WritableKeyPath<MachineIdentity, String> & Sendable)] = [
        ("manufacturer", \.manufacturer), ("product", \.product), ("version", \.version), ("serial", \.serial),
        ("sku", \.sku), ("family", \.family),
    ]

    /// The entries of `identity:` in the order in which they are written.
    var entries: [(key: String, value: String)] {
        let words = Self.texts.map { (key: $0.key, value: self[keyPath: $0.path]) }
        return words + [(key: "uuid", value: uuidText)]
    }

    /// Takes over the keys that are there; the others keep their defaults.
    init(_ node: Node, _ reader: SpecReader) throws(MachineSpecError) {
        self.init()
        let mapping = try SpecMapping(node, of: "'identity'", known: Self.texts.map(\.key) + ["uuid"], reader)
        for (key, path) in Self.texts {
            guard let node = mapping[key] else { continue }
            self[keyPath: path] = try reader.text(node, key)
            if let problem { throw reader.error(at: node, problem) }
        }
        guard let node = mapping["uuid"] else { return }
        let text = try reader.text(node, "uuid")
        guard let bytes = Self.uuid(text) else {
            throw reader.error(
                at: node, "a UUID is 32 hexadecimal digits, such as 53746172-6c69-4e67-8178-38362d363401")
        }
        uuid = bytes
    }

    /// The UUID as RFC 4122 writes it (section 3).
    private var uuidText: String {
        let digits = uuid.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }
        let groups = [0..<4, 4..<6, 6..<8, 8..<10, 10..<16]
        return groups.map { digits[$0].joined() }.joined(separator: "-")
    }

    private static func uuid(_ text: String) -> [UInt8]? {
        let groups = text.split(separator: "-", omittingEmptySubsequences: false)
        guard groups.map(\.utf8.count) == [8, 4, 4, 4, 12] else { return nil }
        let digits = groups.joined().compactMap(\.hexDigitValue).map(UInt8.init)
        guard digits.count == 32 else { return nil }
        return stride(from: 0, to: 32, by: 2).map { digits[$0] << 4 | digits[$0 + 1] }
    }
}

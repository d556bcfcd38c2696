// A YAML mapping whose keys are all known.
import Yams

/// The entries of one mapping by key.
struct SpecMapping {
    let reader: SpecReader
    let node: Node
    private var values: [String: Node] = [:]
    private var keys: [String: Node] = [:]

    /// - Throws: `MachineSpecError` when `node` is no mapping or has a key that is not in `known`.
    init(_ node: Node, of what: String, known: [String], _ reader: SpecReader) throws(MachineSpecError) {
        self.reader = reader
        self.node = node
        guard case .mapping(let mapping) = node else {
            throw reader.error(at: node, "\(what) must be a mapping (key: value)")
        }
        for (key, value) in mapping {
            guard case .scalar(let scalar) = key else {
                throw reader.error(at: key, "a key of \(what) must be a word")
            }
            guard known.contains(scalar.string) else {
                let hint = NearestName.hint(for: scalar.string, among: known)
                throw reader.error(at: key, "unknown key '\(SpecText.shown(scalar.string))' in \(what); \(hint)")
            }
            guard keys[scalar.string] == nil else {
                throw reader.error(at: key, "'\(scalar.string)' occurs twice: remove one")
            }
            keys[scalar.string] = key
            values[scalar.string] = value
        }
    }

    subscript(key: String) -> Node? { values[key] }

    /// Where the key stands.
    func place(of key: String) -> Node { keys[key] ?? node }

    /// The first of `keys` that is present.
    func firstPresent(of keys: [String]) -> String? { keys.first { values[$0] != nil } }
}

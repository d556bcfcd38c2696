// The tree that Codable's containers fill in while a value encodes itself.

/// One value that is being encoded.
///
/// A class, because Codable hands out containers that are filled in later (nested containers, super
/// encoders) and must still land in their parent.
final class EncodingNode {
    enum Content {
        /// Nothing was encoded; a type without fields encodes nothing.
        case unset
        case value(StateValue)
        case array([EncodingNode])
        case map([String: EncodingNode])
    }

    private(set) var content = Content.unset
    let codingPath: [any CodingKey]
    /// How many containers are around this value.
    let depth: Int
    let limits: StateCodecLimits
    /// Codable asks for containers in functions that can not throw; what went wrong there waits here.
    private var failure: StateCodecError?

    init(limits: StateCodecLimits) {
        codingPath = []
        depth = 0
        self.limits = limits
    }

    private init(parent: EncodingNode, key: any CodingKey) {
        codingPath = parent.codingPath + [key]
        depth = parent.depth + 1
        limits = parent.limits
        if depth > limits.maximumDepth {
            failure = .limitExceeded(what: "the nesting of encoded values", limit: limits.maximumDepth)
        }
    }

    var path: String { codingPath.statePath }

    /// How many elements the array has so far.
    var elementCount: Int {
        guard case .array(let elements) = content else { return 0 }
        return elements.count
    }

    /// Makes this a map, unless it already is one: a class and its superclass may share a container.
    func becomeMap() {
        switch content {
        case .map: break
        case .unset: content = .map([:])
        default: noteMixedContainers()
        }
    }

    func becomeArray() {
        switch content {
        case .array: break
        case .unset: content = .array([])
        default: noteMixedContainers()
        }
    }

    func set(_ value: StateValue) {
        guard case .unset = content else { return noteMixedContainers() }
        content = .value(value)
    }

    /// A new field; a second value for the same name replaces the first.
    func child(_ key: any CodingKey) -> EncodingNode {
        let node = EncodingNode(parent: self, key: key)
        guard case .map(var fields) = content else {
            noteMixedContainers()
            return node
        }
        content = .unset
        fields[key.stringValue] = node
        content = .map(fields)
        return node
    }

    /// A new element at the end.
    func appendChild() -> EncodingNode {
        let node = EncodingNode(parent: self, key: StateIndexKey(elementCount))
        guard case .array(var elements) = content else {
            noteMixedContainers()
            return node
        }
        content = .unset
        elements.append(node)
        content = .array(elements)
        return node
    }

    private func noteMixedContainers() {
        failure = .unencodable(path: path, why: "it asked for two containers of different kinds")
    }

    /// Lets `value` encode itself into this node.
    func encode(_ value: some Encodable) throws {
        if let failure { throw failure }
        if let primitive = value as? any StatePrimitive {
            set(primitive.stateValue)
        } else {
            try value.encode(to: NodeEncoder(node: self))
            if let collection = value as? any StateUnorderedCollection {
                try sortElements(inGroupsOf: type(of: collection).valuesPerElement)
            }
        }
        if let failure { throw failure }
    }

    /// What was encoded.
    func finish() throws(StateCodecError) -> StateValue {
        if let failure { throw failure }
        switch content {
        case .unset:
            return .map(StateMap(names: [], values: []))
        case .value(let value):
            return value
        case .array(let elements):
            return .array(StateArray(try elements.map { node throws(StateCodecError) in try node.finish() }))
        case .map(let fields):
            let sorted = fields.sorted { StateMap.precedes($0.key, $1.key) }
            let values = try sorted.map { field throws(StateCodecError) in try field.value.finish() }
            return .map(StateMap(names: sorted.map(\.key), values: values))
        }
    }

    /// Puts what a hash table encoded in the table's order, which differs between runs, into the order
    /// of the encoded bytes.
    private func sortElements(inGroupsOf size: Int) throws(StateCodecError) {
        guard case .array(let elements) = content else { return }
        var keyed: [(bytes: [UInt8], nodes: ArraySlice<EncodingNode>)] = []
        for start in stride(from: 0, to: elements.count - elements.count % size, by: size) {
            var writer = StateWriter(limits: limits)
            try writer.write(try elements[start].finish())
            keyed.append((writer.output, elements[start..<(start + size)]))
        }
        keyed.sort { $0.bytes.lexicographicallyPrecedes($1.bytes) }
        content = .array(keyed.flatMap(\.nodes))
    }
}

/// A collection that encodes its elements in the order of its hash table.
private protocol StateUnorderedCollection {
    /// How many encoded values belong together; the first of them is unique.
    static var valuesPerElement: Int { get }
}

extension Set: StateUnorderedCollection {
    static var valuesPerElement: Int { 1 }
}

/// Dictionaries whose keys are not strings or integers are encoded as an array of keys and values. The
/// others are encoded as fields, which are sorted anyway.
extension Dictionary: StateUnorderedCollection {
    static var valuesPerElement: Int { 2 }
}

/// The position of an array's element, as a part of a path.
struct StateIndexKey: CodingKey {
    let intValue: Int?
    let stringValue: String

    init(_ index: Int) {
        intValue = index
        stringValue = String(index)
    }

    init?(intValue: Int) {
        self.init(intValue)
    }

    init?(stringValue: String) {
        guard let index = Int(stringValue) else { return nil }
        self.init(index)
    }
}

/// The field that holds a superclass, unless the type names another.
enum StateSuperKey: String, CodingKey {
    case `super`
}

extension [any CodingKey] {
    /// The path for error messages: `uart.fifo.3`.
    var statePath: String {
        isEmpty ? "the value" : map(\.stringValue).joined(separator: ".")
    }
}

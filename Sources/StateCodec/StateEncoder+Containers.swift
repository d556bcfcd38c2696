// The containers that StateEncoder hands to a type's encode(to:).

// The generic `encode` of each container is also the witness for the overloads that Codable requires
// for each integer, for Bool and for String.

struct NodeKeyedEncodingContainer<Key: CodingKey>: KeyedEncodingContainerProtocol {
    private let node: EncodingNode

    init(node: EncodingNode) {
        self.node = node
        node.becomeMap()
    }

    var codingPath: [any CodingKey] { node.codingPath }

    func encodeNil(forKey key: Key) {
        node.child(key).set(.null)
    }

    func encode(_ value: some Encodable, forKey key: Key) throws {
        try node.child(key).encode(value)
    }

    func nestedContainer<NestedKey: CodingKey>(
        keyedBy keyType: NestedKey.Type, forKey key: Key
    ) -> KeyedEncodingContainer<NestedKey> {
        KeyedEncodingContainer(NodeKeyedEncodingContainer<NestedKey>(node: node.child(key)))
    }

    func nestedUnkeyedContainer(forKey key: Key) -> any UnkeyedEncodingContainer {
        NodeUnkeyedEncodingContainer(node: node.child(key))
    }

    func superEncoder() -> any Encoder {
        NodeEncoder(node: node.child(StateSuperKey.super))
    }

    func superEncoder(forKey key: Key) -> any Encoder {
        NodeEncoder(node: node.child(key))
    }
}

struct NodeUnkeyedEncodingContainer: UnkeyedEncodingContainer {
    private let node: EncodingNode

    init(node: EncodingNode) {
        self.node = node
        node.becomeArray()
    }

    var codingPath: [any CodingKey] { node.codingPath }
    var count: Int { node.elementCount }

    func encodeNil() {
        node.appendChild().set(.null)
    }

    func encode(_ value: some Encodable) throws {
        try node.appendChild().encode(value)
    }

    func nestedContainer<NestedKey: CodingKey>(
        keyedBy keyType: NestedKey.Type
    ) -> KeyedEncodingContainer<NestedKey> {
        KeyedEncodingContainer(NodeKeyedEncodingContainer<NestedKey>(node: node.appendChild()))
    }

    func nestedUnkeyedContainer() -> any UnkeyedEncodingContainer {
        NodeUnkeyedEncodingContainer(node: node.appendChild())
    }

    func superEncoder() -> any Encoder {
        NodeEncoder(node: node.appendChild())
    }
}

struct NodeSingleValueEncodingContainer: SingleValueEncodingContainer {
    let node: EncodingNode

    var codingPath: [any CodingKey] { node.codingPath }

    func encodeNil() {
        node.set(.null)
    }

    func encode(_ value: some Encodable) throws {
        try node.encode(value)
    }
}

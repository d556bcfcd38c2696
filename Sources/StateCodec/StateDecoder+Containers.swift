// The containers that StateDecoder hands to a type's init(from:).

// The generic `decode` of each container is also the witness for the overloads that Codable requires
// for each integer, for Bool and for String.

struct ValueKeyedDecodingContainer<Key: CodingKey>: KeyedDecodingContainerProtocol {
    private let map: StateMap
    let codingPath: [any CodingKey]

    init(map: StateMap, codingPath: [any CodingKey]) {
        self.map = map
        self.codingPath = codingPath
    }

    var allKeys: [Key] { map.names.compactMap { Key(stringValue: $0) } }

    func contains(_ key: Key) -> Bool {
        map.peek(key.stringValue) != nil
    }

    func decodeNil(forKey key: Key) throws -> Bool {
        try decoder(key).isNil
    }

    func decode<Value: Decodable>(_ type: Value.Type, forKey key: Key) throws -> Value {
        try decoder(key).decode(type)
    }

    func nestedContainer<NestedKey: CodingKey>(
        keyedBy type: NestedKey.Type, forKey key: Key
    ) throws -> KeyedDecodingContainer<NestedKey> {
        try decoder(key).container(keyedBy: type)
    }

    func nestedUnkeyedContainer(forKey key: Key) throws -> any UnkeyedDecodingContainer {
        try decoder(key).unkeyedContainer()
    }

    func superDecoder() throws -> any Decoder {
        try decoder(StateSuperKey.super)
    }

    func superDecoder(forKey key: Key) throws -> any Decoder {
        try decoder(key)
    }

    private func decoder(_ key: any CodingKey) throws -> ValueDecoder {
        guard let value = map.consume(key.stringValue) else {
            let why = "it has no field \"\(key.stringValue)\""
            throw StateCodecError.mismatch(path: codingPath.statePath, why: why)
        }
        return ValueDecoder(value: value, codingPath: codingPath + [key])
    }
}

struct ValueUnkeyedDecodingContainer: UnkeyedDecodingContainer {
    private let array: StateArray
    let codingPath: [any CodingKey]
    private(set) var currentIndex = 0

    init(array: StateArray, codingPath: [any CodingKey]) {
        self.array = array
        self.codingPath = codingPath
    }

    var count: Int? { array.elements.count }
    var isAtEnd: Bool { currentIndex >= array.elements.count }

    mutating func decodeNil() throws -> Bool {
        let isNil = try current().isNil
        if isNil { currentIndex += 1 }
        return isNil
    }

    mutating func decode<Value: Decodable>(_ type: Value.Type) throws -> Value {
        // Only a success moves on, as Codable says: a type may try one thing and then another.
        let value = try current().decode(type)
        currentIndex += 1
        return value
    }

    mutating func nestedContainer<NestedKey: CodingKey>(
        keyedBy type: NestedKey.Type
    ) throws -> KeyedDecodingContainer<NestedKey> {
        let container = try current().container(keyedBy: type)
        currentIndex += 1
        return container
    }

    mutating func nestedUnkeyedContainer() throws -> any UnkeyedDecodingContainer {
        let container = try current().unkeyedContainer()
        currentIndex += 1
        return container
    }

    mutating func superDecoder() throws -> any Decoder {
        let decoder = try current()
        currentIndex += 1
        return decoder
    }

    private func current() throws -> ValueDecoder {
        guard let value = array.consume(currentIndex) else {
            let why = "it has only \(array.elements.count) elements"
            throw StateCodecError.mismatch(path: codingPath.statePath, why: why)
        }
        let key = StateIndexKey(currentIndex)
        return ValueDecoder(value: value, codingPath: codingPath + [key])
    }
}

struct ValueSingleValueDecodingContainer: SingleValueDecodingContainer {
    let decoder: ValueDecoder

    var codingPath: [any CodingKey] { decoder.codingPath }

    func decodeNil() -> Bool {
        decoder.isNil
    }

    func decode<Value: Decodable>(_ type: Value.Type) throws -> Value {
        try decoder.decode(type)
    }
}

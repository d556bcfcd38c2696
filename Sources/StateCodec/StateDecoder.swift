// Decodes what StateEncoder made, from bytes that may be anything.

/// Decodes `Decodable` values inside limits, and never traps.
public struct StateDecoder {
    /// What to do with fields and elements that the decoded type did not look at.
    public enum UnknownFields: Sendable {
        /// Refuse them: they are state of a machine that would be lost without a word.
        case refuse
        /// Drop them; for tools that read only a part of a state.
        case ignore
    }

    private let limits: StateCodecLimits
    private let unknownFields: UnknownFields

    public init(limits: StateCodecLimits = StateCodecLimits(), unknownFields: UnknownFields = .refuse) {
        self.limits = limits
        self.unknownFields = unknownFields
    }

    /// The value that `bytes` are the encoded form of.
    ///
    /// - Throws: `truncated`, `malformed` or `limitExceeded` for bytes that are no encoded value,
    ///   `mismatch` for a value that is not a `Value`.
    public func decode<Value: Decodable>(
        _ type: Value.Type, from bytes: [UInt8]
    ) throws(StateCodecError) -> Value {
        let root = try StateReader.read(bytes, limits: limits)
        let value: Value
        do {
            value = try ValueDecoder(value: root, codingPath: []).decode(type)
        } catch {
            throw Self.stateError(error)
        }
        if unknownFields == .refuse, let path = Self.firstLost(in: root) {
            throw .mismatch(path: path.joined(separator: "."), why: "this build does not know it")
        }
        return value
    }

    /// The path of the first field or element that nobody looked at.
    private static func firstLost(in value: StateValue) -> [String]? {
        switch value {
        case .array(let array):
            for (index, element) in array.elements.enumerated() {
                guard index < array.consumedCount else { return [String(index)] }
                if let path = firstLost(in: element) { return [String(index)] + path }
            }
        case .map(let map):
            for (index, name) in map.names.enumerated() {
                guard map.isConsumed[index] else { return [name] }
                if let path = firstLost(in: map.values[index]) { return [name] + path }
            }
        default: break
        }
        return nil
    }

    private static func stateError(_ error: any Error) -> StateCodecError {
        switch error {
        case let error as StateCodecError: error
        case DecodingError.dataCorrupted(let context), DecodingError.typeMismatch(_, let context),
            DecodingError.valueNotFound(_, let context), DecodingError.keyNotFound(_, let context):
            .mismatch(path: context.codingPath.statePath, why: context.debugDescription)
        default: .mismatch(path: "the value", why: "\(error)")
        }
    }
}

/// What a type's `init(from:)` sees.
struct ValueDecoder: Decoder {
    let value: StateValue
    let codingPath: [any CodingKey]

    var userInfo: [CodingUserInfoKey: Any] { [:] }

    func container<Key: CodingKey>(keyedBy type: Key.Type) throws -> KeyedDecodingContainer<Key> {
        guard case .map(let map) = value else { throw mismatch("fields are expected") }
        return KeyedDecodingContainer(ValueKeyedDecodingContainer<Key>(map: map, codingPath: codingPath))
    }

    func unkeyedContainer() throws -> any UnkeyedDecodingContainer {
        guard case .array(let array) = value else { throw mismatch("an array is expected") }
        return ValueUnkeyedDecodingContainer(array: array, codingPath: codingPath)
    }

    func singleValueContainer() -> any SingleValueDecodingContainer {
        ValueSingleValueDecodingContainer(decoder: self)
    }

    func decode<Value: Decodable>(_ type: Value.Type) throws -> Value {
        guard let primitive = type as? any StatePrimitive.Type else { return try type.init(from: self) }
        guard let decoded = primitive.init(stateValue: value) as? Value else {
            throw mismatch("a value of type \(type) is expected")
        }
        return decoded
    }

    var isNil: Bool {
        if case .null = value { true } else { false }
    }

    private func mismatch(_ expected: String) -> StateCodecError {
        .mismatch(path: codingPath.statePath, why: "\(expected), it holds \(value.kind)")
    }
}

// Encodes Codable values as compact, deterministic bytes.

/// Encodes `Encodable` values: equal values give equal bytes, in every process and on every host.
///
/// Fields keep their names, so that a type can gain optional fields. Fields, sets and dictionaries are
/// sorted by their encoded bytes (texts by their UTF-8 bytes). `[UInt8]` and `[UInt64]` are stored as
/// plain strings of bytes and words; integers of all widths share one form, so that a field can become
/// wider. Floating-point values keep their bits.
///
/// What Codable itself can not tell apart stays that way: an optional of an optional that holds `nil`
/// comes back as `nil`. `Int128` and `UInt128` are refused. A type with an `encode(to:)` of its own must
/// hand sets, dictionaries and `[UInt8]` to a container, not call their `encode(to:)`: only the container
/// sees what they are.
public struct StateEncoder {
    private let limits: StateCodecLimits

    /// - Parameter limits: the same as the decoder's, so that nothing unreadable is written.
    public init(limits: StateCodecLimits = StateCodecLimits()) {
        self.limits = limits
    }

    /// The encoded form of `value`.
    ///
    /// - Throws: `unencodable` for a value that Codable or its type refuses to encode, `limitExceeded`.
    public func encode(_ value: some Encodable) throws(StateCodecError) -> [UInt8] {
        let root = EncodingNode(limits: limits)
        do {
            try root.encode(value)
        } catch {
            throw Self.stateError(error)
        }
        var writer = StateWriter(limits: limits)
        try writer.write(try root.finish())
        return writer.output
    }

    private static func stateError(_ error: any Error) -> StateCodecError {
        switch error {
        case let error as StateCodecError:
            error
        case EncodingError.invalidValue(_, let context):
            .unencodable(path: context.codingPath.statePath, why: context.debugDescription)
        default:
            .unencodable(path: "the value", why: "\(error)")
        }
    }
}

/// What a type's `encode(to:)` sees.
struct NodeEncoder: Encoder {
    let node: EncodingNode

    var codingPath: [any CodingKey] { node.codingPath }
    var userInfo: [CodingUserInfoKey: Any] { [:] }

    func container<Key: CodingKey>(keyedBy type: Key.Type) -> KeyedEncodingContainer<Key> {
        KeyedEncodingContainer(NodeKeyedEncodingContainer(node: node))
    }

    func unkeyedContainer() -> any UnkeyedEncodingContainer {
        NodeUnkeyedEncodingContainer(node: node)
    }

    func singleValueContainer() -> any SingleValueEncodingContainer {
        NodeSingleValueEncodingContainer(node: node)
    }
}

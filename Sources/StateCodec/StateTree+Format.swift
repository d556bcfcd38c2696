// The bytes of a state tree in a file or on the wire.

// The format, all integers little endian:
//
//     0  8 bytes   "STARSTAT"
//     8  UInt16    version of this format
//    10  UInt16    0
//    12  UInt32    number of nodes
//    16  UInt64    number of bytes, all of it, trailer included
//    24            the nodes, ascending by path, for each:
//                  UInt16 path length, UInt16 version, UInt32 payload length, path, payload
//    end-8 UInt64  XXH3-64 of everything before
//
// The number of bytes tells a truncated file from a damaged one.

extension StateTree {
    /// The version of the format that `encoded` writes.
    public static let formatVersion: UInt16 = 1

    private static let magic = Array("STARSTAT".utf8)
    private static let headerByteCount = 24
    private static let nodeHeaderByteCount = 8
    private static let trailerByteCount = 8

    /// How many bytes `encoded` gives.
    var byteCount: Int {
        nodes.reduce(Self.headerByteCount + Self.trailerByteCount) { $0 + Self.byteCount(of: $1) }
    }

    /// How many of them are for one node.
    static func byteCount(of node: StateNode) -> Int {
        nodeHeaderByteCount + node.path.utf8.count + node.payload.count
    }

    /// The tree as bytes; the same tree always gives the same bytes.
    public func encoded() -> [UInt8] {
        var output: [UInt8] = []
        output.reserveCapacity(byteCount)
        output.append(contentsOf: Self.magic)
        Self.append(Self.formatVersion, to: &output)
        Self.append(UInt16(0), to: &output)
        Self.append(UInt32(truncatingIfNeeded: nodes.count), to: &output)
        Self.append(UInt64(byteCount), to: &output)
        for node in nodes {
            Self.append(UInt16(truncatingIfNeeded: node.path.utf8.count), to: &output)
            Self.append(node.version, to: &output)
            Self.append(UInt32(truncatingIfNeeded: node.payload.count), to: &output)
            output.append(contentsOf: node.path.utf8)
            output.append(contentsOf: node.payload)
        }
        Self.append(StateHasher.checksum(output[...]), to: &output)
        return output
    }

    /// Reads a tree that `encoded` made.
    ///
    /// - Parameters:
    ///   - bytes: anything; every size in it is checked.
    ///   - limits: `maximumBytes` bounds the whole tree.
    /// - Throws: `badMagic`, `unsupportedVersion`, `truncated`, `checksumMismatch`, `malformed`,
    ///   `invalidPath`, `limitExceeded`.
    public init(
        decoding bytes: [UInt8], limits: StateCodecLimits = StateCodecLimits()
    ) throws(StateCodecError) {
        let end = try Self.checkEnvelope(bytes, limits: limits)
        let nodeCount = Self.integer(UInt32.self, in: bytes, at: 12)
        var offset = Self.headerByteCount
        for _ in 0..<nodeCount {
            let start = offset
            let node = try Self.readNode(bytes, offset: &offset, end: end)
            if let last = nodes.last, !StateMap.precedes(last.path, node.path) {
                throw .malformed(offset: start, why: "the node \"\(node.path)\" is out of order")
            }
            nodes.append(node)
        }
        guard offset == end else {
            throw .malformed(offset: offset, why: "\(end - offset) bytes follow the last node")
        }
    }

    /// Checks header, size and checksum; returns where the nodes end.
    private static func checkEnvelope(
        _ bytes: [UInt8], limits: StateCodecLimits
    ) throws(StateCodecError) -> Int {
        guard bytes.starts(with: magic) else { throw .badMagic }
        try require(headerByteCount + trailerByteCount, at: 0, end: bytes.count)
        let version = integer(UInt16.self, in: bytes, at: 8)
        guard version == formatVersion else {
            let supported = formatVersion...formatVersion
            throw .unsupportedVersion(what: "the state tree", found: version, supported: supported)
        }
        guard bytes.count <= limits.maximumBytes else {
            throw .limitExceeded(what: "the state tree, in bytes,", limit: limits.maximumBytes)
        }
        let byteCount = Int(clamping: integer(UInt64.self, in: bytes, at: 16))
        try require(byteCount, at: 0, end: bytes.count)
        guard byteCount == bytes.count else {
            throw .malformed(offset: 16, why: "the tree has \(byteCount) bytes, \(bytes.count) were given")
        }
        let end = byteCount - trailerByteCount
        let stored = integer(UInt64.self, in: bytes, at: end)
        let computed = StateHasher.checksum(bytes[..<end])
        guard stored == computed else { throw .checksumMismatch(stored: stored, computed: computed) }
        guard integer(UInt16.self, in: bytes, at: 10) == 0 else {
            throw .malformed(offset: 10, why: "reserved bytes are not zero")
        }
        return end
    }

    private static func readNode(
        _ bytes: [UInt8], offset: inout Int, end: Int
    ) throws(StateCodecError) -> StateNode {
        try require(nodeHeaderByteCount, at: offset, end: end)
        let pathByteCount = Int(integer(UInt16.self, in: bytes, at: offset))
        let version = integer(UInt16.self, in: bytes, at: offset + 2)
        let payloadByteCount = Int(integer(UInt32.self, in: bytes, at: offset + 4))
        let pathStart = offset + nodeHeaderByteCount
        try require(pathByteCount + payloadByteCount, at: pathStart, end: end)
        let payloadStart = pathStart + pathByteCount
        guard let path = String(validating: bytes[pathStart..<payloadStart], as: UTF8.self) else {
            throw .malformed(offset: pathStart, why: "a node's path is not UTF-8")
        }
        offset = payloadStart + payloadByteCount
        return try StateNode(path: path, version: version, payload: Array(bytes[payloadStart..<offset]))
    }

    private static func require(_ count: Int, at offset: Int, end: Int) throws(StateCodecError) {
        guard count <= end - offset else {
            throw .truncated(offset: offset, needed: count, available: end - offset)
        }
    }

    private static func append(_ value: some FixedWidthInteger, to output: inout [UInt8]) {
        withUnsafeBytes(of: value.littleEndian) { output.append(contentsOf: $0) }
    }

    /// The caller has checked that the integer is inside `bytes`.
    private static func integer<Integer: FixedWidthInteger & BitwiseCopyable>(
        _ type: Integer.Type, in bytes: [UInt8], at offset: Int
    ) -> Integer {
        bytes.withUnsafeBytes { Integer(littleEndian: $0.loadUnaligned(fromByteOffset: offset, as: type)) }
    }
}

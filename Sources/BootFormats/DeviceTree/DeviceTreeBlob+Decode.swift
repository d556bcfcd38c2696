// Reads a device tree from a blob that may be anything.

extension DeviceTreeBlob {
    /// The tree in a blob of version 17 or a compatible later one.
    ///
    /// - Parameter bytes: anything; bytes behind the blob's own size are ignored, since blobs are often
    ///   padded.
    /// - Throws: `badMagic`, `unsupportedVersion`, `truncated`, `malformed`, `invalidName`, `duplicate`,
    ///   `limitExceeded`.
    public static func decode(
        _ bytes: [UInt8], limits: Limits = Limits()
    ) throws(DeviceTreeError) -> DeviceTreeBlob {
        let header = try DeviceTreeHeader(ByteReader(bytes: bytes), limits: limits)
        var parser = DeviceTreeParser(header: header, limits: limits)
        return DeviceTreeBlob(
            root: try parser.parse(), reservations: try header.readReservations(), bootCPU: header.bootCPU)
    }
}

/// The header of a blob, its blocks checked to be inside.
private struct DeviceTreeHeader {
    let reader: ByteReader
    let bootCPU: UInt32
    let structure: Range<Int>
    let strings: Range<Int>
    private let reservationsOffset: Int
    private let totalSize: Int

    init(_ reader: ByteReader, limits: DeviceTreeBlob.Limits) throws(DeviceTreeError) {
        guard reader.bigEndian(UInt32.self, at: 0) == DeviceTreeFormat.magic else { throw .badMagic }
        var fields: [UInt32] = []
        for index in 0..<(DeviceTreeFormat.headerByteCount / 4) {
            guard let field = reader.bigEndian(UInt32.self, at: index * 4) else {
                throw .truncated(
                    what: "its header", end: DeviceTreeFormat.headerByteCount, size: reader.bytes.count)
            }
            fields.append(field)
        }
        guard fields[5] >= DeviceTreeFormat.version, fields[6] <= DeviceTreeFormat.version else {
            throw .unsupportedVersion(version: fields[5], lastCompatible: fields[6])
        }
        totalSize = Int(fields[1])
        guard totalSize <= limits.maximumBytes else {
            throw .limitExceeded(what: "the device tree blob, in bytes,", limit: limits.maximumBytes)
        }
        guard totalSize <= reader.bytes.count else {
            throw .truncated(what: "the blob", end: totalSize, size: reader.bytes.count)
        }
        structure = try Self.block("the structure block", fields[2], size: fields[9], of: totalSize)
        strings = try Self.block("the strings block", fields[3], size: fields[8], of: totalSize)
        reservationsOffset = Int(fields[4])
        guard structure.lowerBound.isMultiple(of: 4), reservationsOffset.isMultiple(of: 8) else {
            throw .malformed(offset: 8, why: "a block is not aligned")
        }
        bootCPU = fields[7]
        self.reader = reader
    }

    private static func block(
        _ what: String, _ offset: UInt32, size: UInt32, of total: Int
    ) throws(DeviceTreeError) -> Range<Int> {
        let end = Int(offset) + Int(size)
        guard end <= total else { throw .truncated(what: what, end: end, size: total) }
        return Int(offset)..<end
    }

    /// The reservations up to the empty one that ends them.
    func readReservations() throws(DeviceTreeError) -> [DeviceTreeBlob.Reservation] {
        var reservations: [DeviceTreeBlob.Reservation] = []
        var offset = reservationsOffset
        while true {
            guard offset + 16 <= totalSize, let address = reader.bigEndian(UInt64.self, at: offset),
                let size = reader.bigEndian(UInt64.self, at: offset + 8)
            else { throw .truncated(what: "the list of reservations", end: offset + 16, size: totalSize) }
            guard address != 0 || size != 0 else { return reservations }
            reservations.append(DeviceTreeBlob.Reservation(address: address, size: size))
            offset += 16
        }
    }
}

/// Reads the structure block. Every step consumes at least one token, so it ends with the block.
private struct DeviceTreeParser {
    private let header: DeviceTreeHeader
    private let limits: DeviceTreeBlob.Limits
    private var offset: Int

    init(header: DeviceTreeHeader, limits: DeviceTreeBlob.Limits) {
        self.header = header
        self.limits = limits
        offset = header.structure.lowerBound
    }

    mutating func parse() throws(DeviceTreeError) -> DeviceTreeNode {
        guard try readToken() == DeviceTreeFormat.beginNode else {
            throw malformed("the tree does not start with a node")
        }
        let root = try parseNode(path: "", depth: 1)
        guard try readToken() == DeviceTreeFormat.end else {
            throw malformed("something follows the root node")
        }
        guard offset == header.structure.upperBound else { throw malformed("something follows the end") }
        return root
    }

    /// A node behind its begin token; `path` is that of the parent, `depth` counts the node itself.
    private mutating func parseNode(path: String, depth: Int) throws(DeviceTreeError) -> DeviceTreeNode {
        guard depth <= limits.maximumDepth else {
            throw .limitExceeded(what: "the depth of the device tree", limit: limits.maximumDepth)
        }
        let name = try readNodeName(path: path, depth: depth)
        let path = depth == 1 ? "/" : path + (depth == 2 ? "" : "/") + name
        var node = DeviceTreeNode(name)
        var names: Set<String> = []
        var childNames: Set<String> = []
        while true {
            switch try readToken() {
            case DeviceTreeFormat.property:
                guard node.children.isEmpty else { throw malformed("a property follows a child node") }
                let property = try readProperty(path: path)
                guard names.insert(property.name).inserted else {
                    throw .duplicate(property.name, path: path)
                }
                node.properties.append(property)
            case DeviceTreeFormat.beginNode:
                let child = try parseNode(path: path, depth: depth + 1)
                guard childNames.insert(child.name).inserted else { throw .duplicate(child.name, path: path) }
                node.children.append(child)
            case DeviceTreeFormat.endNode:
                return node
            case let token:
                throw malformed("\(token) is no token of a node")
            }
        }
    }

    /// The next token that is not a no-operation.
    private mutating func readToken() throws(DeviceTreeError) -> UInt32 {
        while true {
            let token = try readWord()
            if token != DeviceTreeFormat.nop { return token }
        }
    }

    private mutating func readWord() throws(DeviceTreeError) -> UInt32 {
        let range = try take(4)
        guard let word = header.reader.bigEndian(UInt32.self, at: range.lowerBound) else {
            throw malformed("a token is cut off")
        }
        return word
    }

    /// The next `count` bytes; what follows them is aligned to four bytes.
    private mutating func take(_ count: Int) throws(DeviceTreeError) -> Range<Int> {
        guard count <= header.structure.upperBound - offset else {
            let end = header.structure.upperBound
            throw .truncated(what: "an item of the tree", end: offset + count, size: end)
        }
        let range = offset..<(offset + count)
        offset = min((range.upperBound + 3) & ~3, header.structure.upperBound)
        return range
    }

    private mutating func readNodeName(path: String, depth: Int) throws(DeviceTreeError) -> String {
        let range = offset..<header.structure.upperBound
        let name = try readName(in: range, what: "a node's name")
        _ = try take(name.utf8.count + 1)
        let isRoot = depth == 1
        guard name.isEmpty == isRoot, name.utf8.allSatisfy(Self.isNodeNameByte) else {
            throw .invalidName(name, path: isRoot ? "/" : path)
        }
        return name
    }

    private mutating func readProperty(path: String) throws(DeviceTreeError) -> DeviceTreeProperty {
        let count = Int(try readWord())
        let nameOffset = Int(try readWord())
        guard nameOffset < header.strings.count else {
            throw malformed("a property's name is outside of the strings block")
        }
        let range = (header.strings.lowerBound + nameOffset)..<header.strings.upperBound
        let name = try readName(in: range, what: "a property's name")
        guard !name.isEmpty, name.utf8.allSatisfy(Self.isPropertyNameByte) else {
            throw .invalidName(name, path: path)
        }
        return DeviceTreeProperty(name, .bytes(Array(header.reader.bytes[try take(count)])))
    }

    /// The NUL-terminated text at the start of `range`, without looking further than a name may reach: a
    /// blob in which every property points into one endless text must not cost a scan of it each time.
    private func readName(in range: Range<Int>, what: String) throws(DeviceTreeError) -> String {
        let bytes = header.reader.bytes[range].prefix(DeviceTreeFormat.maximumReadName + 1)
        guard let end = bytes.firstIndex(of: 0) else { throw malformed("\(what) does not end") }
        guard let name = String(validating: bytes[..<end], as: UTF8.self) else {
            throw malformed("\(what) is not text")
        }
        return name
    }

    private static func isPropertyNameByte(_ byte: UInt8) -> Bool {
        DeviceTreeFormat.isNameByte(byte, isProperty: true)
    }

    private static func isNodeNameByte(_ byte: UInt8) -> Bool {
        byte == UInt8(ascii: "@") || DeviceTreeFormat.isNameByte(byte, isProperty: false)
    }

    private func malformed(_ why: String) -> DeviceTreeError {
        .malformed(offset: offset, why: why)
    }
}

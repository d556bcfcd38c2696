// Writes a device tree as a blob.

extension DeviceTreeBlob {
    /// The blob of a tree, in version 17 of the format.
    ///
    /// - Parameters:
    ///   - root: its own name is empty.
    ///   - bootCPU: the physical number of the CPU that boots.
    /// - Throws: `invalidName`, `duplicate`, `limitExceeded`.
    public static func encode(
        _ root: DeviceTreeNode, reservations: [Reservation] = [], bootCPU: UInt32 = 0,
        limits: Limits = Limits()
    ) throws(DeviceTreeError) -> [UInt8] {
        guard root.name.isEmpty else { throw .invalidName(root.name, path: "/") }
        var writer = DeviceTreeWriter(limits: limits)
        try writer.write(root, path: "", depth: 1)
        writer.structure.append(bigEndian: DeviceTreeFormat.end)
        let blob = assemble(writer, reservations: reservations, bootCPU: bootCPU)
        guard blob.count <= limits.maximumBytes else {
            throw .limitExceeded(what: "the device tree blob, in bytes,", limit: limits.maximumBytes)
        }
        return blob
    }

    /// Header, memory reservations, structure, strings, in the order that the specification recommends.
    private static func assemble(
        _ writer: DeviceTreeWriter, reservations: [Reservation], bootCPU: UInt32
    ) -> [UInt8] {
        // The header is a multiple of 8 long, and so is each reservation: all blocks are aligned.
        let reservationsOffset = DeviceTreeFormat.headerByteCount
        let structureOffset = reservationsOffset + (reservations.count + 1) * 16
        let stringsOffset = structureOffset + writer.structure.count
        let header = [
            Int(DeviceTreeFormat.magic), stringsOffset + writer.strings.count, structureOffset, stringsOffset,
            reservationsOffset, Int(DeviceTreeFormat.version), Int(DeviceTreeFormat.lastCompatibleVersion),
            Int(bootCPU), writer.strings.count, writer.structure.count,
        ]
        var blob: [UInt8] = []
        for field in header { blob.append(bigEndian: UInt32(truncatingIfNeeded: field)) }
        for reservation in reservations + [Reservation(address: 0, size: 0)] {
            blob.append(bigEndian: reservation.address)
            blob.append(bigEndian: reservation.size)
        }
        return blob + writer.structure + writer.strings
    }
}

/// Fills the structure and strings blocks.
private struct DeviceTreeWriter {
    var structure: [UInt8] = []
    private(set) var strings: [UInt8] = []
    private var offsets: [String: UInt32] = [:]
    private let limits: DeviceTreeBlob.Limits

    init(limits: DeviceTreeBlob.Limits) {
        self.limits = limits
    }

    /// `path` is that of the parent, `depth` counts the node itself.
    mutating func write(_ node: DeviceTreeNode, path: String, depth: Int) throws(DeviceTreeError) {
        guard depth <= limits.maximumDepth else {
            throw .limitExceeded(what: "the depth of the device tree", limit: limits.maximumDepth)
        }
        let path = depth == 1 ? "/" : path + (depth == 2 ? "" : "/") + node.name
        structure.append(bigEndian: DeviceTreeFormat.beginNode)
        structure.append(contentsOf: node.name.utf8)
        structure.append(0)
        align()
        var names: Set<String> = []
        for property in node.properties {
            guard names.insert(property.name).inserted else { throw .duplicate(property.name, path: path) }
            try write(property, path: path)
        }
        names = []
        for child in node.children {
            guard Self.isNodeName(child.name) else { throw .invalidName(child.name, path: path) }
            guard names.insert(child.name).inserted else { throw .duplicate(child.name, path: path) }
            try write(child, path: path, depth: depth + 1)
        }
        structure.append(bigEndian: DeviceTreeFormat.endNode)
    }

    private mutating func write(_ property: DeviceTreeProperty, path: String) throws(DeviceTreeError) {
        guard Self.isName(property.name.utf8[...], isProperty: true) else {
            throw .invalidName(property.name, path: path)
        }
        let bytes = property.value.bytes
        // Also keeps every size and offset inside the 32 bits that they have.
        guard bytes.count <= limits.maximumBytes, structure.count <= limits.maximumBytes else {
            throw .limitExceeded(what: "the device tree blob, in bytes,", limit: limits.maximumBytes)
        }
        structure.append(bigEndian: DeviceTreeFormat.property)
        structure.append(bigEndian: UInt32(truncatingIfNeeded: bytes.count))
        structure.append(bigEndian: stringOffset(property.name))
        structure.append(contentsOf: bytes)
        align()
    }

    /// Where the strings block has the name; each name is there once.
    private mutating func stringOffset(_ name: String) -> UInt32 {
        if let offset = offsets[name] { return offset }
        let offset = UInt32(truncatingIfNeeded: strings.count)
        offsets[name] = offset
        strings.append(contentsOf: name.utf8)
        strings.append(0)
        return offset
    }

    /// Tokens start at multiples of four bytes.
    private mutating func align() {
        while !structure.count.isMultiple(of: 4) { structure.append(0) }
    }

    private static func isNodeName(_ name: String) -> Bool {
        let parts = name.utf8.split(
            separator: UInt8(ascii: "@"), maxSplits: 1, omittingEmptySubsequences: false)
        guard let first = parts.first, isName(first, isProperty: false) else { return false }
        return parts.dropFirst().allSatisfy { address in
            !address.isEmpty && address.allSatisfy { DeviceTreeFormat.isNameByte($0, isProperty: false) }
        }
    }

    private static func isName(_ name: Substring.UTF8View, isProperty: Bool) -> Bool {
        (1...DeviceTreeFormat.maximumWrittenName).contains(name.count)
            && name.allSatisfy { DeviceTreeFormat.isNameByte($0, isProperty: isProperty) }
    }
}

extension [UInt8] {
    fileprivate mutating func append(bigEndian value: some FixedWidthInteger) {
        Swift.withUnsafeBytes(of: value.bigEndian) { append(contentsOf: $0) }
    }
}

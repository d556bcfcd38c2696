// The state of a whole machine, engine-neutral.

/// The parts of a machine's state by path, each path once, in the order of the paths' bytes.
///
/// RAM and disks are not in the tree; they have forms of their own.
public struct StateTree: Equatable, Sendable {
    /// The nodes, ascending by path.
    public internal(set) var nodes: [StateNode] = []

    /// An empty tree.
    public init() {}

    /// Encodes `value` as the node `path`.
    ///
    /// - Throws: `duplicateNode`, `invalidPath`, and what `StateEncoder` throws, its paths below `path`.
    public mutating func add(
        _ path: String, version: UInt16, value: some Encodable, limits: StateCodecLimits = StateCodecLimits()
    ) throws(StateCodecError) {
        let payload: [UInt8]
        do {
            payload = try StateEncoder(limits: limits).encode(value)
        } catch {
            throw error.below(path)
        }
        try add(StateNode(path: path, version: version, payload: payload), limits: limits)
    }

    /// Adds a node that is already encoded.
    ///
    /// - Parameter limits: `maximumBytes` bounds the whole tree, so that nothing unreadable is written.
    /// - Throws: `duplicateNode`, `limitExceeded`.
    public mutating func add(
        _ node: StateNode, limits: StateCodecLimits = StateCodecLimits()
    ) throws(StateCodecError) {
        guard byteCount + StateTree.byteCount(of: node) <= limits.maximumBytes else {
            throw .limitExceeded(what: "the state tree, in bytes,", limit: limits.maximumBytes)
        }
        let index = insertionIndex(node.path)
        if index < nodes.count, nodes[index].path == node.path {
            throw .duplicateNode(path: node.path)
        }
        nodes.insert(node, at: index)
    }

    /// The node at `path`, or `nil`.
    public func node(at path: String) -> StateNode? {
        let index = insertionIndex(path)
        guard index < nodes.count, nodes[index].path == path else { return nil }
        return nodes[index]
    }

    /// The value of the node at `path`, which must have exactly this version.
    ///
    /// - Throws: `noSuchNode`, `unsupportedVersion`, and what `StateDecoder` throws, its paths below
    ///   `path`.
    public func decode<Value: Decodable>(
        _ type: Value.Type, at path: String, version: UInt16
    ) throws(StateCodecError) -> Value {
        try decode(type, at: path, versions: version...version)
    }

    /// The value of the node at `path`, whose version must be one of `versions`: for types that read
    /// their own older versions, with optional fields for what those lack.
    public func decode<Value: Decodable>(
        _ type: Value.Type, at path: String, versions: ClosedRange<UInt16>,
        limits: StateCodecLimits = StateCodecLimits()
    ) throws(StateCodecError) -> Value {
        guard let node = node(at: path) else { throw .noSuchNode(path: path) }
        guard versions.contains(node.version) else {
            throw .unsupportedVersion(what: "the state of \(path)", found: node.version, supported: versions)
        }
        do {
            return try StateDecoder(limits: limits).decode(type, from: node.payload)
        } catch {
            throw error.below(path)
        }
    }

    /// The hash of the encoded tree: equal states have equal hashes.
    public var hash: StateHash {
        StateHash(hashing: encoded())
    }

    /// The first node whose path is not before `path`.
    private func insertionIndex(_ path: String) -> Int {
        var low = 0
        var high = nodes.count
        while low < high {
            let middle = low + (high - low) / 2
            if StateMap.precedes(nodes[middle].path, path) { low = middle + 1 } else { high = middle }
        }
        return low
    }
}

extension StateCodecError {
    /// The same error with the node's path in front, so that it can be found in a tree.
    fileprivate func below(_ node: String) -> StateCodecError {
        switch self {
        case .mismatch(let path, let why): .mismatch(path: "\(node): \(path)", why: why)
        case .unencodable(let path, let why): .unencodable(path: "\(node): \(path)", why: why)
        default: self
        }
    }
}

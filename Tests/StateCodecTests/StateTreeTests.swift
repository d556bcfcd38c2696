// Tests of the state tree: its nodes, its bytes, its hash.

import StateCodec
import Testing

@Suite struct StateTreeTests {
    static func sample() throws -> StateTree {
        var tree = StateTree()
        try tree.add("devices/uart0", version: 3, value: Everything())
        try tree.add("cpu/0", version: 1, value: [UInt64](0..<32))
        try tree.add("cpu/1", version: 1, value: [UInt64](32..<64))
        try tree.add("clock", version: 65535, value: ["now": UInt64(123)])
        return tree
    }

    @Test func treesComeBack() throws {
        let tree = try Self.sample()
        let copy = try StateTree(decoding: tree.encoded())
        #expect(copy == tree)
        #expect(copy.nodes.map(\.path) == ["clock", "cpu/0", "cpu/1", "devices/uart0"])
        #expect(try copy.decode(Everything.self, at: "devices/uart0", version: 3) == Everything())
        #expect(try copy.decode([UInt64].self, at: "cpu/1", version: 1) == [UInt64](32..<64))
        #expect(try StateTree(decoding: StateTree().encoded()) == StateTree())
    }

    @Test func theOrderOfAddingDoesNotMatter() throws {
        var forward = StateTree()
        var backward = StateTree()
        let paths = (0..<40).map { "cpu/\($0)" }
        for path in paths { try forward.add(path, version: 1, value: path) }
        for path in paths.reversed() { try backward.add(path, version: 1, value: path) }
        #expect(forward == backward)
        #expect(forward.encoded() == backward.encoded())
        #expect(forward.hash == backward.hash)
    }

    @Test func everythingCountsForTheHash() throws {
        var hashes: Set<StateHash> = [try Self.sample().hash, StateTree().hash]
        var tree = try Self.sample()
        try tree.add("x", version: 1, value: 1)
        hashes.insert(tree.hash)
        for (path, version, value) in [("x", UInt16(1), 2), ("x", 2, 1), ("y", 1, 1)] {
            var other = try Self.sample()
            try other.add(path, version: version, value: value)
            hashes.insert(other.hash)
        }
        #expect(hashes.count == 6)
    }

    @Test func pathsAreUniqueAndPlain() throws {
        var tree = try Self.sample()
        #expect(throws: StateCodecError.duplicateNode(path: "cpu/0")) {
            try tree.add("cpu/0", version: 1, value: 1)
        }
        let long = String(repeating: "a", count: 256)
        for path in ["", "/", "cpu/", "/cpu", "cpu//0", "CPU", "cpu 0", "cpu/\0", "é", long] {
            #expect(throws: StateCodecError.invalidPath(path: path)) {
                try tree.add(path, version: 1, value: 1)
            }
        }
        #expect(try tree == Self.sample())
        try tree.add(String(long.dropLast()), version: 1, value: 1)
        #expect(try StateTree(decoding: tree.encoded()) == tree)
    }

    @Test func versionsAreChecked() throws {
        let tree = try Self.sample()
        #expect(throws: StateCodecError.unsupportedVersion(
            what: "the state of devices/uart0", found: 3, supported: 2...2)
        ) { try tree.decode(Everything.self, at: "devices/uart0", version: 2) }
        #expect(try tree.decode(Everything.self, at: "devices/uart0", versions: 1...3) == Everything())
        #expect(throws: StateCodecError.noSuchNode(path: "cpu/9")) {
            try tree.decode(Int.self, at: "cpu/9", version: 1)
        }
        #expect(throws: StateCodecError.mismatch(
            path: "clock: now", why: "a value of type String is expected, it holds the integer 123")
        ) { try tree.decode([String: String].self, at: "clock", version: 65535) }
    }

    @Test func eachDamageHasItsName() throws {
        let bytes = try Self.sample().encoded()
        func failure(_ change: (inout [UInt8]) -> Void) -> StateCodecError? {
            var copy = bytes
            change(&copy)
            do { _ = try StateTree(decoding: copy) } catch { return error }
            return nil
        }
        #expect(failure { $0[0] = 0 } == .badMagic)
        #expect(failure { $0 = [] } == .badMagic)
        #expect(failure { $0[8] = 9 } == .unsupportedVersion(
            what: "the state tree", found: 9, supported: 1...1))
        #expect(failure { $0.removeLast() } == .truncated(
            offset: 0, needed: bytes.count, available: bytes.count - 1))
        #expect(failure { $0.append(0) } == .malformed(
            offset: 16, why: "the tree has \(bytes.count) bytes, \(bytes.count + 1) were given"))
        guard case .checksumMismatch = failure({ $0[100] ^= 1 }) else {
            Issue.record("a damaged byte is not a checksum mismatch")
            return
        }
        let limits = StateCodecLimits(maximumBytes: bytes.count - 1)
        #expect(throws: StateCodecError.self) { try StateTree(decoding: bytes, limits: limits) }
    }

    @Test func aTreeThatCouldNotBeReadIsNotBuilt() throws {
        var tree = StateTree()
        let limits = StateCodecLimits(maximumBytes: 1000)
        try tree.add("a", version: 1, value: [UInt8](repeating: 1, count: 700), limits: limits)
        #expect(throws: StateCodecError.self) {
            try tree.add("b", version: 1, value: [UInt8](repeating: 1, count: 300), limits: limits)
        }
        #expect(try StateTree(decoding: tree.encoded(), limits: limits) == tree)
    }

    /// The hashes are what `xxh128sum` 0.8.1 prints for the same bytes.
    @Test func hashesAreXXH3() {
        #expect(StateHash(hashing: []).description == "99aa06d3014798d86001c324468d497f")
        #expect(StateHash(hashing: Array("abc".utf8)).description == "06b05ab6733a618578af5f94892f3950")
        let bytes = (0..<10_000).map { UInt8(truncatingIfNeeded: $0 * 7 + 3) }
        let whole = StateHash(hashing: bytes)
        #expect(whole.description == "614feaaa3ff5ae66fcd0ecba1a48462d")
        var generator = SeededGenerator(state: 1)
        let hasher = StateHasher()
        var start = 0
        while start < bytes.count {
            let end = min(bytes.count, start + Int.random(in: 0...700, using: &generator))
            bytes[start..<end].withUnsafeBytes { hasher.update($0) }
            start = end
        }
        #expect(hasher.finalize() == whole)
        #expect(StateHash(whole.description) == whole)
        let notHashes = [
            "", "614feaaa3ff5ae66fcd0ecba1a48462dx", "+14feaaa3ff5ae66fcd0ecba1a48462d",
            String(repeating: "G", count: 32),
        ]
        for text in notHashes {
            #expect(StateHash(text) == nil)
        }
    }
}

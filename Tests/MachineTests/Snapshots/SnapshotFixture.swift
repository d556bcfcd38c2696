// A store of snapshots and a small RAM for one test.
import HostOS
import StateCodec

@testable import Machine

/// RAM whose writes are noted, and a store to keep it in.
final class SnapshotFixture {
    let folder: TemporaryFolder
    let store: SnapshotStore
    let memory: MemoryMapping
    let facts: SnapshotManifest.MachineFacts
    var random: TestRandom
    private var dirtyPages: Set<UInt64> = []

    init(ramByteCount: UInt64 = 5 * 65536 + 8192, seed: UInt64 = 1, maximumRunCount: Int = 100) throws {
        folder = try TemporaryFolder()
        store = SnapshotStore(bundlePath: folder.path, maximumRunCount: maximumRunCount)
        memory = try MemoryMapping(anonymous: ramByteCount)
        facts = .init(ramByteCount: ramByteCount, cpuCount: 2, boardName: "virt-riscv64")
        random = TestRandom(state: seed)
    }

    var bytes: [UInt8] { Self.bytes(of: memory) }

    static func bytes(of memory: MemoryMapping) -> [UInt8] {
        Array(UnsafeRawBufferPointer(start: memory.pointer, count: Int(memory.byteCount)))
    }

    /// Fills a range with random bytes, or with zeros.
    func write(_ range: Range<UInt64>, isZero: Bool = false) {
        for offset in range {
            let byte = isZero ? 0 : UInt8(truncatingIfNeeded: random.next())
            memory.pointer.storeBytes(of: byte, toByteOffset: Int(offset), as: UInt8.self)
        }
        for page in range.lowerBound / 4096...(range.upperBound - 1) / 4096 { dirtyPages.insert(page) }
    }

    /// Some writes all over the place; now and then a whole chunk becomes zero.
    func writeAtRandom(count: Int) {
        for _ in 0..<count {
            let start = UInt64.random(in: 0..<memory.byteCount, using: &random)
            write(start..<min(start + UInt64.random(in: 1...9000, using: &random), memory.byteCount))
        }
        guard Bool.random(using: &random) else { return }
        let chunk = UInt64.random(in: 0..<memory.byteCount / 65536, using: &random)
        write(chunk * 65536..<(chunk + 1) * 65536, isZero: true)
    }

    static func state(_ value: Int) throws -> [UInt8] {
        var tree = StateTree()
        try tree.add("cpu/0", version: 1, value: value)
        return tree.encoded()
    }

    func capture(_ draft: SnapshotDraft) throws -> CapturedSnapshot {
        let dirty = dirtyPages
        dirtyPages = []
        return try draft.capture(ram: memory.pointer) { range in
            (range.lowerBound / 4096..<range.upperBound / 4096).contains(where: dirty.contains)
        }
    }

    /// Makes a snapshot that derives from the position.
    @discardableResult
    func snapshot(
        _ name: String? = nil, note: String = "", disks: [String] = []
    ) throws -> SnapshotManifest {
        let draft = try store.prepare(
            SnapshotLabel(name: name, note: note), parent: try store.position(), machine: facts)
        return try capture(draft).commit(
            state: try Self.state(Int(draft.id.number)),
            moment: .init(instructionsExecuted: 7, virtualNanoseconds: 8, frozenDisks: disks))
    }

    /// The RAM of a snapshot, in memory of its own.
    func restored(_ id: SnapshotID) throws -> MemoryMapping {
        let memory = try MemoryMapping(anonymous: facts.ramByteCount)
        try store.ram(of: id).map(into: memory)
        return memory
    }

    /// Puts the machine back to a snapshot.
    func restore(_ id: SnapshotID) throws {
        try store.ram(of: id).map(into: memory)
        try store.setPosition(id)
        dirtyPages = []
    }

    /// What is in the store's folder but its small files.
    var contents: [String] {
        get throws { try Folder.names(in: store.folder).filter { !["lock", "next", "current"].contains($0) } }
    }

    func path(_ id: SnapshotID, _ file: String) -> String { "\(store.folder)/\(id)/\(file)" }
}

extension SnapshotID {
    /// For numbers that a test knows to be good.
    static func test(_ number: UInt64) -> SnapshotID { SnapshotID(number: number)! }
}

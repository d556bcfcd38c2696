// The list of a machine's snapshots: names, numbers, tree, position.
import Dispatch
import HostOS
import Synchronization
import Testing

@testable import Machine

@Suite struct SnapshotStoreTests {
    @Test func ids() {
        #expect(SnapshotID("s1") == SnapshotID(number: 1))
        #expect(SnapshotID("s18446744073709551615")?.number == .max)
        for text in ["", "s", "1", "s0", "s01", "s+1", "s-1", "S1", "s1 ", "s18446744073709551616", "s1.x"] {
            #expect(SnapshotID(text) == nil)
        }
        #expect([10, 9, 1].map(SnapshotID.test).sorted().map(\.description) == ["s1", "s9", "s10"])
    }

    @Test func emptyStore() throws {
        let fixture = try SnapshotFixture()
        let tree = try fixture.store.list()
        #expect(tree.snapshots.isEmpty && tree.problems.isEmpty && tree.position == nil)
        try fixture.store.clean()
        // Looking makes nothing.
        #expect(!Folder.exists(fixture.store.folder))
        #expect(throws: SnapshotError.notFound("s1", near: nil)) { try fixture.store.find("s1") }
        #expect(throws: SnapshotError.notFound("s1", near: nil)) { try fixture.store.ram(of: .test(1)) }
    }

    @Test func makeAndFind() throws {
        let fixture = try SnapshotFixture()
        let before = HostClock.wallNanoseconds()
        let disks = ["root.raw", "disks/a.raw"]
        let made = try fixture.snapshot("before-upgrade", note: "Zeile 1\nzwei ü", disks: disks)
        #expect(made.id.description == "s1")
        #expect(made.note == "Zeile 1\nzwei ü")
        #expect((before...HostClock.wallNanoseconds()).contains(made.createdNanoseconds))
        #expect(made.moment.frozenDisks == disks)
        #expect(try fixture.store.find("s1") == made)
        #expect(try fixture.store.find("before-upgrade") == made)
        #expect(try fixture.store.list().snapshots == [made])
        #expect(try fixture.store.position() == made.id)
        #expect(try fixture.store.list().frozenDisksInUse == Set(disks))
        #expect(throws: SnapshotError.notFound("before-upgrad", near: "before-upgrade")) {
            try fixture.store.find("before-upgrad")
        }
        #expect(try Folder.names(in: fixture.store.folder) == ["current", "lock", "next", "s1"])
        #expect(try Folder.names(in: fixture.store.folder + "/s1") == ["manifest", "ram", "state"])
    }

    @Test func names() throws {
        let fixture = try SnapshotFixture()
        let taken = try fixture.snapshot("a").id
        #expect(throws: SnapshotError.nameTaken("a", by: taken)) { try fixture.snapshot("a") }
        for name in ["", "s1", "s99", "a/b", "..", ".a", "ä", "a b", String(repeating: "a", count: 65)] {
            #expect(throws: SnapshotError.badName(name)) { try fixture.snapshot(name) }
        }
        for name in ["s", "s1a", "S1", String(repeating: "a", count: 64)] { try fixture.snapshot(name) }
        // A name that is taken while the snapshot is being made.
        let label = SnapshotLabel(name: "late")
        let draft = try fixture.store.prepare(label, parent: nil, machine: fixture.facts)
        let owner = try fixture.snapshot("late").id
        let captured = try fixture.capture(draft)
        #expect(throws: SnapshotError.nameTaken("late", by: owner)) {
            try captured.commit(state: [], moment: .init(instructionsExecuted: 0, virtualNanoseconds: 0))
        }
        #expect(try fixture.store.find("late").id == owner)
    }

    @Test func notes() throws {
        let fixture = try SnapshotFixture()
        #expect(throws: SnapshotError.noteTooLong(byteCount: 1026)) {
            try fixture.snapshot(note: String(repeating: "ü", count: 513))
        }
        let longest = String(repeating: "ü", count: 512)
        #expect(try fixture.store.find(fixture.snapshot(note: longest).id.description).note == longest)
    }

    @Test func unstorableThings() throws {
        let fixture = try SnapshotFixture()
        for path in ["../x", "/etc/passwd", "", "a//b", "a/../b", ".", "a\nb"] {
            #expect(throws: SnapshotError.self) { try fixture.snapshot(disks: [path]) }
        }
        #expect(throws: SnapshotError.self) { try fixture.snapshot(disks: Array(repeating: "a", count: 257)) }
        var facts = fixture.facts
        facts.ramByteCount += 1
        #expect(throws: SnapshotError.self) { try fixture.store.prepare(parent: nil, machine: facts) }
        #expect(throws: SnapshotError.notFound("s7", near: nil)) {
            try fixture.store.prepare(parent: .test(7), machine: fixture.facts)
        }
        #expect(try fixture.store.list().snapshots.isEmpty)
        #expect(try fixture.contents == [])
    }

    @Test func machineFacts() throws {
        let fixture = try SnapshotFixture()
        let manifest = try fixture.snapshot()
        try manifest.check(against: fixture.facts)
        var other = fixture.facts
        other.cpuCount = 3
        let error = SnapshotError.mismatch(snapshot: manifest.id, what: "cpus", saved: "2", here: "3")
        #expect(throws: error) { try manifest.check(against: other) }
        other = fixture.facts
        other.ramByteCount += 4096
        #expect(throws: SnapshotError.self) { try manifest.check(against: other) }
        #expect(throws: SnapshotError.self) { try fixture.store.prepare(parent: manifest.id, machine: other) }
        other = fixture.facts
        other.boardName = "q35"
        #expect(throws: SnapshotError.self) { try manifest.check(against: other) }
    }

    @Test func numbersAreNotUsedAgain() throws {
        let fixture = try SnapshotFixture()
        let first = try fixture.snapshot().id
        try fixture.store.setPosition(nil)
        try fixture.store.remove(first)
        #expect(try fixture.contents == [])
        #expect(try fixture.snapshot().id.number == 2)
        // A draft that is given up has had a number too.
        _ = try fixture.store.prepare(parent: nil, machine: fixture.facts)
        #expect(try fixture.contents == ["s2"])
        #expect(try fixture.snapshot().id.number == 4)
        // Somebody has lost the file.
        try Folder.removeFile(fixture.store.folder + "/next")
        #expect(try fixture.snapshot().id.number == 5)
    }

    @Test func tree() throws {
        let fixture = try SnapshotFixture()
        for _ in 1...3 { try fixture.snapshot() }
        try fixture.restore(.test(2))
        for _ in 4...5 { try fixture.snapshot() }
        let tree = try fixture.store.list()
        #expect(tree.children(of: nil).map(\.id) == [.test(1)])
        #expect(tree.children(of: .test(2)).map(\.id) == [.test(3), .test(4)])
        #expect(tree.descendants(of: .test(2)) == [3, 4, 5].map(SnapshotID.test))
        #expect(tree.descendants(of: .test(5)) == [])
        #expect(tree.position == .test(5))
        #expect(tree.parent(of: .test(4)) == .test(2))
    }

    @Test func manyThreadsAtOnce() throws {
        let fixture = try SnapshotFixture(ramByteCount: 4096)
        let (store, facts) = (fixture.store, fixture.facts)
        let failures = Mutex<[String]>([])
        DispatchQueue.concurrentPerform(iterations: 4) { thread in
            do {
                let memory = try MemoryMapping(anonymous: facts.ramByteCount)
                for turn in 0..<5 {
                    let name = "t\(thread)-\(turn)"
                    let draft = try store.prepare(SnapshotLabel(name: name), parent: nil, machine: facts)
                    try draft.capture(ram: memory.pointer) { _ in true }
                        .commit(state: [], moment: .init(instructionsExecuted: 0, virtualNanoseconds: 0))
                    _ = try store.list()
                    if turn % 2 == 0 { try store.remove(try store.find(name).id) }
                }
            } catch {
                failures.withLock { $0.append("\(error)") }
            }
        }
        #expect(failures.withLock { $0 } == [])
        try store.setPosition(nil)
        let tree = try store.list()
        #expect(tree.snapshots.count == 8 && tree.problems.isEmpty)
        #expect(try fixture.contents == tree.snapshots.map(\.id.description).sorted())
    }
}

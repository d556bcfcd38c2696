// Removing snapshots, and what killed processes leave behind.
import HostOS
import Testing

@testable import Machine

@Suite struct SnapshotRemovalTests {
    /// A chain of four with different RAM in each; the machine is at the last.
    private func chain() throws -> (SnapshotFixture, [(SnapshotID, [UInt8])]) {
        let fixture = try SnapshotFixture()
        fixture.write(0..<fixture.memory.byteCount)
        var made: [(SnapshotID, [UInt8])] = []
        for number in 1...4 {
            made.append((try fixture.snapshot("n\(number)", disks: ["d\(number).raw"]).id, fixture.bytes))
            fixture.writeAtRandom(count: 2)
        }
        return (fixture, made)
    }

    private func expectWhole(_ fixture: SnapshotFixture, _ made: [(SnapshotID, [UInt8])]) throws {
        let tree = try fixture.store.list()
        #expect(tree.snapshots.map(\.id) == made.map(\.0))
        #expect(tree.problems.isEmpty)
        for (id, bytes) in made {
            try fixture.store.verify(id)
            #expect(SnapshotFixture.bytes(of: try fixture.restored(id)) == bytes)
        }
    }

    @Test func root() throws {
        var (fixture, made) = try chain()
        try fixture.store.remove(made.removeFirst().0)
        try expectWhole(fixture, made)
        #expect(try fixture.contents == ["s1.layer", "s2", "s3", "s4"])
        #expect(try fixture.store.list().children(of: nil).map(\.id) == [.test(2)])
        #expect(try Folder.names(in: fixture.store.folder + "/s1.layer") == ["manifest", "ram"])
        for lookup in ["s1", "n1"] { #expect(throws: SnapshotError.self) { try fixture.store.find(lookup) } }
        #expect(throws: SnapshotError.self) { try fixture.store.state(of: .test(1)) }
        #expect(throws: SnapshotError.self) { try fixture.store.ram(of: .test(1)) }
        #expect(throws: SnapshotError.self) { try fixture.store.remove(.test(1)) }
        // The name is free, and nothing goes back to the disk.
        #expect(try fixture.store.list().frozenDisksInUse == ["d2.raw", "d3.raw", "d4.raw"])
        #expect(try fixture.snapshot("n1").id == .test(5))
    }

    @Test func middle() throws {
        var (fixture, made) = try chain()
        try fixture.store.remove(made.remove(at: 1).0)
        try fixture.store.remove(made.remove(at: 1).0)
        try expectWhole(fixture, made)
        let tree = try fixture.store.list()
        #expect(tree.parent(of: .test(4)) == .test(1))
        #expect(tree.descendants(of: .test(1)) == [.test(4)])
        #expect(try fixture.contents == ["s1", "s2.layer", "s3.layer", "s4"])
    }

    @Test func leaf() throws {
        var (fixture, made) = try chain()
        let last = made.removeLast()
        try fixture.store.remove(last.0)
        // The machine still derives from it.
        #expect(try fixture.contents == ["s1", "s2", "s3", "s4.layer"])
        #expect(try fixture.store.list().position == last.0)
        #expect(try fixture.store.list().visiblePosition == .test(3))
        try expectWhole(fixture, made)
        // And so does its next snapshot.
        fixture.write(0..<100)
        made.append((try fixture.snapshot().id, fixture.bytes))
        try expectWhole(fixture, made)
        #expect(try fixture.contents == ["s1", "s2", "s3", "s4.layer", "s5"])
        try fixture.restore(.test(3))
        try fixture.store.remove(made.removeLast().0)
        #expect(try fixture.contents == ["s1", "s2", "s3"])
        try expectWhole(fixture, made)
    }

    @Test func everythingInEveryOrder() throws {
        for seed in 1...6 {
            var (fixture, made) = try chain()
            var random = TestRandom(state: UInt64(seed))
            while !made.isEmpty {
                try fixture.store.remove(made.remove(at: Int.random(in: 0..<made.count, using: &random)).0)
                try expectWhole(fixture, made)
            }
            #expect(try fixture.contents == ["s1.layer", "s2.layer", "s3.layer", "s4.layer"])
            try fixture.store.setPosition(nil)
            #expect(try fixture.contents == [])
            #expect(try fixture.store.list().frozenDisksInUse == [])
        }
    }

    /// Somebody copied folders by hand.
    @Test func seenAndHidden() throws {
        let (fixture, made) = try chain()
        try File.copyTree(fixture.store.folder + "/s2", to: fixture.store.folder + "/s2.layer")
        try fixture.store.clean()
        try expectWhole(fixture, made)
        try fixture.store.remove(.test(2))
        try expectWhole(fixture, [made[0], made[2], made[3]])
    }

    @Test func removedWhileADraftNeedsIt() throws {
        let (fixture, made) = try chain()
        let draft = try fixture.store.prepare(parent: .test(4), machine: fixture.facts)
        try fixture.store.setPosition(.test(3))
        try fixture.store.remove(.test(4))
        let captured = try fixture.capture(draft)
        #expect(throws: SnapshotError.self) {
            try captured.commit(state: [], moment: .init(instructionsExecuted: 0, virtualNanoseconds: 0))
        }
        try expectWhole(fixture, Array(made.dropLast()))
    }

    /// What a process leaves that is killed at any point.
    @Test func leftovers() throws {
        let (fixture, made) = try chain()
        let folder = fixture.store.folder
        // No process has a number this large.
        let dead = "\(folder)/.work-99999999-"
        try Folder.make(dead + "s7")
        try fixture.folder.write("snapshots/.work-99999999-s7/ram", [1, 2, 3])
        try File.copyTree("\(folder)/s4", to: dead + "s8")
        try File.copyTree("\(folder)/s1", to: dead + "s2.layer")
        try fixture.folder.write("snapshots/.work-99999999-current", [1])
        // Published, but the position not yet moved; hidden, but its state still there.
        try fixture.store.setPosition(.test(3))
        try File.copyTree("\(folder)/s3", to: "\(folder)/s3.copy")
        try expectWhole(fixture, made)
        try fixture.store.clean()
        #expect(try fixture.contents == ["s1", "s2", "s3", "s3.copy", "s4"])
        try expectWhole(fixture, made)
        try Folder.rename("\(folder)/s2", to: "\(folder)/s2.layer")
        try fixture.store.clean()
        #expect(try Folder.names(in: "\(folder)/s2.layer") == ["manifest", "ram"])
        try expectWhole(fixture, [made[0], made[2], made[3]])
    }

    /// The work of a living process is left alone.
    @Test func workInProgress() throws {
        let fixture = try SnapshotFixture()
        let draft = try fixture.store.prepare(parent: nil, machine: fixture.facts)
        try fixture.snapshot()
        try fixture.store.clean()
        let captured = try fixture.capture(draft)
        try captured.commit(state: [], moment: .init(instructionsExecuted: 0, virtualNanoseconds: 0))
        #expect(try fixture.contents == ["s1", "s2"])
    }
}

extension File {
    /// Copies a folder of files.
    static func copyTree(_ from: String, to: String) throws {
        try Folder.make(to)
        for name in try Folder.names(in: from) { try copySparse("\(from)/\(name)", to: "\(to)/\(name)") }
    }
}

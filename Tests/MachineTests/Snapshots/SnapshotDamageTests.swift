// Damaged, truncated and forged snapshots: an error every time, never a crash, nothing restored.
import HostOS
import StateCodec
import Testing

@testable import Machine

@Suite struct SnapshotDamageTests {
    private let fixture: SnapshotFixture
    private let parent: SnapshotManifest
    private let child: SnapshotManifest

    init() throws {
        fixture = try SnapshotFixture(ramByteCount: 2 * 65536 + 4096)
        fixture.write(0..<65600)
        parent = try fixture.snapshot("parent", note: "a note", disks: ["root.raw"])
        fixture.write(0..<10)
        child = try fixture.snapshot("child")
    }

    /// Changes one byte, sees that `body` throws, and puts the byte back.
    private func expectErrors(
        _ path: String, _ range: Range<UInt64>, _ body: () throws -> Void
    ) throws {
        let file = try File(opening: path, .readWrite)
        var byte: UInt8 = 0
        for offset in range {
            for change in [UInt8(1) << (offset % 8), UInt8(truncatingIfNeeded: offset) | 1] {
                try withUnsafeMutableBytes(of: &byte) { try file.read(into: [$0], at: offset) }
                byte ^= change
                try withUnsafeBytes(of: &byte) { try file.write([$0], at: offset) }
                do {
                    try body()
                    Issue.record("\(path): byte \(offset) changed by \(change) is not noticed")
                } catch is SnapshotError {}
                byte ^= change
                try withUnsafeBytes(of: &byte) { try file.write([$0], at: offset) }
            }
        }
    }

    @Test func everyByteOfTheManifest() throws {
        for manifest in [parent, child] {
            let path = fixture.path(manifest.id, "manifest")
            let count = try File(opening: path, .readOnly).byteCount()
            try expectErrors(path, 0..<count) { _ = try fixture.store.find(manifest.id.description) }
            try expectErrors(path, 0..<count) { _ = try fixture.store.ram(of: child.id) }
        }
        try fixture.store.verify(child.id)
    }

    @Test func everyByteOfTheState() throws {
        try expectErrors(fixture.path(child.id, "state"), 0..<child.state.byteCount) {
            _ = try fixture.store.state(of: child.id)
        }
        try fixture.store.verify(child.id)
    }

    @Test func everyByteOfHeaderAndTables() throws {
        for manifest in [parent, child] {
            let path = fixture.path(manifest.id, "ram")
            let stored = UInt64(manifest.id == parent.id ? 2 : 1)
            let tables = manifest.ram.byteCount - 3 - 8 * stored..<manifest.ram.byteCount
            try expectErrors(path, 0..<4096) { _ = try fixture.store.ram(of: child.id) }
            try expectErrors(path, tables) { _ = try fixture.store.ram(of: child.id) }
        }
        try fixture.store.verify(child.id)
    }

    @Test func bytesOfRAM() throws {
        var random = TestRandom(state: 5)
        for manifest in [parent, child] {
            let end = 65536 + UInt64(manifest.id == parent.id ? 2 : 1) * 65536
            let offsets = (0..<100).map { _ in UInt64.random(in: 65536..<end, using: &random) }
            for offset in offsets + [65536, end - 1] {
                try expectErrors(fixture.path(manifest.id, "ram"), offset..<offset + 1) {
                    try fixture.store.verify(child.id)
                }
            }
        }
        try fixture.store.verify(child.id)
    }

    @Test func wrongLengths() throws {
        var random = TestRandom(state: 6)
        for manifest in [parent, child] {
            for name in ["manifest", "state", "ram"] {
                let path = fixture.path(manifest.id, name)
                let bytes = try File.contents(of: path, limit: 1 << 20)
                let lengths = (0..<60).map { _ in Int.random(in: 0..<bytes.count, using: &random) }
                for length in lengths + [0, bytes.count - 1, bytes.count + 1, bytes.count + 4096] {
                    let file = try File(opening: path, .readWrite)
                    try file.resize(to: UInt64(length))
                    #expect(throws: SnapshotError.self) {
                        _ = try fixture.store.find(manifest.id.description)
                        _ = try fixture.store.state(of: manifest.id)
                        _ = try fixture.store.ram(of: child.id)
                    }
                    try file.resize(to: 0)
                    try bytes.withUnsafeBytes { try file.write([$0], at: 0) }
                }
            }
        }
        try fixture.store.verify(child.id)
    }

    /// Headers and tables of which all checksums are right but not the values: an error, or RAM that can
    /// be read to its end.
    @Test func forgedLayers() throws {
        var random = TestRandom(state: 7)
        let path = fixture.path(child.id, "ram")
        let original = try File.contents(of: path, limit: 1 << 20)
        var accepted = 0
        for _ in 0..<1500 {
            var bytes = original
            if Bool.random(using: &random) {
                let field = [8, 12, 16, 24, 32, 40, 48, 56].randomElement(using: &random) ?? 8
                let near = bytes.littleEndian(at: field) &+ UInt64.random(in: 0...4, using: &random) &- 2
                let far = random.next() >> UInt64.random(in: 0...63, using: &random)
                let value = [near, far, 0, .max, 65536 &* far].randomElement(using: &random) ?? 0
                withUnsafeBytes(of: value.littleEndian) { bytes.replaceSubrange(field..<field + 8, with: $0) }
            } else {
                let chunk = Int.random(in: 0..<3, using: &random)
                bytes[bytes.count - 11 + chunk] = UInt8.random(in: 0...3, using: &random)
            }
            if Bool.random(using: &random) { bytes.removeLast(Int.random(in: 0...70000, using: &random)) }
            try forge(bytes, random: &random)
            do {
                let memory = try fixture.restored(child.id)
                accepted += 1
                _ = SnapshotFixture.bytes(of: memory).reduce(0) { $0 &+ UInt64($1) }
            } catch is SnapshotError {}
        }
        // Some changes change nothing, or make another good layer.
        #expect(accepted > 0)
    }

    /// Writes a layer with good checksums, and a manifest that agrees.
    private func forge(_ bytes: [UInt8], random: inout TestRandom) throws {
        var bytes = bytes
        let tables = Array(bytes.suffix(11))
        var fields: [(Int, UInt64)] = [(56, RAMChecksum.of(tables))]
        if Bool.random(using: &random) { fields.append((48, UInt64(bytes.count))) }
        for (offset, value) in fields {
            withUnsafeBytes(of: value.littleEndian) { bytes.replaceSubrange(offset..<offset + 8, with: $0) }
        }
        let checksum = RAMChecksum.of(Array(bytes[..<4088]))
        withUnsafeBytes(of: checksum.littleEndian) { bytes.replaceSubrange(4088..<4096, with: $0) }
        let header = StateHash(hashing: Array(bytes[..<4096]))
        let manifest = SnapshotManifest(
            id: child.id, parent: child.parent, name: nil, note: "", createdNanoseconds: 0,
            machine: child.machine, moment: child.moment, layerCount: Int.random(in: 1...2, using: &random),
            state: child.state,
            ram: .init(byteCount: UInt64(bytes.count), header))
        try fixture.folder.write("snapshots/\(child.id)/ram", bytes)
        try fixture.folder.write("snapshots/\(child.id)/manifest", try manifest.encoded())
    }

    /// Manifests that are well formed, but can not be.
    @Test func forgedManifests() throws {
        func forge(
            id: SnapshotID, parent: SnapshotID?, ram: UInt64? = nil, layers: Int = 2, hash: [UInt64] = [1, 2],
            name: String? = nil
        ) throws -> [UInt8] {
            var facts = fixture.facts
            facts.ramByteCount = ram ?? facts.ramByteCount
            return try SnapshotManifest(
                id: id, parent: parent, name: name, note: "", createdNanoseconds: 0, machine: facts,
                moment: .init(instructionsExecuted: 0, virtualNanoseconds: 0), layerCount: layers,
                state: .init(byteCount: 0, hash: hash), ram: child.ram
            ).encoded()
        }
        #expect(throws: SnapshotError.self) { try forge(id: child.id, parent: child.id) }
        #expect(throws: SnapshotError.self) { try forge(id: parent.id, parent: child.id) }
        #expect(throws: SnapshotError.self) { try forge(id: child.id, parent: parent.id, ram: 4097) }
        #expect(throws: SnapshotError.self) { try forge(id: child.id, parent: parent.id, layers: 65) }
        #expect(throws: SnapshotError.self) { try forge(id: child.id, parent: nil, layers: 2) }
        #expect(throws: SnapshotError.self) { try forge(id: child.id, parent: parent.id, hash: [1]) }
        #expect(throws: SnapshotError.self) { try forge(id: child.id, parent: parent.id, name: "s5") }
        // Good by themselves, but not here.
        let foreign = try forge(id: .test(9), parent: parent.id)
        for bytes in [foreign, try forge(id: child.id, parent: parent.id, ram: 65536)] {
            try fixture.folder.write("snapshots/\(child.id)/manifest", bytes)
            #expect(throws: SnapshotError.self) { try fixture.store.ram(of: child.id) }
        }
    }

    @Test func exchangedFiles() throws {
        for name in ["manifest", "state", "ram"] {
            let path = fixture.path(child.id, name)
            let own = try File.contents(of: path, limit: 1 << 20)
            try File.replace(path, with: try File.contents(of: fixture.path(parent.id, name), limit: 1 << 20))
            #expect(throws: SnapshotError.self) { try fixture.store.verify(child.id) }
            try File.replace(path, with: own)
            try fixture.store.verify(child.id)
        }
    }

    @Test func missingFiles() throws {
        for name in ["manifest", "state", "ram"] {
            let path = fixture.path(parent.id, name)
            try Folder.rename(path, to: path + ".away")
            let error = #expect(throws: SnapshotError.self) { try fixture.store.verify(parent.id) }
            #expect(error == .damaged(path: path, why: "it does not exist"))
            // A folder is no file.
            try Folder.make(path)
            #expect(throws: SnapshotError.self) { try fixture.store.verify(parent.id) }
            try Folder.removeTree(path)
            try Folder.rename(path + ".away", to: path)
        }
        try Folder.rename("\(fixture.store.folder)/\(parent.id)", to: fixture.store.folder + "/away")
        #expect(throws: SnapshotError.self) { try fixture.store.ram(of: child.id) }
    }

    /// A damaged snapshot hides no others, keeps what others need, and can be removed.
    @Test func damageIsLocal() throws {
        let grandchild = try fixture.snapshot("grandchild")
        try fixture.store.remove(parent.id)
        try fixture.folder.write("snapshots/\(child.id)/manifest", [1, 2, 3])
        let tree = try fixture.store.list()
        #expect(tree.snapshots == [grandchild])
        #expect(tree.problems.map(\.id) == [child.id])
        #expect(tree.frozenDisksInUse == nil)
        #expect(try fixture.store.find("grandchild") == grandchild)
        try fixture.store.setPosition(nil)
        try fixture.store.remove(grandchild.id)
        // Nobody knows what the damaged one needs.
        #expect(try fixture.contents == ["s1.layer", "s2", "s3.layer"])
        try fixture.store.remove(child.id)
        #expect(try fixture.contents == [])
    }

    @Test func smallFiles() throws {
        for text in ["", "s2", "s02\n", "s9\n", "x\n", String(repeating: "s", count: 100)] {
            try fixture.folder.write("snapshots/current", Array(text.utf8))
            #expect(throws: SnapshotError.self) { try fixture.store.position() }
            let tree = try fixture.store.list()
            #expect(tree.snapshots.count == 2 && tree.problems.count == 1 && tree.position == nil)
            // What the machine needs is not known, so nothing is removed.
            try fixture.store.clean()
        }
        try fixture.store.setPosition(child.id)
        #expect(try fixture.store.position() == child.id)
        for text in ["", "0\n", "x\n", "-1\n", "18446744073709551615\n", "18446744073709551616\n"] {
            try fixture.folder.write("snapshots/next", Array(text.utf8))
            #expect(throws: SnapshotError.self) { try fixture.snapshot() }
        }
        try fixture.folder.write("snapshots/next", Array("1\n".utf8))
        #expect(try fixture.snapshot().id.number == 3)
    }

    @Test func messagesNameCauseAndNextStep() throws {
        let path = "/m/snapshots/s1/ram"
        for error: SnapshotError in [
            .badName("a b"), .nameTaken("a", by: .test(1)), .noteTooLong(byteCount: 2000),
            .notFound("x\u{1b}", near: "y"), .notFound("x", near: nil), .damaged(path: path, why: "short"),
            .unsupportedVersion(path: path, version: 9), .busy(path: path, process: 4),
            .mismatch(snapshot: .test(1), what: "cpus", saved: "1", here: "2"),
            .host(HostError("write \(path)", code: HostError.Code.noSpace)),
        ] {
            #expect(error.description.contains(": "))
            #expect(!error.description.contains("\u{1b}"))
        }
    }
}

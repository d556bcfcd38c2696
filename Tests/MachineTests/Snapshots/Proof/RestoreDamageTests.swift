// Random damage to all that a snapshot consists of: an error every time, and the machine stays what it was.
import Foundation
import HostOS
import StateCodec
import Testing

@testable import Machine

@Suite struct RestoreDamageTests {
    private static let rounds = 10_000

    /// The files that restoring the youngest snapshot reads.
    private func files(of bundle: MachineBundle) throws -> [String] {
        let overlays = try Folder.names(in: bundle.path + "/overlays").filter {
            // The last images take what is written now; they belong to no snapshot.
            $0.contains(".s1.") && ($0.hasSuffix(".qcow2") || $0.hasSuffix(DiskOverlays.checksumSuffix))
        }
        let parts = ["s1/manifest", "s1/ram", "s2/manifest", "s2/state", "s2/ram"]
        return parts.map { "\(bundle.path)/snapshots/\($0)" } + overlays.map { "\(bundle.path)/overlays/\($0)" }
    }

    @Test func tenThousandDamages() throws {
        let fixture = try ArchiveFixture(diskByteCount: 1 << 18)
        let machine = try fixture.machine(fixture.bundle)
        // Its RAM is its own: who damages a file that RAM is mapped from damages RAM.
        _ = try machine.run(instructionLimit: 5000)
        let hash = try machine.stateHash()
        let store = SnapshotStore(bundlePath: fixture.bundle.path)
        let overlays = DiskOverlays(bundlePath: fixture.bundle.path)
        let files = try files(of: fixture.bundle)
        #expect(files.count == 9)
        var random = TestRandom(state: 0xda3a)
        for round in 0..<Self.rounds {
            let path = files[round % files.count]
            let original = try File.contents(of: path, limit: 1 << 24)
            try damage(path, original, &random)
            do {
                _ = try machine.restore(try store.find("s2"), from: store, overlays)
                Issue.record("\(path), round \(round): the damage is not noticed")
                break
            } catch let error as SnapshotError {
                #expect("\(error)".contains(": "))
            }
            if round % 100 < files.count { #expect(try machine.stateHash() == hash) }
            try File.replace(path, with: original)
        }
        _ = try machine.restore(try store.find("s2"), from: store, overlays)
        #expect(try machine.stateHash() != hash)
        try machine.close()
    }

    /// Changes one byte, or cuts the file off, in place: nothing but the contents and the times tell.
    private func damage(
        _ path: String, _ original: [UInt8], _ random: inout TestRandom, cuts: Bool = true
    ) throws {
        let file = try File(opening: path, .readWrite)
        let offset = Int.random(in: 0..<original.count, using: &random)
        if cuts && Int.random(in: 0..<4, using: &random) == 0 { return try file.resize(to: UInt64(offset)) }
        let byte = [original[offset] ^ UInt8.random(in: 1...255, using: &random)]
        try byte.withUnsafeBytes { try file.write([$0], at: UInt64(offset)) }
    }

    /// A medium that decays tells nobody: size, number and times of the file stay. Who asks for verification is told.
    @Test func decayIsFoundByVerification() throws {
        let fixture = try ArchiveFixture(diskByteCount: 1 << 18)
        let machine = try fixture.machine(fixture.bundle)
        _ = try machine.run(instructionLimit: 5000)
        let store = SnapshotStore(bundlePath: fixture.bundle.path)
        let overlays = DiskOverlays(bundlePath: fixture.bundle.path)
        func restore() throws { _ = try machine.restore(try store.find("s2"), from: store, overlays) }
        // Its clock stands still, and so does its state.
        machine.pause()
        Thread.sleep(forTimeInterval: 0.2)
        try restore()
        let hash = try machine.stateHash()
        let files = try files(of: fixture.bundle)
        #expect(files.filter { Folder.exists($0 + VerificationMark.suffix) }.count == 4)
        var random = TestRandom(state: 0xdeca)
        for round in 0..<500 {
            let path = files[round % files.count]
            let original = try File.contents(of: path, limit: 1 << 24)
            try keepingTimes(path) { try damage(path, original, &random, cuts: false) }
            #expect(throws: (any Error).self, "\(path), round \(round)") { try fixture.bundle.verifySnapshots() }
            try keepingTimes(path) { try write(original, path) }
        }
        try fixture.bundle.verifySnapshots()
        try restore()
        #expect(try machine.stateHash() == hash)
        try machine.close()
    }

    /// A snapshot that takes the RAM of its ancestors over would give their damage checksums that are right.
    @Test func damageIsNotMerged() throws {
        let fixture = try SnapshotFixture(maximumRunCount: 0)
        fixture.write(0..<fixture.memory.byteCount)
        let first = try fixture.snapshot()
        let path = fixture.path(first.id, "ram")
        let original = try File.contents(of: path, limit: 1 << 24)
        fixture.write(0..<1)
        var damaged = original
        damaged[Int(RAMLayerHeader.dataOffset) + 3 * 65536] ^= 1
        try write(damaged, path)
        #expect(throws: SnapshotError.self) { try fixture.snapshot() }
        #expect(try fixture.store.list().snapshots.map(\.id) == [first.id])
        try write(original, path)
        fixture.write(0..<1)
        let second = try fixture.snapshot()
        #expect(second.layerCount == 1)
        #expect(try SnapshotFixture.bytes(of: fixture.restored(second.id)) == fixture.bytes)
    }

    private func write(_ bytes: [UInt8], _ path: String) throws {
        let file = try File(opening: path, .readWrite)
        try bytes.withUnsafeBytes { try file.write([$0], at: 0) }
    }

    private func keepingTimes(_ path: String, _ body: () throws -> Void) throws {
        var status = stat()
        try #require(stat(path, &status) == 0)
        try body()
        let times = [status.st_atim, status.st_mtim]
        try #require(utimensat(AT_FDCWD, path, times, 0) == 0)
    }

    /// What was verified is read again when it was written to since, and only then.
    @Test func marksAreOfOneVersionOfAFile() throws {
        let folder = try TemporaryFolder()
        try folder.write("file", [1, 2, 3])
        var count = 0
        func verify() throws {
            let file = try File(opening: folder("file"), .readOnly)
            try VerificationMark.verifyOnce(file) { () throws(SnapshotError) in count += 1 }
        }
        try verify()
        // Too young: the file might have changed within a tick.
        try verify()
        #expect(count == 2)
        Thread.sleep(forTimeInterval: 0.2)
        for _ in 0..<3 { try verify() }
        #expect(count == 3)
        try folder.write("file", [1, 2, 4])
        try verify()
        #expect(count == 4)
        Thread.sleep(forTimeInterval: 0.2)
        try verify()
        for mark in ["", "x", String(repeating: "1 ", count: 1000)] {
            Thread.sleep(forTimeInterval: 0.01)
            try folder.write("file.verified", Array(mark.utf8))
            let before = count
            try verify()
            #expect(count == before + 1)
        }
    }
}

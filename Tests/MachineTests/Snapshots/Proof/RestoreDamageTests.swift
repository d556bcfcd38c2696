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
    private func damage(_ path: String, _ original: [UInt8], _ random: inout TestRandom) throws {
        let file = try File(opening: path, .readWrite)
        let offset = Int.random(in: 0..<original.count, using: &random)
        if Int.random(in: 0..<4, using: &random) == 0 { return try file.resize(to: UInt64(offset)) }
        let byte = [original[offset] ^ UInt8.random(in: 1...255, using: &random)]
        try byte.withUnsafeBytes { try file.write([$0], at: UInt64(offset)) }
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

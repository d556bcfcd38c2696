// Snapshots of running machines: everything of one moment, and back.
import Foundation
import GuestImages
import MachineCore
import StateCodec
import Testing

@testable import Machine

@Suite(.serialized) struct MachineSnapshotTests {
    /// A folder as a machine's bundle, with a disk of its own, removed with the object.
    private final class Bundle {
        let path = FileManager.default.temporaryDirectory.appendingPathComponent("snap-\(UUID().uuidString)").path
        var disk: String { path + "/disk.raw" }

        init() throws {
            try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
            _ = FileManager.default.createFile(atPath: disk, contents: Data(count: 16 << 20))
        }

        deinit { try? FileManager.default.removeItem(atPath: path) }
    }

    private func configuration(_ bundle: Bundle, _ program: BareProgram) throws -> MachineConfiguration {
        let bytes = program.bytes
        var configuration = MachineConfiguration(
            name: "test", program: .bare(BootFile(name: "program") { bytes }))
        configuration.memoryByteCount = 64 << 20
        configuration.disks = [DiskConfiguration(path: bundle.disk)]
        try DiskOverlays(bundlePath: bundle.path).apply(to: &configuration.disks)
        return configuration
    }

    /// Counts in a register and in a page that moves on, for ever.
    private static let counting = """
            li s1, 0x80800000
            li s2, 0x80c00000
            mv s3, s1
        1:  addi s0, s0, 1
            sd s0, 0(s3)
            addi s3, s3, 1024
            bltu s3, s2, 1b
            mv s3, s1
            j 1b
        """

    private func machine(_ bundle: Bundle) throws -> Machine {
        try Machine(
            try configuration(bundle, try BareProgram(Self.counting)), log: { _ in }, consoleOutput: { _ in })
    }

    /// Runs `user` on another thread while the machine runs, and stops the machine.
    private func run(_ machine: Machine, _ user: @escaping @Sendable (MachineRemote) throws -> Void) throws {
        let remote = machine.remote
        let failure = Mutexed<String?>(nil)
        let thread = Thread {
            do { try user(remote) } catch { failure.value = "\(error)" }
            remote.stop()
        }
        thread.start()
        #expect(try machine.run() == .stopped)
        #expect(failure.value == nil)
    }

    @Test func aSnapshotIsTheMomentAndTheMachineGoesOn() throws {
        let bundle = try Bundle()
        let machine = try machine(bundle)
        let path = bundle.path
        try run(machine) { remote in
            let snapshots = MachineSnapshots(bundlePath: path, remote)
            var hashes: [String: StateHash] = [:]
            for _ in 0..<4 {
                Thread.sleep(forTimeInterval: 0.01)
                try remote.perform { $0.pause() }
                let (manifest, _) = try snapshots.take()
                hashes["\(manifest.id)"] = try remote.perform { try $0.stateHash() }
                try remote.perform { $0.resume() }
            }
            #expect(Set(hashes.values).count == 4)
            for id in ["s2", "s4", "s1", "s3", "s3"] {
                try remote.perform { $0.pause() }
                try snapshots.restore(id)
                #expect(try remote.perform { try $0.stateHash() } == hashes[id], "\(id)")
                let before = try remote.perform { $0.instructionsExecuted }
                try remote.perform { $0.resume() }
                while try remote.perform({ $0.instructionsExecuted }) == before {}
            }
            let tree = try snapshots.store.list()
            #expect(tree.snapshots.map { "\($0.id)" } == ["s1", "s2", "s3", "s4"])
            #expect(tree.problems.isEmpty)
            try snapshots.remove("s2")
            try snapshots.restore("s3")
        }
        try machine.close()
    }

    /// A machine of another process begins where the snapshot was taken.
    @Test func anotherMachineBeginsFromASnapshot() throws {
        let bundle = try Bundle()
        let first = try machine(bundle)
        let path = bundle.path
        let hash = Mutexed<StateHash?>(nil)
        try run(first) { remote in
            Thread.sleep(forTimeInterval: 0.01)
            try remote.perform { $0.pause() }
            _ = try MachineSnapshots(bundlePath: path, remote).take(SnapshotLabel(name: "here", note: "a note"))
            hash.value = try remote.perform { try $0.stateHash() }
        }
        try first.close()
        let second = try machine(bundle)
        second.pause()
        try second.begin(from: "here", inBundleAt: bundle.path)
        #expect(try second.stateHash() == hash.value)
        #expect(throws: SnapshotError.self) { try second.begin(from: "there", inBundleAt: bundle.path) }
        #expect(try second.stateHash() == hash.value)
        try second.close()
    }

    /// A guest writes its disk before and after a snapshot; restored, it reads what it had written before.
    @Test func disksGoBackToo() throws {
        let image = try DebianGuest()
        let bundle = try Bundle()
        try FileManager.default.removeItem(atPath: bundle.disk)
        try FileManager.default.copyItem(atPath: try image.makeDisk(), toPath: bundle.disk)
        let machine = try Machine(
            Self.deterministic(image, bundle), log: { _ in }, consoleOutput: { _ in })
        let path = bundle.path
        _ = try machine.run(instructionLimit: 600_000_000)
        try run(machine) { remote in
            let snapshots = MachineSnapshots(bundlePath: path, remote)
            try remote.perform { $0.pause() }
            _ = try snapshots.take()
            // The same instructions after the snapshot, twice, with what they write to the disk.
            let end = try remote.perform { $0.instructionsExecuted } + 500_000_000
            var hashes: [StateHash] = []
            for _ in 0..<2 {
                try remote.perform { machine in
                    machine.schedule(at: end) { $0.pause() }
                    machine.resume()
                }
                while try remote.perform({ !$0.isPaused }) { Thread.sleep(forTimeInterval: 0.05) }
                hashes.append(try remote.perform { try $0.stateHash() })
                try snapshots.restore("s1")
            }
            #expect(hashes[0] == hashes[1])
        }
        try machine.close()
        let files = try FileManager.default.contentsOfDirectory(atPath: path + "/overlays")
        for name in files where name.hasSuffix("qcow2") {
            #expect(Self.succeeds("qemu-img", "check", "-q", path + "/overlays/" + name), "\(name)")
        }
    }

    private static func deterministic(_ guest: DebianGuest, _ bundle: Bundle) -> MachineConfiguration {
        var configuration = MachineConfiguration(name: "test", program: .linux(guest.linux()))
        configuration.memoryByteCount = 256 << 20
        configuration.clock = .deterministic(nanosecondsPerInstruction: 10)
        configuration.disks = [DiskConfiguration(path: bundle.disk)]
        return configuration
    }

    private static func succeeds(_ arguments: String...) -> Bool {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = arguments
        guard (try? process.run()) != nil else { return false }
        process.waitUntilExit()
        return process.terminationStatus == 0
    }
}

/// A value that threads share.
final class Mutexed<Value>: @unchecked Sendable {
    private let lock = NSLock()
    private var stored: Value

    init(_ value: Value) { stored = value }

    var value: Value {
        get { lock.withLock { stored } }
        set { lock.withLock { stored = newValue } }
    }
}

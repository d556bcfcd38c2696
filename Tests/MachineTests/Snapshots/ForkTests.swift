// Forks: machines that go on from a snapshot of another one, and share what both have alike.
import Foundation
import MachineCore
import StateCodec
import Testing

@testable import Machine

@Suite(.serialized) struct ForkTests {
    private let home: MachineHome
    private let folder: TemporaryFolder
    private let guest: DebianGuest

    init() throws {
        guest = try DebianGuest()
        folder = try TemporaryFolder()
        home = MachineHome(path: folder.path)
    }

    /// A Debian machine that writes to its disk, with a kernel and a disk of its own, and a disk elsewhere.
    private func makeBundle() throws -> MachineBundle {
        let image = guest.image
        let source = MachineSpec.Source.files(kernel: "kernel", initrd: image.initrd.path)
        let writes = "while :; do date >> /root/x; cat /root/x /proc/stat > /root/y; sync; done"
        let commandLine = "\(image.manifest.kernelCommandLine) \(DebianGuest.argument(toRun: writes))"
        var spec = MachineSpec(boot: .linux(.init(source, commandLine: commandLine), firmware: nil))
        spec.memory = ByteSize(mebibytes: 256)
        spec.clock = .deterministic
        spec.disks = [.init(file: "root.ext4"), .init(file: image.disk.path, readOnly: true)]
        return try MachineBundle.create(
            at: home.newPath("web"), spec: spec,
            disks: [
                .init(name: "root.ext4", source: image.disk.path), .init(name: "kernel", source: image.kernel.path),
            ])
    }

    private func machine(_ bundle: MachineBundle, from snapshot: String? = nil) throws -> Machine {
        let configuration = try bundle.configuration(try bundle.spec()) { _ in throw MachineError("no images here") }
        let machine = try Machine(configuration, log: { _ in }, consoleOutput: { _ in })
        if let snapshot { try machine.begin(from: snapshot, inBundleAt: bundle.path) }
        return machine
    }

    /// Runs `machine` on, on its own thread, while `user` asks for things.
    private func take(_ machine: Machine, _ bundle: MachineBundle) throws -> SnapshotManifest {
        let taken = Mutexed<SnapshotManifest?>(nil)
        let (remote, path) = (machine.remote, bundle.path)
        machine.pause()
        Thread {
            taken.value = try? MachineSnapshots(bundlePath: path, remote).take().0
            remote.stop()
        }.start()
        #expect(try machine.run() == .stopped)
        machine.resume()
        return try #require(taken.value)
    }

    /// A Debian guest with disks, forked twice at different moments, and a fork of a fork: each does what the
    /// original does from there, whatever becomes of the others.
    @Test func forksGoOnAsTheOriginal() throws {
        let bundle = try makeBundle()
        let original = try machine(bundle)
        _ = try original.run(instructionLimit: 500_000_000)
        let first = try take(original, bundle)
        _ = try original.run(instructionLimit: 200_000_000)
        let second = try take(original, bundle)
        let fork = try bundle.fork(second, to: home.newPath("fork"))
        let older = try bundle.fork(first, to: home.newPath("older"))
        _ = try original.run(instructionLimit: 300_000_000)
        let hash = try original.stateHash()
        try original.close()
        try bundle.remove()

        let child = try machine(fork, from: "\(second.id)")
        _ = try child.run(instructionLimit: 100_000_000)
        let third = try take(child, fork)
        let grandchild = try fork.fork(third, to: home.newPath("grandchild"))
        _ = try child.run(instructionLimit: 200_000_000)
        #expect(try child.stateHash() == hash)
        try child.close()
        try fork.remove()

        for (bundle, snapshot, rest) in [(older, first, 500_000_000), (grandchild, third, 200_000_000)] {
            let machine = try machine(bundle, from: "\(snapshot.id)")
            _ = try machine.run(instructionLimit: UInt64(rest))
            #expect(try machine.stateHash() == hash, "\(bundle.name)")
            try machine.close()
            let tree = try SnapshotStore(bundlePath: bundle.path).list()
            #expect(tree.problems.isEmpty)
            #expect(tree.snapshots.map(\.id) == [snapshot.id])
            for name in try FileManager.default.contentsOfDirectory(atPath: bundle.path + "/overlays")
            where name.hasSuffix(".qcow2") {
                #expect(try Tool.succeeds("qemu-img", "check", "-q", bundle.path + "/overlays/" + name), "\(name)")
            }
        }
    }

    /// A fork that is not begun from its snapshot starts with the disks of that moment, and its writes reach nobody.
    @Test func aForkWritesToFilesOfItsOwn() throws {
        let bundle = try makeBundle()
        let original = try machine(bundle)
        let snapshot = try take(original, bundle)
        let fork = try bundle.fork(snapshot, to: home.newPath("fork"))
        let child = try machine(fork)
        let overlay = fork.path + "/overlays/disk0.fork.qcow2"
        let emptyByteCount = try byteCount(of: overlay)
        // Boot writes to the disk when the root file system is mounted, some billion instructions after the start.
        for _ in 0..<8 where try byteCount(of: overlay) == emptyByteCount {
            _ = try child.run(instructionLimit: 1_000_000_000)
        }
        try child.close()
        #expect(try byteCount(of: overlay) > emptyByteCount)
        #expect(try Tool.succeeds("cmp", "-s", bundle.path + "/root.ext4", guest.image.disk.path))
        #expect(try Tool.succeeds("cmp", "-s", fork.path + "/root.ext4", guest.image.disk.path))
        try original.close()
    }

    private func byteCount(of path: String) throws -> Int {
        try FileManager.default.attributesOfItem(atPath: path)[.size] as? Int ?? 0
    }

    @Test func nothingIsLeftOfAForkThatFails() throws {
        let bundle = try makeBundle()
        let original = try machine(bundle)
        let snapshot = try take(original, bundle)
        try original.close()
        try FileManager.default.removeItem(atPath: bundle.path + "/snapshots/s1/ram")
        #expect(throws: SnapshotError.self) { try bundle.fork(snapshot, to: home.newPath("fork")) }
        #expect(try FileManager.default.contentsOfDirectory(atPath: home.machines) == ["web.starling"])
    }
}

/// Other projects' programs.
private enum Tool {
    static func succeeds(_ arguments: String...) throws -> Bool {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = arguments
        try process.run()
        process.waitUntilExit()
        return process.terminationStatus == 0
    }
}

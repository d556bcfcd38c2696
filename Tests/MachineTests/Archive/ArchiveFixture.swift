// A machine with disks, snapshots and overlays for one test, and archives of it.
import Foundation
import HostOS
import MachineCore
import StateCodec

@testable import Machine

/// A home with the machine `web`: a program and a disk elsewhere on the host, a disk in its folder, one that is only
/// read, and two snapshots, after each of which the disks were written.
final class ArchiveFixture {
    let folder: TemporaryFolder
    let home: MachineHome
    let bundle: MachineBundle
    /// The machine's state at `first`.
    private(set) var hash: StateHash?

    /// Counts in a register and in four pages, for ever.
    private static let counting = """
            li s1, 0x80040000
            li s2, 0x80044000
            mv s3, s1
        1:  addi s0, s0, 1
            sd s0, 0(s3)
            addi s3, s3, 512
            bltu s3, s2, 1b
            mv s3, s1
            j 1b
        """

    /// - Parameters:
    ///   - hasSnapshots: else the machine has only its files.
    ///   - diskByteCount: of each disk; a third of it has contents.
    init(hasSnapshots: Bool = true, diskByteCount: Int = 3 << 20) throws {
        let folder = try TemporaryFolder()
        self.folder = folder
        home = MachineHome(path: folder("home"))
        try Folder.make(folder("elsewhere"))
        try folder.write("elsewhere/program.elf", try BareProgram(Self.counting).bytes)
        for (index, name) in ["elsewhere/data disk.raw", "root.raw", "fixed.raw"].enumerated() {
            try folder.write(name, Self.disk(diskByteCount, seed: UInt64(index)))
        }
        var spec = MachineSpec(boot: .bare(folder("elsewhere/program.elf")))
        spec.memory = ByteSize(mebibytes: 1)
        spec.disks = [
            .init(file: "root.raw", serial: "ROOT"), .init(file: folder("elsewhere/data disk.raw")),
            .init(file: "fixed.raw", readOnly: true),
        ]
        bundle = try MachineBundle.create(
            at: try home.newPath("web"), spec: spec,
            disks: ["root.raw", "fixed.raw"].map { .init(name: $0, source: folder($0)) })
        if hasSnapshots { try takeSnapshots() }
    }

    private static func disk(_ count: Int, seed: UInt64) -> [UInt8] {
        var random = TestRandom(state: seed)
        var bytes = [UInt8](repeating: 0, count: count)
        for index in stride(from: count / 3, to: count * 2 / 3, by: 8) {
            bytes.withUnsafeMutableBytes { $0.storeBytes(of: random.next(), toByteOffset: index, as: UInt64.self) }
        }
        return bytes
    }

    static func noImages(_ name: String) throws -> BootImage { throw MachineError("there is no image \(name)") }

    func machine(_ bundle: MachineBundle) throws -> Machine {
        let configuration = try bundle.configuration(try bundle.spec(), images: Self.noImages)
        return try Machine(configuration, log: { _ in }, consoleOutput: { _ in })
    }

    private func takeSnapshots() throws {
        let machine = try machine(bundle)
        let remote = machine.remote
        let path = bundle.path
        let found = Mutexed<StateHash?>(nil)
        let failure = Mutexed<String?>(nil)
        Thread {
            do {
                try remote.perform { $0.pause() }
                let snapshots = MachineSnapshots(bundlePath: path, remote)
                _ = try snapshots.take(SnapshotLabel(name: "first", note: "a note"))
                found.value = try remote.perform { try $0.stateHash() }
                try remote.perform { try ArchiveFixture.write(to: $0, seed: 10) }
                try remote.perform { $0.resume() }
                while try remote.perform({ $0.instructionsExecuted }) < 10_000 {}
                try remote.perform { $0.pause() }
                _ = try snapshots.take(SnapshotLabel(name: "second"))
                try remote.perform { try ArchiveFixture.write(to: $0, seed: 20) }
            } catch {
                failure.value = "\(error)"
            }
            remote.stop()
        }.start()
        _ = try machine.run()
        try machine.close()
        if let reason = failure.value { throw MachineError(reason) }
        hash = found.value
    }

    /// Writes 1 KiB to each disk that can be written, at a place that depends on `seed`.
    private static func write(to machine: Machine, seed: UInt64) throws {
        var random = TestRandom(state: seed)
        let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: 1024, alignment: 8)
        defer { memory.deallocate() }
        for disk in machine.disks.contents where !disk.isReadOnly {
            for index in memory.indices { memory[index] = UInt8(truncatingIfNeeded: random.next()) }
            let segment = MemorySegment(pointer: memory.baseAddress!, count: memory.count)
            try disk.perform(.write(offset: seed * 512, from: [segment]))
            try disk.perform(.flush)
        }
    }

    /// Exports the machine, in chunks so small that there are many.
    @discardableResult
    func export(_ name: String = "web.archive", replacing: Bool = false) throws -> String {
        _ = try bundle.export(
            to: folder(name), replacing: replacing, chunkByteCount: 65536, images: Self.noImages)
        return folder(name)
    }

    func unpack(_ archive: String, as name: String) throws -> MachineBundle {
        try MachineArchive(opening: archive).unpack(to: try home.newPath(name))
    }

    /// The bytes of a machine's disk as its guest sees them now.
    static func contents(of disk: DiskConfiguration) throws -> [UInt8] {
        var disk = disk
        disk.readOnly = true
        let open = try disk.open()
        let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: Int(open.byteCount), alignment: 8)
        defer { memory.deallocate() }
        try open.perform(.read(offset: 0, into: [MemorySegment(pointer: memory.baseAddress!, count: memory.count)]))
        return Array(memory)
    }

    /// All files below a folder, with their contents, but for notes about files of this host.
    static func files(in folder: String) throws -> [String: [UInt8]] {
        var files: [String: [UInt8]] = [:]
        for name in FileManager.default.enumerator(atPath: folder)?.allObjects as? [String] ?? [] {
            guard Folder.isRegularFile("\(folder)/\(name)"), !name.hasSuffix(VerificationMark.suffix) else { continue }
            files[name] = Array(try Data(contentsOf: URL(fileURLWithPath: "\(folder)/\(name)")))
        }
        return files
    }
}

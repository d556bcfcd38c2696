// A machine that an earlier Starling has exported in the middle of its run still goes on as it did then.
import Foundation
import HostOS
import Testing

@testable import Machine

/// The file `golden.starling-archive` beside this one holds the program, a snapshot, its RAM, its state, a disk and
/// its overlays, each in the format of the version that wrote it. When a format changes on purpose, raise its version,
/// keep reading the old one, and add an archive of the new one:
///
///     STARLING_WRITE_GOLDEN=1 swift test ... --filter GoldenMachineTests
@Suite struct GoldenMachineTests {
    private static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    private static let archive = folder.appendingPathComponent("golden.starling-archive").path
    private static let isWriting = ProcessInfo.processInfo.environment["STARLING_WRITE_GOLDEN"] != nil
    /// The snapshot is made between the two halves.
    private static let halves = ["first half, ", "second half\n"]

    /// Prints the first half, waits for a word of RAM, prints the other, and ends.
    private static let program = """
            lla s0, first_text
            jal s2, print
            li s1, 100000
        1:  addi s1, s1, -1
            bnez s1, 1b
            lla s0, second_text
            jal s2, print
            finish 0
        print:
            li t0, 0x10000000
        2:  lbu t1, 0(s0)
            beqz t1, 3f
            sb t1, 0(t0)
            addi s0, s0, 1
            j 2b
        3:  jr s2
        first_text: .asciz "first half, "
        second_text: .asciz "second half\\n"
            .balign 4
        """

    private func machine(_ bundle: MachineBundle, _ console: ConsoleLog) throws -> Machine {
        let configuration = try bundle.configuration(try bundle.spec(), images: ArchiveFixture.noImages)
        return try Machine(configuration, log: { _ in }, consoleOutput: console.append)
    }

    private func write(_ home: MachineHome, _ folder: TemporaryFolder) throws {
        try folder.write("program.elf", try BareProgram(Self.program).bytes)
        try folder.write("disk.raw", [UInt8](repeating: 7, count: 4096))
        var spec = MachineSpec(boot: .bare(folder("program.elf")))
        spec.memory = ByteSize(mebibytes: 1)
        spec.clock = .deterministic
        spec.disks = [.init(file: "disk.raw")]
        let bundle = try MachineBundle.create(
            at: try home.newPath("golden"), spec: spec, disks: [.init(name: "disk.raw", source: folder("disk.raw"))])
        let console = ConsoleLog()
        let machine = try machine(bundle, console)
        _ = try machine.run(instructionLimit: 50_000)
        #expect(console.text == Self.halves[0])
        let (remote, path) = (machine.remote, bundle.path)
        machine.pause()
        Thread {
            _ = try? MachineSnapshots(bundlePath: path, remote).take(SnapshotLabel(name: "half"))
            remote.stop()
        }.start()
        #expect(try machine.run() == .stopped)
        try machine.close()
        try bundle.export(to: Self.archive, replacing: true, images: ArchiveFixture.noImages)
    }

    /// Said with every failure.
    private static let advice: Comment = """
        a format of snapshots or archives has changed: raise the version in its source, keep reading the old one, and \
        add an archive of the new one (the comment of this suite says how)
        """

    @Test func itGoesOn() throws {
        let folder = try TemporaryFolder()
        let home = MachineHome(path: folder("home"))
        if Self.isWriting { try write(home, folder) }
        #expect(throws: Never.self, Self.advice) {
            let bundle = try MachineArchive(opening: Self.archive).unpack(to: try home.newPath("again"))
            for engine in ["precise", "jit"] { try goOn(bundle, engine) }
        }
    }

    private func goOn(_ bundle: MachineBundle, _ engine: String) throws {
        let console = ConsoleLog()
        let machine = try machine(bundle, console)
        try machine.switchEngine(to: engine)
        try machine.begin(from: "half", inBundleAt: bundle.path)
        #expect(machine.instructionsExecuted == 50_000, Self.advice)
        try expectSameBytes(machine, SnapshotStore(bundlePath: bundle.path))
        #expect(try machine.run() == .poweredOff(status: 0), Self.advice)
        #expect(console.text == Self.halves[1], Self.advice)
        try machine.close()
    }

    /// What is written today is what was written then, byte for byte: a writer that changed alone is noticed, too.
    private func expectSameBytes(_ machine: Machine, _ store: SnapshotStore) throws {
        let manifest = try store.find("half")
        let path = "\(store.folder)/\(manifest.id)"
        #expect(try machine.stateTree().encoded() == store.state(of: manifest.id), Self.advice)
        #expect(try manifest.encoded() == File.contents(of: "\(path)/manifest", limit: 1 << 16), Self.advice)
        let layout = try #require(RAMLayout(ramByteCount: machine.context.memory.byteCount))
        let again = "\(path)/again"
        defer { try? Folder.removeFile(again) }
        let writer = try RAMLayerWriter(creating: again, layout: layout, number: manifest.id.number)
        let ram = UnsafeRawPointer(machine.context.memory.hostBase)
        _ = try writer.capture(ram, isDirty: nil).finish()
        let (found, expected) = try (
            File.contents(of: again, limit: 1 << 21), File.contents(of: "\(path)/ram", limit: 1 << 21)
        )
        #expect(found == expected, Self.advice)
    }

    @Test func itIsSmall() throws {
        #expect(try File(opening: Self.archive, .readOnly).byteCount() < 65536)
    }
}

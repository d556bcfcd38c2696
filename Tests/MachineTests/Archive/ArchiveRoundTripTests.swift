// Machines through an archive: what comes out is what went in, and needs nothing else.
import Foundation
import HostOS
import MachineCore
import Testing

@testable import Machine

@Suite struct ArchiveRoundTripTests {
    /// Everything that the machine was made of is gone when it is imported.
    @Test func aWholeMachine() throws {
        let fixture = try ArchiveFixture()
        let before = try ArchiveFixture.files(in: fixture.bundle.path)
        let disks = try contents(of: fixture.bundle)
        let archive = try fixture.export()
        #expect(try ArchiveFixture.files(in: fixture.bundle.path).filter { $0.key != "lock" } == before)
        try fixture.bundle.remove()
        try FileManager.default.removeItem(atPath: fixture.folder("elsewhere"))

        let bundle = try fixture.unpack(archive, as: "copy")
        #expect(bundle.path == fixture.folder("home/machines/copy.starling"))
        #expect(try Folder.names(in: fixture.home.machines) == ["copy.starling"])
        #expect(try contents(of: bundle) == disks)
        let after = try ArchiveFixture.files(in: bundle.path)
        // The program, the disk from elsewhere, and images that name it, have changed places.
        let changed = Set(after.keys).union(before.keys).filter { after[$0] != before[$0] }
        #expect(
            changed.sorted() == [
                "files/file", "files/program.elf", "machine.yaml", "overlays/disk1.s1.qcow2",
                "overlays/disk1.s1.qcow2.checksum", "snapshots/lock",
            ])
        #expect(before.keys.contains("snapshots/s2/ram") && before.keys.contains("overlays/current"))
        try restores(bundle, fixture)
    }

    private func contents(of bundle: MachineBundle) throws -> [[UInt8]] {
        let configuration = try bundle.configuration(try bundle.spec(), images: ArchiveFixture.noImages)
        return try configuration.disks.map(ArchiveFixture.contents)
    }

    private func restores(_ bundle: MachineBundle, _ fixture: ArchiveFixture) throws {
        let machine = try fixture.machine(bundle)
        machine.pause()
        try machine.begin(from: "first", inBundleAt: bundle.path)
        #expect(try machine.stateHash() == fixture.hash)
        try machine.close()
        // And again from there, when it has been written to.
        let again = try fixture.machine(bundle)
        again.pause()
        try again.begin(from: "second", inBundleAt: bundle.path)
        #expect(try again.stateHash() != fixture.hash)
        try again.close()
    }

    /// QEMU finds the renamed backing files, and the same bytes in them.
    @Test func imagesAreStillImages() throws {
        let fixture = try ArchiveFixture()
        let bundle = try fixture.unpack(try fixture.export(), as: "copy")
        let configuration = try bundle.configuration(try bundle.spec(), images: ArchiveFixture.noImages)
        for disk in configuration.disks[..<2] {
            let overlay = try #require(disk.overlay).path
            let raw = fixture.folder("converted.raw")
            #expect(Self.run("qemu-img", "check", "-q", overlay))
            #expect(Self.run("qemu-img", "convert", "-O", "raw", overlay, raw))
            #expect(try fixture.folder.read("converted.raw") == ArchiveFixture.contents(of: disk))
        }
    }

    private static func run(_ arguments: String...) -> Bool {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = arguments
        guard (try? process.run()) != nil else { return false }
        process.waitUntilExit()
        return process.terminationStatus == 0
    }

    /// An imported machine is a machine like others: nothing moves when it is exported once more.
    @Test func againAndAgain() throws {
        let fixture = try ArchiveFixture()
        let first = try fixture.unpack(try fixture.export(), as: "one")
        let files = try ArchiveFixture.files(in: first.path)
        try first.export(to: fixture.folder("again"), images: ArchiveFixture.noImages)
        let second = try fixture.unpack(fixture.folder("again"), as: "two")
        #expect(try ArchiveFixture.files(in: second.path) == files)
    }

    /// Comments in the description stay when nothing in it changes.
    @Test func theTextOfTheDescription() throws {
        let fixture = try ArchiveFixture(hasSnapshots: false)
        let text = Array("# mine\nkind: Machine\nboot:\n  bare: program.elf # this one\n".utf8)
        try File.replace(fixture.bundle.specPath, with: text)
        try File.copySparse(fixture.folder("elsewhere/program.elf"), to: fixture.bundle.path + "/program.elf")
        let bundle = try fixture.unpack(try fixture.export(), as: "copy")
        #expect(try File.contents(of: bundle.specPath, limit: 4096) == text)
        #expect(try Folder.names(in: bundle.path) == ["machine.yaml", "program.elf"])
    }

    /// Kernel, initial RAM disk and command line of an image come along.
    @Test func machinesOfImages() throws {
        let fixture = try ArchiveFixture(hasSnapshots: false)
        try fixture.folder.write("elsewhere/vmlinux", [1, 2, 3])
        try fixture.folder.write("vmlinux", [4, 5])
        var spec = MachineSpec(boot: .linux(.init(.image("debian")), firmware: nil))
        spec.name = "web"
        try File.replace(fixture.bundle.specPath, with: Array(spec.yaml.utf8))
        try fixture.bundle.export(to: fixture.folder("archive")) { name in
            #expect(name == "debian")
            return BootImage(
                kernel: fixture.folder("elsewhere/vmlinux"), initrd: fixture.folder("vmlinux"), commandLine: "quiet")
        }
        #expect(try MachineArchive(opening: fixture.folder("archive")).machineName == "web")
        let bundle = try fixture.unpack(fixture.folder("archive"), as: "copy")
        let read = try bundle.spec()
        #expect(read.name == nil)
        guard case .linux(let linux, nil) = read.boot, case .files(let kernel, let initrd?) = linux.source else {
            Issue.record("\(read.boot)")
            return
        }
        #expect(linux.commandLine == "quiet")
        #expect(Set([kernel, initrd]) == ["files/vmlinux", "files/2-vmlinux"])
        #expect(try File.contents(of: "\(bundle.path)/\(kernel)", limit: 9) == [1, 2, 3])
        #expect(try File.contents(of: "\(bundle.path)/\(initrd)", limit: 9) == [4, 5])
    }

    /// Holes are neither stored nor made real.
    @Test func sparseDisks() throws {
        let fixture = try ArchiveFixture(hasSnapshots: false)
        let disk = try File(opening: fixture.bundle.path + "/root.raw", .readWrite)
        try disk.resize(to: 1 << 40)
        let summary = try fixture.bundle.export(to: fixture.folder("archive"), images: ArchiveFixture.noImages)
        #expect(summary.contentByteCount > 1 << 40)
        #expect(summary.byteCount < 16 << 20)
        let copy = try fixture.unpack(fixture.folder("archive"), as: "copy").path + "/root.raw"
        #expect(try File(opening: copy, .readOnly).byteCount() == 1 << 40)
        #expect(Self.run("sh", "-c", "test $(du -k '\(copy)' | cut -f 1) -lt 4096"))
    }

    @Test func progressEndsAtTheEnd() throws {
        let fixture = try ArchiveFixture(hasSnapshots: false)
        var steps: [ArchiveProgress] = []
        try fixture.bundle.export(
            to: fixture.folder("archive"), images: ArchiveFixture.noImages, progress: { steps.append($0) })
        #expect(steps.last?.fraction == 1)
        #expect(zip(steps, steps.dropFirst()).allSatisfy { $0.doneByteCount <= $1.doneByteCount })
        steps = []
        let archive = try MachineArchive(opening: fixture.folder("archive"))
        _ = try archive.unpack(to: fixture.home.newPath("copy"), progress: { steps.append($0) })
        #expect(steps.last?.fraction == 1)
        #expect(steps.last?.totalByteCount == archive.contentByteCount)
    }
}

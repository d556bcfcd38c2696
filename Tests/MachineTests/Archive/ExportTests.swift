// What is exported, and what is refused; targets that exist.
import Foundation
import HostOS
import Testing

@testable import Machine

@Suite struct ExportTests {
    private let fixture: ArchiveFixture

    init() throws { fixture = try ArchiveFixture(diskByteCount: 3 << 12) }

    /// The error of an export; nothing is left of it.
    private func refusal(
        _ name: String = "refused", replacing: Bool = false, _ place: SourceLocation = #_sourceLocation
    ) throws -> ArchiveError? {
        let before = try fixture.folder.names
        let error = #expect(throws: ArchiveError.self, sourceLocation: place) {
            try fixture.export(name, replacing: replacing)
        }
        #expect(try fixture.folder.names == before, sourceLocation: place)
        return error
    }

    @Test func existingFiles() throws {
        try fixture.folder.write("mine", [1, 2, 3])
        #expect(try refusal("mine") == .exists(path: fixture.folder("mine")))
        #expect(try fixture.folder.read("mine") == [1, 2, 3])
        try fixture.export("mine", replacing: true)
        #expect(try MachineArchive(opening: fixture.folder("mine")).machineName == "web")
        #expect(try refusal("home", replacing: true) != nil)
        #expect(try refusal("missing/archive") != nil)
    }

    @Test func existingMachines() throws {
        let archive = try fixture.export()
        let before = try ArchiveFixture.files(in: fixture.bundle.path)
        #expect(throws: ArchiveError.bundle(.exists(name: "web", path: fixture.bundle.path))) {
            try MachineArchive(opening: archive).unpack(to: fixture.bundle.path)
        }
        #expect(try ArchiveFixture.files(in: fixture.bundle.path) == before)
        #expect(try Folder.names(in: fixture.home.machines) == ["web.starling"])
    }

    @Test func runningMachines() throws {
        do {
            let lock = try fixture.bundle.lock()
            let error = try refusal()
            #expect(error == .running(name: "web", process: HostProcess.current))
            #expect(
                error?.description
                    == "machine 'web' is running as process \(HostProcess.current): stop it first, or fork it and "
                    + "export the fork")
            lock.holdUntilHere()
        }
        try fixture.export("after")
    }

    /// A disk elsewhere may be written by another machine.
    @Test func disksInUse() throws {
        let disk = try DiskConfiguration(path: fixture.folder("elsewhere/data disk.raw")).open()
        guard case .disk(let why) = try refusal() else {
            Issue.record("no error of a disk")
            return
        }
        #expect(why.contains("data disk.raw"))
        withExtendedLifetime(disk) {}
    }

    @Test func missingFiles() throws {
        try Folder.removeFile(fixture.folder("elsewhere/program.elf"))
        #expect(try refusal() == .missingFile(path: fixture.folder("elsewhere/program.elf")))
    }

    @Test func damagedSnapshots() throws {
        let ram = try File(opening: fixture.bundle.path + "/snapshots/s1/ram", .readWrite)
        let byte: [UInt8] = [0x5a]
        try byte.withUnsafeBytes { try ram.write([$0], at: 65536 + 8) }
        guard case .snapshot(.damaged) = try refusal() else {
            Issue.record("no error of a snapshot")
            return
        }
    }

    @Test func lostImages() throws {
        try Folder.removeFile(fixture.bundle.path + "/overlays/disk0.s1.qcow2")
        guard case .disk = try refusal() else {
            Issue.record("no error of a disk")
            return
        }
    }

    @Test func imagesThatAreNotThere() throws {
        let spec = MachineSpec(boot: .linux(.init(.image("gone")), firmware: nil))
        try File.replace(fixture.bundle.specPath, with: Array(spec.yaml.utf8))
        #expect(try refusal() == .unexportable(why: "there is no image gone"))
    }

    /// What a running machine has in its folder, and what the user has put there, is not the machine.
    @Test func otherFilesStay() throws {
        for name in ["starling.log", "statistics.json", "notes.txt"] {
            try File.replace("\(fixture.bundle.path)/\(name)", with: [1])
        }
        try File.replace(fixture.bundle.path + "/overlays/disk9.s9.qcow2", with: [1])
        let bundle = try fixture.unpack(try fixture.export(), as: "copy")
        #expect(
            try Folder.names(in: bundle.path)
                == ["files", "fixed.raw", "machine.yaml", "overlays", "root.raw", "snapshots"])
        #expect(!Folder.exists(bundle.path + "/overlays/disk9.s9.qcow2"))
    }

    /// Snapshots that were removed, but whose RAM others need.
    @Test func hiddenLayers() throws {
        try SnapshotStore(bundlePath: fixture.bundle.path).remove(.test(1))
        let bundle = try fixture.unpack(try fixture.export(), as: "copy")
        #expect(Folder.exists(bundle.path + "/snapshots/s1.layer/ram"))
        try SnapshotStore(bundlePath: bundle.path).verify(.test(2))
    }

    @Test func aFork() throws {
        let manifest = try SnapshotStore(bundlePath: fixture.bundle.path).find("first")
        let fork = try fixture.bundle.fork(manifest, to: fixture.home.newPath("fork"))
        try fork.export(to: fixture.folder("archive"), images: ArchiveFixture.noImages)
        try fixture.bundle.remove()
        try fork.remove()
        let bundle = try fixture.unpack(fixture.folder("archive"), as: "copy")
        let machine = try fixture.machine(bundle)
        machine.pause()
        try machine.begin(from: "first", inBundleAt: bundle.path)
        #expect(try machine.stateHash() == fixture.hash)
        try machine.close()
    }

    @Test func plainPaths() {
        #expect(ExportPath.plain("/a/./b//c/../d/") == "/a/b/d")
        #expect(ExportPath.plain("/../..") == "/")
    }
}

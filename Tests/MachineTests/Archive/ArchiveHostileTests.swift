// Archives that somebody made to do harm: none reaches outside of its machine's folder, or takes more than there is.
import CZstd
import Foundation
import HostOS
import Testing

@testable import Machine

@Suite struct ArchiveHostileTests {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    /// Imports the archive into the folder `target`, which must be the only thing that changes.
    @discardableResult
    private func unpack(_ bytes: [UInt8]) throws -> MachineBundle {
        try folder.write("archive", bytes)
        do {
            return try MachineArchive(opening: folder("archive")).unpack(to: folder("target/copy.starling"))
        } catch {
            #expect(try folder.names.filter { $0 != "target" } == ["archive"])
            if Folder.exists(folder("target")) { #expect(try Folder.names(in: folder("target")).isEmpty) }
            throw error
        }
    }

    private func refuses(_ archive: CraftedArchive, _ place: SourceLocation = #_sourceLocation) {
        let error = #expect(throws: ArchiveError.self, sourceLocation: place) { try unpack(archive.bytes()) }
        #expect(error?.isRefusal == true, "\(String(describing: error))", sourceLocation: place)
    }

    /// The others are refused for what is said to be wrong with them, and not for something else.
    @Test func theHonestOneIsImported() throws {
        let bundle = try unpack(CraftedArchive().bytes())
        #expect(try Folder.names(in: bundle.path) == ["machine.yaml", "program"])
        #expect(try File.contents(of: bundle.path + "/program", limit: 9) == [1, 2, 3])
    }

    private static let badPaths = [
        "", ".", "..", "/", "../x", "/etc/passwd", "files/../../x", "files//x", "files/", "/files/x", "files/.x", ".x",
        "a/b", "files/a/b", "overlays/x", "overlays/../x.qcow2", "overlays/.qcow2", "snapshots/s1", "snapshots/s01/ram",
        "snapshots/s0/ram", "snapshots/x/ram", "snapshots/s1/other", "snapshots/s1/../ram", "snapshots/s1.layer/state",
        "snapshots/lock", "lock", "console.sock", "control.sock", "gdb.sock", "statistics.json", "starling.log",
        "files", "overlays", "snapshots", "machine.yaml/x", "machine.yaml ", "x\ny", "x\0y", "x\u{1b}[2J", "ä",
        "files/a b", "-x", "~", "files\\x", String(repeating: "x", count: 201), "..\u{2215}x", "%2e%2e",
    ]

    @Test(arguments: badPaths) func pathsThatNoMachineHas(_ path: String) throws {
        #expect(ArchivePath(path) == nil)
        refuses(CraftedArchive([path: [7]]))
        // Also not where the description names it.
        refuses(CraftedArchive(yaml: CraftedArchive.yaml + "disks:\n  - file: \(YAMLText.scalar(path))\n", [path: [7]]))
    }

    @Test func pathsThatMachinesHave() {
        let paths: [(String, ArchivePath)] = [
            ("machine.yaml", .specification), ("root.raw", .ownFile), ("files/2-a+b_c.raw", .ownFile),
            ("overlays/current", .overlay), ("overlays/disk0.s1-17.qcow2", .overlay), ("snapshots/current", .snapshot),
            ("snapshots/next", .snapshot), ("snapshots/s12/state", .snapshot), ("snapshots/s3.layer/ram", .snapshot),
        ]
        for (path, kind) in paths { #expect(ArchivePath(path) == kind, "\(path)") }
    }

    /// What is not in the archive is on the host.
    @Test(arguments: [
        "bare: /etc/passwd", "bare: ../x", "bare: missing", "image: debian", "bare: machine.yaml",
        "bare: snapshots/s1/ram", "kernel: program\n  initrd: /etc/passwd", "kernel: program\n  firmware: /x",
        "kernel: program\n  deviceTree: ../../x", "bare: program\ndisks: [{ file: /etc/passwd }]",
        "bare: program\ndisks: [{ file: ../../disk.raw }]", "bare: program\ndisks: [{ file: overlays/current }]",
    ]) func descriptionsThatNameOtherFiles(_ boot: String) {
        refuses(CraftedArchive(yaml: "kind: Machine\nboot:\n  \(boot)\n"))
    }

    @Test func descriptionsThatAreNone() {
        #expect(throws: ArchiveError.self) { try unpack(CraftedArchive(yaml: "kind: Machine\n").bytes()) }
        #expect(throws: ArchiveError.self) { try unpack(CraftedArchive(yaml: "").bytes()) }
        var large = CraftedArchive()
        large.parts[0].byteCount = 1 << 40
        refuses(large)
    }

    @Test func filesThatNobodyNames() throws {
        refuses(CraftedArchive(["other": [1]]))
        var twice = CraftedArchive()
        twice.parts.append(twice.parts[1])
        refuses(twice)
        var missing = CraftedArchive()
        missing.parts.removeFirst()
        refuses(missing)
        var none = CraftedArchive()
        none.parts = []
        refuses(none)
    }

    @Test(arguments: ["", "..", "a/b", "x\n", "a.starling", ".x"]) func names(_ name: String) {
        var archive = CraftedArchive()
        archive.machineName = name
        refuses(archive)
    }

    @Test(arguments: [0, 1, 4095, 4097, 12288, 2048, 32 << 20, UInt64.max, 1 << 63] as [UInt64])
    func chunkSizes(_ byteCount: UInt64) {
        var archive = CraftedArchive()
        archive.parts[0].stored = []
        archive.parts[1].stored = []
        archive.parts[0].byteCount = 0
        archive.parts[1].byteCount = 0
        archive.chunkByteCount = byteCount
        refuses(archive)
    }

    @Test func chunksOutOfPlace() {
        for numbers in [[1], [0, 0], [1, 0], [UInt64.max], [0, 1 << 52], [1 << 34]] as [[UInt64]] {
            var archive = CraftedArchive()
            archive.parts[1].byteCount = 4100
            archive.parts[1].stored = numbers.map { ($0, [UInt8](repeating: 5, count: 5)) }
            refuses(archive)
        }
        var large = CraftedArchive()
        large.parts[1].stored = [(0, [1, 2, 3, 4])]
        refuses(large)
        var empty = CraftedArchive()
        empty.parts[1].stored = [(0, [])]
        refuses(empty)
        var endless = CraftedArchive()
        endless.parts[1].byteCount = .max
        refuses(endless)
    }

    @Test func versions() throws {
        var archive = CraftedArchive()
        archive.version = 2
        #expect(throws: ArchiveError.unsupportedVersion(path: folder("archive"), version: 2)) {
            try unpack(archive.bytes())
        }
    }

    /// Every word of the index in turn, as large as it can be and as large as is likely to overflow something.
    @Test func hugeNumbers() throws {
        let archive = CraftedArchive()
        let index = archive.index
        let values: [UInt64] = [.max, .max - 7, 1 << 63, 1 << 62, 1 << 61, 1 << 32, 0x1000, UInt64(index.count)]
        for position in 0...index.count - 8 {
            for value in values {
                var changed = index
                withUnsafeBytes(of: value.littleEndian) { changed.replaceSubrange(position..<position + 8, with: $0) }
                if changed == index { continue }
                // What is still an archive is one of the same machine; nothing else may come of it.
                do {
                    let bundle = try unpack(archive.bytes(index: changed))
                    #expect(try Folder.names(in: bundle.path) == ["machine.yaml", "program"])
                    try bundle.remove()
                } catch let error as ArchiveError {
                    #expect(error.isRefusal || error.isLackOfRoom, "\(position): \(error)")
                }
            }
        }
    }

    @Test func randomIndexes() throws {
        var random = TestRandom(state: 6)
        let archive = CraftedArchive()
        for _ in 0..<2000 {
            var index = archive.index
            for _ in 0..<Int.random(in: 1...4, using: &random) {
                index[Int.random(in: index.indices, using: &random)] = UInt8.random(in: 0...255, using: &random)
            }
            if Bool.random(using: &random) { index.removeLast(Int.random(in: 0..<index.count, using: &random)) }
            do {
                try unpack(archive.bytes(index: index)).remove()
            } catch let error as ArchiveError {
                #expect(error.isRefusal || error.isLackOfRoom, "\(error)")
            }
        }
    }

    // MARK: Bombs

    private static func compressed(_ bytes: [UInt8]) -> [UInt8] {
        var frame = [UInt8](repeating: 0, count: ZSTD_compressBound(bytes.count))
        let count = ZSTD_compress(&frame, frame.count, bytes, bytes.count, 3)
        return Array(frame.prefix(count))
    }

    private func archive(of frame: [UInt8], byteCount: UInt64) -> CraftedArchive {
        var archive = CraftedArchive()
        archive.parts[1].byteCount = byteCount
        archive.parts[1].stored = [(0, frame)]
        return archive
    }

    @Test func framesOfAnotherSize() throws {
        let content = [UInt8](repeating: 7, count: 4096)
        try unpack(archive(of: Self.compressed(content), byteCount: 4096).bytes()).remove()
        let others = [
            Self.compressed([UInt8](repeating: 7, count: 64 << 20)), Self.compressed(content + [7]),
            Self.compressed(Array(content.dropLast())), Self.compressed(content) + [0], Self.compressed([]),
            Self.compressed(content) + Self.compressed([7]), Array(Self.compressed(content).dropLast()),
            [UInt8](repeating: 0xff, count: 4000),
        ]
        for frame in others { refuses(archive(of: Array(frame.prefix(4095)), byteCount: 4096)) }
    }

    @Test func moreThanThereIsRoomFor() throws {
        let free = try Folder.freeByteCount(at: folder.path)
        let chunk = Self.compressed([UInt8](repeating: 7, count: 16 << 20))
        var archive = archive(of: chunk, byteCount: ArchiveIndex.maximumFileByteCount)
        archive.chunkByteCount = 16 << 20
        let count = free / (16 << 20) + 1000
        // Two parts, so that no file is larger than a file system takes.
        archive.parts[1].stored = (0..<count).map { ($0, chunk) }
        let error = #expect(throws: ArchiveError.self) { try unpack(archive.bytes()) }
        #expect(error?.isLackOfRoom == true, "\(String(describing: error))")
    }

    // MARK: Snapshots and images that are not what they should be

    @Test func brokenSnapshotsAndImages() throws {
        let files: [[String: [UInt8]]] = [
            ["snapshots/s1/manifest": [1, 2, 3]], ["snapshots/current": Array("s1\n".utf8)],
            ["snapshots/s1/ram": [1]], ["overlays/current": Array("0 overlays/x.qcow2\n".utf8)],
            ["overlays/current": [0xff]],
        ]
        for file in files {
            #expect(throws: ArchiveError.self) { try unpack(CraftedArchive(file).bytes()) }
        }
    }

    /// An image that says it is based on a file of the host.
    @Test func imagesThatReachOut() throws {
        try Folder.make(folder("elsewhere"))
        try folder.write("elsewhere/secret.raw", [UInt8](repeating: 9, count: 512))
        for name in [folder("elsewhere/secret.raw"), "../../../elsewhere/secret.raw"] {
            let image = try Self.image(over: name, in: folder("elsewhere"))
            let yaml = CraftedArchive.yaml + "disks: [{ file: root.raw }]\n"
            var archive = CraftedArchive(
                yaml: yaml,
                [
                    "root.raw": [UInt8](repeating: 1, count: 512), "overlays/x.qcow2": image,
                    "overlays/current": Array("0 overlays/x.qcow2\n".utf8),
                ])
            archive.chunkByteCount = 16 << 20
            try folder.write("archive", archive.bytes())
            let error = #expect(throws: ArchiveError.self) {
                try MachineArchive(opening: folder("archive")).unpack(to: folder("target/copy.starling"))
            }
            guard case .disk = error else {
                Issue.record("\(String(describing: error))")
                continue
            }
            #expect(try Folder.names(in: folder("target")).isEmpty)
        }
    }

    private static func image(over name: String, in folder: String) throws -> [UInt8] {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = ["qemu-img", "create", "-q", "-u", "-f", "qcow2", "-F", "raw", "-b", name, "x.qcow2", "512"]
        process.currentDirectoryURL = URL(fileURLWithPath: folder)
        try process.run()
        process.waitUntilExit()
        return Array(try Data(contentsOf: URL(fileURLWithPath: "\(folder)/x.qcow2")))
    }
}

extension ArchiveError {
    /// Files that no host here could hold.
    fileprivate var isLackOfRoom: Bool {
        switch self {
        case .noSpace: true
        case .host(let error): error.code == HostError.Code.fileTooLarge
        default: false
        }
    }
}

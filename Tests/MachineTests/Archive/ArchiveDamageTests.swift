// Archives that were changed or cut short on their way: none is imported, and nothing is left of the attempt.
import Foundation
import HostOS
import Testing

@testable import Machine

@Suite struct ArchiveDamageTests {
    private let fixture: ArchiveFixture
    private let archive: String

    /// A machine with snapshots, small enough for many attempts.
    init() throws {
        fixture = try ArchiveFixture(diskByteCount: 3 << 12)
        archive = try fixture.export()
    }

    /// The error of an import; nil when it succeeded. Nothing is left but a machine that was imported.
    private func attempt(_ name: String = "web.archive", in target: String = "target") throws -> ArchiveError? {
        let path = fixture.folder("\(target)/copy.starling")
        do throws(ArchiveError) {
            _ = try MachineArchive(opening: fixture.folder(name)).unpack(to: path)
        } catch {
            let left = Folder.exists(Folder.parent(of: path)) ? try Folder.names(in: Folder.parent(of: path)) : []
            #expect(left.isEmpty)
            return error
        }
        try Folder.removeTree(path)
        return nil
    }

    @Test func wholeArchivesAreImported() throws {
        #expect(try attempt() == nil)
        #expect(try Folder.names(in: fixture.folder("target")).isEmpty)
    }

    @Test(arguments: 1...4) func everyChangedByteIsNoticed(_ seed: UInt64) throws {
        let bytes = try fixture.folder.read("web.archive")
        let name = "changed\(seed)"
        try fixture.folder.write(name, bytes)
        let file = try File(opening: fixture.folder(name), .readWrite)
        var random = TestRandom(state: seed)
        func put(_ byte: UInt8, at position: Int) throws {
            try withUnsafeBytes(of: byte) { try file.write([$0], at: UInt64(position)) }
        }
        for round in 0..<2000 {
            // The parts with a form of their own are small, and get their share.
            let position = switch round % 4 {
            case 0: Int.random(in: 0..<ArchiveFormat.headerByteCount, using: &random)
            case 1: bytes.count - 1 - Int.random(in: 0..<4096, using: &random)
            default: Int.random(in: bytes.indices, using: &random)
            }
            try put(bytes[position] ^ UInt8.random(in: 1...255, using: &random), at: position)
            let error = try attempt(name, in: "target\(seed)")
            #expect(error?.isRefusal == true, "at \(position) of \(bytes.count): \(String(describing: error))")
            try put(bytes[position], at: position)
        }
        #expect(try attempt(name, in: "target\(seed)") == nil)
    }

    @Test func everyCutIsNoticed() throws {
        let bytes = try fixture.folder.read("web.archive")
        let file = try File(opening: archive, .readWrite)
        var random = TestRandom(state: 5)
        let ends = Array(0..<200) + (1...300).map { bytes.count - $0 }
        let others = (0..<1500).map { _ in Int.random(in: bytes.indices, using: &random) }
        for count in (ends + others).sorted(by: >) {
            try file.resize(to: UInt64(count))
            let error = try attempt()
            #expect(error?.isRefusal == true, "\(count) of \(bytes.count) bytes: \(String(describing: error))")
        }
    }

    @Test func bytesBehindTheEndAreNoticed() throws {
        let file = try File(opening: archive, .readWrite)
        try file.resize(to: try file.byteCount() + 1)
        #expect(try attempt()?.isRefusal == true)
    }

    /// Parts that are whole, but not where they belong.
    @Test func exchangedPartsAreNoticed() throws {
        let bytes = try fixture.folder.read("web.archive")
        let reader = try ArchiveReader(opening: archive)
        let chunks = reader.index.files.flatMap(\.chunks)
        var position = ArchiveFormat.headerByteCount
        for (chunk, next) in zip(chunks, chunks.dropFirst()) {
            let middle = position + Int(chunk.storedByteCount)
            let end = middle + Int(next.storedByteCount)
            if chunk.checksum != next.checksum {
                let exchanged = bytes[..<position] + bytes[middle..<end] + bytes[position..<middle] + bytes[end...]
                try fixture.folder.write("web.archive", Array(exchanged))
                #expect(try attempt()?.isRefusal == true)
            }
            position = middle
        }
    }

    @Test func messages() throws {
        try fixture.folder.write("web.archive", Array("PK\u{3}\u{4}".utf8))
        #expect(
            try attempt()?.description
                == "\(archive) is no archive of a machine: name a file that `starling export` has made")
        let missing = fixture.folder("missing")
        #expect(throws: ArchiveError.host(HostError("open \(missing)", code: HostError.Code.noSuchFile))) {
            try MachineArchive(opening: missing)
        }
        #expect(throws: ArchiveError.notAnArchive(path: fixture.folder.path)) {
            try MachineArchive(opening: fixture.folder.path)
        }
    }
}

extension ArchiveError {
    /// The archive itself is at fault.
    var isRefusal: Bool {
        switch self {
        case .notAnArchive, .damaged, .unacceptable, .unsupportedVersion: true
        default: false
        }
    }
}

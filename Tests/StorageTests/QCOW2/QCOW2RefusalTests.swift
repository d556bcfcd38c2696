// qcow2 images that are refused, and the words for it; backing files that nobody allowed; locks.
import Foundation
import HostOS
import MachineCore
import Testing

@testable import Storage

struct QCOW2RefusalTests {
    let files: TemporaryFiles

    init() throws { files = try TemporaryFiles() }

    private func refusal(
        _ path: String, readOnly: Bool = true, _ policy: QCOW2BackingPolicy = anyFile
    ) -> QCOW2Error? {
        do {
            _ = try patiently { () throws(QCOW2Error) in
                try QCOW2Disk(path: path, readOnly: readOnly, backing: policy)
            }
            return nil
        } catch {
            return error
        }
    }

    /// A new image with some of its bytes replaced.
    private func image(_ offset: Int, _ bytes: [UInt8], _ name: String = "changed.qcow2") throws -> String {
        let path = files.path("new-\(UUID()).qcow2")
        try QCOW2Disk.create(at: path, byteCount: 1 << 20)
        var image = try contents(path)
        image.replaceSubrange(offset..<offset + bytes.count, with: bytes)
        return try files.file(name, image)
    }

    // MARK: Files and features

    @Test func filesThatAreNoImages() throws {
        let missing = files.path("none.qcow2")
        #expect(refusal(missing) == .disk(.missing(path: missing)))
        #expect(refusal(files.folder.path) == .disk(.notAFile(path: files.folder.path, what: "a directory")))
        let raw = try files.disk()
        #expect(refusal(raw) == .notQCOW2(path: raw))
        let empty = try files.file("empty", [])
        #expect(refusal(empty) == .notQCOW2(path: empty))
        #expect("\(QCOW2Error.notQCOW2(path: raw))".contains("raw"))
    }

    @Test func versionsAndFeatures() throws {
        let version4 = try image(7, [4])
        #expect(refusal(version4) == .unsupportedVersion(path: version4, version: 4))
        let cases: [(Int, [UInt8], String)] = [
            (79, [4], "an external data file"),
            (75, [1], "an unknown feature (incompatible feature bit 32)"), (35, [2], "encryption (LUKS)"),
            (35, [1], "encryption (AES)"), (35, [9], "encryption (unknown method 9)"),
        ]
        for (offset, bytes, feature) in cases {
            let path = try image(offset, bytes)
            #expect(refusal(path) == .unsupportedFeature(path: path, feature: feature))
            #expect(refusal(path, readOnly: false) != nil)
        }
    }

    @Test func imagesThatCanOnlyBeRead() throws {
        let paths = try [2, 3].map { try image(79, [$0], "feature\($0).qcow2") }
        for path in paths {
            #expect(refusal(path) == nil)
            guard case .mustNotBeWritten? = refusal(path, readOnly: false) else {
                Issue.record("\(path) was opened for writing")
                continue
            }
        }
    }

    /// The image itself says what its features are called.
    @Test func unknownFeaturesHaveNames() throws {
        let path = try files.qemuImage("names.qcow2", 1 << 20)
        var image = try contents(path)
        let table = try #require(image.indices.first { image[$0...].starts(with: Array("dirty bit".utf8)) }) - 2
        image.replaceSubrange(table..<table + 12, with: [0, 33] + Array("turbo mode".utf8))
        image[75] = 2
        _ = try files.file("names.qcow2", image)
        #expect(refusal(path) == .unsupportedFeature(path: path, feature: "the feature 'turbo mode'"))
    }

    @Test func aDataFileIsNamed() throws {
        let path = try files.qemuImage("outside.qcow2", 1 << 20, "-o", "data_file=\(files.path("data.raw"))")
        let feature = "an external data file ('\(files.path("data.raw"))')"
        #expect(refusal(path) == .unsupportedFeature(path: path, feature: feature))
    }

    @Test func rangesAndReadOnlyDisks() throws {
        let path = files.path("new.qcow2")
        try QCOW2Disk.create(at: path, byteCount: 1024)
        let memory = TestMemory(pattern(1024))
        let writing: [BlockRequest.Operation] = [
            .write(offset: 0, from: memory.segments([512])), .discard(offset: 0, count: 512),
            .writeZeroes(offset: 0, count: 512),
        ]
        do {
            let disk = try QCOW2Disk(path: path, readOnly: true)
            for operation in writing {
                let error = #expect(throws: HostError.self) { try disk.perform(operation) }
                #expect(error?.code == HostError.Code.readOnlyFileSystem)
            }
            try disk.perform(.flush)
        }
        let disk = try patiently { () throws(QCOW2Error) in try QCOW2Disk(path: path, readOnly: false) }
        let outside: [BlockRequest.Operation] = [
            .write(offset: 512, from: memory.segments([513])),
            .write(offset: .max, from: memory.segments([1])),
            .read(offset: 1025, into: memory.segments([0])), .discard(offset: 512, count: .max),
            .writeZeroes(offset: 1024, count: 1),
        ]
        for operation in outside {
            let error = #expect(throws: HostError.self) { try disk.perform(operation) }
            #expect(error?.code == HostError.Code.invalidArgument)
        }
        for operation in writing { try disk.perform(operation) }
    }

    // MARK: New images

    @Test func newImagesThatCanNotBe() throws {
        let path = files.path("new.qcow2")
        for byteCount in [0, 511, 1 << 60, UInt64.max] {
            #expect(throws: QCOW2Error.badSize(path: path, byteCount: byteCount)) {
                try QCOW2Disk.create(at: path, byteCount: byteCount)
            }
        }
        for name in ["", String(repeating: "x", count: 1024), "a\0b"] {
            #expect(throws: QCOW2Error.badBackingName(path: path, name: name)) {
                try QCOW2Disk.createOverlay(at: path, backing: name, backingFormat: .raw, byteCount: 512)
            }
        }
        #expect(!Folder.exists(path))
        let old = try files.disk()
        #expect(throws: QCOW2Error.exists(path: old)) { try QCOW2Disk.create(at: old, byteCount: 512) }
        #expect(try contents(old) == pattern(1 << 16))
        let nowhere = files.path("none/new.qcow2")
        #expect(throws: QCOW2Error.self) { try QCOW2Disk.create(at: nowhere, byteCount: 512) }
    }

    // MARK: Backing files

    private func overlay(
        _ name: String, on backing: String, _ format: QCOW2BackingFormat = .raw
    ) throws -> String {
        let path = files.path(name)
        try QCOW2Disk.createOverlay(at: path, backing: backing, backingFormat: format, byteCount: 1 << 16)
        return path
    }

    /// Whatever an image names, nothing is opened that was not allowed.
    @Test(arguments: ["/etc/passwd", "../../../etc/passwd", "/dev/zero", "json:{}", "nbd://host/disk"])
    func onlyWhatIsAllowed(name: String) throws {
        let base = try files.disk("base.raw")
        let path = try overlay("top.qcow2", on: name)
        for policy in [.none, .only([base])] as [QCOW2BackingPolicy] {
            let error = try #require(refusal(path, policy))
            #expect(error == .backingRefused(image: path, name: name))
            #expect("\(error)".contains("not allowed"))
        }
    }

    @Test func thePolicySeesTheWholeChain() throws {
        let base = try files.disk("base.raw")
        let middle = try overlay("middle.qcow2", on: base)
        let top = try overlay("top.qcow2", on: "middle.qcow2", .qcow2)
        #expect(refusal(top, .only([middle])) == .backingRefused(image: middle, name: base))
        #expect(refusal(top, .only([base, middle])) == nil)
        #expect(refusal(top, .only([files.path("./middle.qcow2"), base])) == nil)
        // The caller may have moved the file: its path counts, not the image's.
        let moved = try files.disk("moved.raw")
        try FileManager.default.removeItem(atPath: base)
        #expect(refusal(top, QCOW2BackingPolicy { $0.format == .raw ? moved : $0.path }) == nil)
        #expect(refusal(top) == .backing(of: middle, .disk(.missing(path: base))))
    }

    @Test func loopsAndLongChains() throws {
        let own = try overlay("own.qcow2", on: "own.qcow2", .qcow2)
        #expect(refusal(own) == .backingLoop(image: own, name: "own.qcow2"))
        let one = try overlay("one.qcow2", on: "two.qcow2", .qcow2)
        let two = try overlay("two.qcow2", on: "./one.qcow2", .qcow2)
        #expect(refusal(one) == .backingLoop(image: two, name: "./one.qcow2"))
        // A loop through a link has ever new names: the host or the number of levels ends it.
        let link = files.path("link")
        try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: files.folder.path)
        let linked = try overlay("linked.qcow2", on: "link/linked.qcow2", .qcow2)
        for readOnly in [true, false] { #expect(refusal(linked, readOnly: readOnly) != nil) }
    }

    @Test func sixtyFourLevels() throws {
        var below = try files.disk("base.raw")
        for level in 1...65 {
            below = try overlay("level\(level).qcow2", on: below, level == 1 ? .raw : .qcow2)
        }
        let disk = try QCOW2Disk(path: files.path("level64.qcow2"), readOnly: true, backing: anyFile)
        #expect(try disk.allBytes() == pattern(1 << 16))
        guard case .backingTooDeep? = refusal(below) else {
            Issue.record("65 levels were opened")
            return
        }
    }

    /// Guessing the format would let a guest turn its raw disk into an image that names any file.
    @Test func aFormatIsNeverGuessed() throws {
        let base = try files.disk("base.raw")
        let path = try overlay("top.qcow2", on: base)
        var image = try contents(path)
        image.replaceSubrange(112..<115, with: Array("vmx".utf8))
        _ = try files.file("top.qcow2", image)
        #expect(refusal(path) == .backingFormat(image: path, name: base, format: "vmx"))
        // Without the extension.
        image.replaceSubrange(104..<108, with: [1, 2, 3, 4])
        _ = try files.file("top.qcow2", image)
        let error = try #require(refusal(path))
        #expect(error == .backingFormat(image: path, name: base, format: nil))
        #expect("\(error)".contains("qemu-img rebase"))
    }

    // MARK: Locks

    @Test func oneWriterOrManyReaders() throws {
        let base = try files.disk("base.raw")
        let path = try overlay("top.qcow2", on: base)
        do {
            let writer = try QCOW2Disk(path: path, readOnly: false, backing: anyFile)
            #expect(refusal(path) == .disk(.inUseHere(path: path)))
            #expect(throws: DiskError.self) { _ = try RawDisk(path: base, readOnly: false) }
            let other = try overlay("other.qcow2", on: base)
            #expect(refusal(other, readOnly: false) == nil, "two machines on one base")
            withExtendedLifetime(writer) {}
        }
        let readers = try (0..<2).map { _ in
            try patiently { () throws(QCOW2Error) in
                try QCOW2Disk(path: path, readOnly: true, backing: anyFile)
            }
        }
        #expect(refusal(path, readOnly: false) == .disk(.inUseHere(path: path)))
        withExtendedLifetime(readers) {}
    }
}

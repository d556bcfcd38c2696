// Copies of disks: the same bytes, the same holes, and nothing left of a failed one.
import Foundation
import HostOS
import Testing

@Suite struct SparseCopyTests {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    private func allocated(_ path: String) throws -> Int {
        var status = stat()
        #expect(stat(path, &status) == 0)
        return Int(status.st_blocks) * 512
    }

    private func makeSparse(_ name: String, size: UInt64, data: [(UInt64, Int)]) throws {
        let file = try File(creating: folder(name))
        try file.resize(to: size)
        for (offset, count) in data {
            let bytes = (0..<count).map { UInt8(truncatingIfNeeded: Int(offset) &+ $0 &* 7) | 1 }
            try bytes.withUnsafeBytes { try file.write([$0], at: offset) }
        }
    }

    @Test func holesStayHoles() throws {
        let size: UInt64 = 200 << 20
        try makeSparse("a", size: size, data: [(0, 5), (50 << 20, 300_000), ((200 << 20) - 1, 1)])
        try File.copySparse(folder("a"), to: folder("b"))
        let compare = Process()
        compare.executableURL = URL(fileURLWithPath: "/usr/bin/cmp")
        compare.arguments = [folder("a"), folder("b")]
        try compare.run()
        compare.waitUntilExit()
        #expect(compare.terminationStatus == 0)
        #expect(try allocated(folder("b")) <= (try allocated(folder("a"))) + 65_536)
    }

    @Test(arguments: [0, 1, 4095, 4096, 4097, 1_000_000] as [Int]) func sizes(_ count: Int) throws {
        let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 31 >> 3) }
        try folder.write("a", bytes)
        try File.copySparse(folder("a"), to: folder("b"))
        #expect(try folder.read("b") == bytes)
    }

    @Test func onlyHoles() throws {
        try makeSparse("a", size: 1 << 30, data: [])
        try File.copySparse(folder("a"), to: folder("b"))
        #expect(try File(opening: folder("b"), .readOnly).byteCount() == 1 << 30)
        #expect(try allocated(folder("b")) == 0)
    }

    @Test func existingDestinationStays() throws {
        try folder.write("a", [1])
        try folder.write("b", [2])
        #expect(throws: HostError.self) { try File.copySparse(folder("a"), to: folder("b")) }
        #expect(try folder.read("b") == [2])
    }

    @Test func whatIsNoFile() throws {
        for source in [folder("missing"), folder.path] {
            #expect(throws: HostError.self) { try File.copySparse(source, to: folder("b")) }
            #expect(!Folder.exists(folder("b")))
        }
    }

    /// A file system of 1 MiB; needs the right to mount one.
    @Test(.enabled(if: geteuid() == 0)) func fullFileSystem() throws {
        let small = folder("small")
        try Folder.make(small)
        guard run("/bin/mount", ["-t", "tmpfs", "-o", "size=1m", "tmpfs", small]) == 0 else { return }
        defer { _ = run("/bin/umount", [small]) }
        try folder.write("a", [UInt8](repeating: 7, count: 4 << 20))
        do throws(HostError) {
            try File.copySparse(folder("a"), to: small + "/b")
            Issue.record("4 MiB found room in 1 MiB")
        } catch {
            #expect(error.code == HostError.Code.noSpace)
            #expect("\(error)" == "copy \(folder("a")) to \(small)/b: No space left on device")
        }
        #expect(try Folder.names(in: small).isEmpty)
    }

    private func run(_ program: String, _ arguments: [String]) -> Int32 {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: program)
        process.arguments = arguments
        process.standardError = FileHandle.nullDevice
        guard (try? process.run()) != nil else { return -1 }
        process.waitUntilExit()
        return process.terminationStatus
    }
}

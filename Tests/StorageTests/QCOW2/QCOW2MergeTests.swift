// Chains of images as one image: QEMU sees the same disk.
import Foundation
import HostOS
import MachineCore
import Testing

@testable import Storage

@Suite struct QCOW2MergeTests {
    private static let byteCount = 3 * 65536 * 100 + 512

    /// A raw disk with images over it, each written at random places. The images, top first.
    private func chain(_ count: Int, _ files: TemporaryFiles, seed: UInt64) throws -> [String] {
        var random = SplitMix(seed)
        _ = try files.file("base.raw", random.bytes(Self.byteCount))
        var paths: [String] = []
        for number in 0..<count {
            let path = files.path("\(number).qcow2")
            try QCOW2Disk.createOverlay(
                at: path, backing: number == 0 ? "base.raw" : "\(number - 1).qcow2",
                backingFormat: number == 0 ? .raw : .qcow2, byteCount: UInt64(Self.byteCount))
            let disk = try QCOW2Disk(path: path, readOnly: false, backing: QCOW2BackingPolicy { $0.path })
            for _ in 0..<12 { try write(to: disk, &random) }
            try disk.perform(.flush)
            paths.insert(path, at: 0)
        }
        return paths
    }

    private func write(to disk: QCOW2Disk, _ random: inout SplitMix) throws {
        let offset = UInt64.random(in: 0..<UInt64(Self.byteCount) / 512, using: &random) * 512
        let count = min(UInt64.random(in: 1...400, using: &random) * 512, UInt64(Self.byteCount) - offset)
        if Int.random(in: 0..<3, using: &random) == 0 {
            return try disk.perform(.writeZeroes(offset: offset, count: count))
        }
        let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: Int(count), alignment: 8)
        defer { memory.deallocate() }
        memory.copyBytes(from: random.bytes(Int(count)))
        let segment = MemorySegment(pointer: memory.baseAddress!, count: memory.count)
        try disk.perform(.write(offset: offset, from: [segment]))
    }

    @Test(arguments: 1...4) func aChainIsOneImage(_ count: Int) throws {
        let files = try TemporaryFiles()
        let paths = try chain(count + 1, files, seed: UInt64(count))
        let merged = files.path("merged.qcow2")
        // The lowest image stays what the new one is based on.
        try QCOW2Disk.merge(Array(paths.dropLast()), into: merged)
        try expectWhole(merged)
        #expect(try QCOW2Disk.backingName(of: merged) == "0.qcow2")
        try qemuImage("compare", merged, paths[0])
        let all = files.path("all.qcow2")
        try QCOW2Disk.merge(paths, into: all)
        #expect(try QCOW2Disk.backingName(of: all) == "base.raw")
        try expectWhole(all)
        try qemuImage("compare", all, paths[0])
        #expect(throws: QCOW2Error.self) { try QCOW2Disk.merge(paths, into: all) }
    }

    @Test func nothingIsLeftOfAMergeThatFails() throws {
        let files = try TemporaryFiles()
        let paths = try chain(3, files, seed: 9)
        let file = try File(opening: paths[1], .readWrite)
        let table = try file.byteCount() / 2
        try file.resize(to: table)
        #expect(throws: QCOW2Error.self) { try QCOW2Disk.merge(paths, into: files.path("merged.qcow2")) }
        #expect(!FileManager.default.fileExists(atPath: files.path("merged.qcow2")))
    }
}

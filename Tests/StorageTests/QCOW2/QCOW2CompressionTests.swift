// Compressed clusters that QEMU packed: read, overwritten, given back.
import Foundation
import HostOS
import MachineCore
import Testing

@testable import Storage

struct QCOW2CompressionTests {
    let files: TemporaryFiles

    init() throws { files = try TemporaryFiles(in: fastFolder) }

    /// Bytes that can be packed, not all of them to the same size.
    private func text(_ count: Int, _ random: inout SplitMix) -> [UInt8] {
        var bytes = pattern(count)
        for _ in 0..<count / 40 {
            bytes[Int.random(in: 0..<count, using: &random)] = UInt8(truncatingIfNeeded: random.next())
        }
        return bytes
    }

    @Test(arguments: ["zlib", "zstd"], [512, 4096, 65536, 2 << 20])
    func compressedImages(method: String, clusterSize: Int) throws {
        var random = SplitMix(UInt64(clusterSize))
        var expected = text(3_000_320, &random)
        let raw = try files.file("raw", expected)
        let path = files.path("packed.qcow2")
        try qemuImage(
            "convert", "-c", "-f", "raw", "-O", "qcow2", "-o",
            "compression_type=\(method),cluster_size=\(clusterSize)", raw, path)
        // With the largest clusters the tables alone have more bytes than the disk.
        #expect(try clusterSize > 1 << 20 || contents(path).count < expected.count, "it is packed")
        do {
            let disk = try QCOW2Disk(path: path, readOnly: false)
            #expect(try disk.allBytes() == expected)
            for number in 0..<40 {
                let count = Int.random(in: 1...30_000, using: &random)
                let offset = Int.random(in: 0...expected.count - count, using: &random)
                let bytes = number % 4 == 0 ? [UInt8](repeating: 0, count: count) : random.bytes(count)
                if number % 4 == 0 {
                    try disk.perform(.writeZeroes(offset: UInt64(offset), count: UInt64(count)))
                } else {
                    try disk.put(bytes, at: offset)
                }
                expected.replaceSubrange(offset..<offset + count, with: bytes)
                #expect(try disk.bytes(at: offset, count: count) == bytes)
            }
            #expect(try disk.allBytes() == expected)
        }
        try expectWhole(path)
        try expectQEMUReads(path, expected, files)
    }

    /// A packed cluster shares its place with others; giving one back must not touch them.
    @Test func discardOfSome() throws {
        var random = SplitMix(5)
        var expected = text(1 << 20, &random)
        let path = files.path("packed.qcow2")
        try qemuImage("convert", "-c", "-f", "raw", "-O", "qcow2", try files.file("raw", expected), path)
        do {
            let disk = try QCOW2Disk(path: path, readOnly: false)
            for offset in stride(from: 0, to: 1 << 20, by: 1 << 17) {
                try disk.perform(.discard(offset: UInt64(offset), count: 1 << 16))
                expected.replaceSubrange(offset..<offset + 1 << 16, with: [UInt8](repeating: 0, count: 1 << 16))
            }
            try disk.perform(.flush)
            try disk.put(pattern(1 << 16), at: 0)
            expected.replaceSubrange(0..<1 << 16, with: pattern(1 << 16))
            #expect(try disk.allBytes() == expected)
        }
        try expectWhole(path)
        try expectQEMUReads(path, expected, files)
    }

    /// Every byte of packed data: an error or other bytes, and nothing else.
    @Test(arguments: ["zlib", "zstd"]) func damagedData(method: String) throws {
        var random = SplitMix(6)
        let raw = try files.file("raw", text(8192, &random))
        let path = files.path("packed.qcow2")
        try qemuImage(
            "convert", "-c", "-f", "raw", "-O", "qcow2", "-o", "compression_type=\(method),cluster_size=4k", raw, path)
        let whole = try contents(path)
        var errors = 0
        for position in stride(from: 5 * 4096, to: whole.count, by: 3) {
            var image = whole
            image[position] ^= UInt8(truncatingIfNeeded: random.next() | 1)
            let disk = try QCOW2Disk(file: MemoryImage(image), readOnly: true, chain: QCOW2BackingChain(.none))
            do { _ = try disk.allBytes() } catch { errors += 1 }
        }
        #expect(errors > 0)
    }
}

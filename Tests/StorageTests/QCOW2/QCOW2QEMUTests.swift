// qcow2 images in both directions: QEMU reads what we write, and we read what QEMU writes.
import Foundation
import HostOS
import MachineCore
import Testing

@testable import Storage

struct QCOW2QEMUTests {
    let files: TemporaryFiles

    init() throws { files = try TemporaryFiles() }

    @Test(arguments: [512, 1 << 20, (1 << 30) + 512, 1 << 40]) func newImages(byteCount: Int) throws {
        let path = files.path("new.qcow2")
        try QCOW2Disk.create(at: path, byteCount: UInt64(byteCount))
        try expectWhole(path)
        let info = try qemu("qemu-img", ["info", path]).output
        #expect(info.contains("(\(byteCount) bytes)") && info.contains("compat: 1.1"))
        let disk = try QCOW2Disk(path: path, readOnly: true)
        #expect(disk.byteCount == UInt64(byteCount) && disk.isReadOnly)
        #expect(try disk.bytes(at: byteCount - 512, count: 512).allSatisfy { $0 == 0 })
        #expect(allocatedBytes(path) <= 1 << 20)
    }

    @Test(arguments: [QCOW2BackingFormat.raw, .qcow2], [true, false])
    func overlays(format: QCOW2BackingFormat, isRelative: Bool) throws {
        let base = try files.disk("base.raw", byteCount: 300_032)
        let lower = files.path("lower.qcow2")
        try qemuImage("convert", "-f", "raw", "-O", "qcow2", base, lower)
        let backing = format == .raw ? base : lower
        let top = files.path("top.qcow2")
        let name = isRelative ? URL(fileURLWithPath: backing).lastPathComponent : backing
        // Larger than what is below it.
        try QCOW2Disk.createOverlay(at: top, backing: name, backingFormat: format, byteCount: 1 << 20)
        let info = try qemu("qemu-img", ["info", top]).output
        #expect(info.contains("backing file: \(name)") && info.contains("backing file format: \(format)"))
        let disk = try QCOW2Disk(path: top, readOnly: false, backing: .only([backing]))
        var expected = pattern(300_032) + [UInt8](repeating: 0, count: (1 << 20) - 300_032)
        #expect(try disk.allBytes() == expected)
        for offset in [5, 131_000, 299_990, 700_000] {
            try disk.put([UInt8](repeating: 0x77, count: 100), at: offset)
            expected.replaceSubrange(offset..<offset + 100, with: [UInt8](repeating: 0x77, count: 100))
        }
        #expect(try disk.allBytes() == expected)
        try disk.perform(.flush)
        try expectWhole(top)
        try expectQEMUReads(top, expected, files)
        #expect(try contents(base) == pattern(300_032), "what is below is never written")
    }

    /// Sizes of clusters and refcounts other than ours, and places that are not written yet.
    @Test(arguments: [
        ["cluster_size=512"], ["cluster_size=4k"], ["cluster_size=2M"], ["refcount_bits=1"],
        ["refcount_bits=2"], ["refcount_bits=8"], ["refcount_bits=32", "cluster_size=512"],
        ["refcount_bits=64"], ["preallocation=metadata"], ["preallocation=falloc"], ["lazy_refcounts=on"],
        ["compat=0.10"], ["compat=0.10", "cluster_size=512"], ["extended_l2=on"],
        ["extended_l2=on", "cluster_size=16k", "refcount_bits=1"], ["extended_l2=on", "cluster_size=2M"],
        ["extended_l2=on", "preallocation=metadata"],
    ])
    func imagesOfQEMU(options: [String]) throws {
        let path = try files.qemuImage("theirs.qcow2", 5 << 20, "-o", options.joined(separator: ","))
        try qemu("qemu-io", [
            "-c", "write -P 0x11 0 1000k", "-c", "write -P 0x22 333k 7k", "-c", "write -z 64k 128k",
            "-c", "discard 512k 128k", "-c", "write -P 0x33 5119k 1k", path,
        ])
        let raw = files.path("theirs.raw")
        try qemuImage("convert", "-O", "raw", path, raw)
        var expected = try contents(raw)
        #expect(expected[1_000_000] == 0x11 && expected[5_242_879] == 0x33)
        do {
            let disk = try QCOW2Disk(path: path, readOnly: false)
            #expect(try disk.allBytes() == expected)
            var random = SplitMix(7)
            for _ in 0..<60 {
                let count = Int.random(in: 1...70_000, using: &random)
                let offset = Int.random(in: 0...expected.count - count, using: &random)
                let bytes = random.bytes(count)
                try disk.put(bytes, at: offset)
                expected.replaceSubrange(offset..<offset + count, with: bytes)
            }
            #expect(try disk.allBytes() == expected)
        }
        try expectWhole(path)
        try expectQEMUReads(path, expected, files)
    }

    /// Base, first snapshot, second snapshot: what the third writes hides what is below it.
    @Test func chainOfThree() throws {
        let base = try files.disk("base.raw", byteCount: 1 << 20)
        var expected = pattern(1 << 20)
        var below = ("base.raw", QCOW2BackingFormat.raw)
        var random = SplitMix(3)
        for level in 1...3 {
            let path = files.path("level\(level).qcow2")
            try QCOW2Disk.createOverlay(
                at: path, backing: below.0, backingFormat: below.1, byteCount: 1 << 20)
            let disk = try patiently { () throws(QCOW2Error) in
                try QCOW2Disk(path: path, readOnly: false, backing: anyFile)
            }
            for _ in 0..<6 {
                let offset = Int.random(in: 0..<1_000_000, using: &random)
                let bytes = random.bytes(Int.random(in: 1...40_000, using: &random))
                try disk.put(bytes, at: offset)
                expected.replaceSubrange(offset..<offset + bytes.count, with: bytes)
            }
            try disk.perform(.writeZeroes(offset: UInt64(level) * 131_072, count: 65_536))
            expected.replaceSubrange(
                level * 131_072..<level * 131_072 + 65_536, with: [UInt8](repeating: 0, count: 65_536))
            try disk.perform(.flush)
            #expect(try disk.allBytes() == expected)
            try expectWhole(path)
            try expectQEMUReads(path, expected, files)
            below = ("level\(level).qcow2", .qcow2)
        }
        #expect(try contents(base) == pattern(1 << 20))
    }

    @Test func freedSpaceGoesBackAndIsUsedAgain() throws {
        let path = files.path("new.qcow2")
        try QCOW2Disk.create(at: path, byteCount: 32 << 20)
        let disk = try QCOW2Disk(path: path, readOnly: false)
        let data = pattern(8 << 20)
        try disk.put(data, at: 0)
        try disk.perform(.flush)
        let full = allocatedBytes(path)
        let size = try contents(path).count
        try disk.perform(.discard(offset: 0, count: 8 << 20))
        try disk.perform(.flush)
        #expect(allocatedBytes(path) <= full - (7 << 20))
        try disk.put(data, at: 16 << 20)
        try disk.perform(.flush)
        #expect(try contents(path).count == size)
        try expectWhole(path)
        try expectQEMUReads(path, [UInt8](repeating: 0, count: 16 << 20) + data
            + [UInt8](repeating: 0, count: 8 << 20), files)
    }

    /// Small clusters make the refcount table full soon; it moves to where it has room.
    @Test func theRefcountTableGrows() throws {
        let path = try files.qemuImage("small.qcow2", 64 << 20, "-o", "cluster_size=512")
        var expected = [UInt8](repeating: 0, count: 64 << 20)
        do {
            let disk = try QCOW2Disk(path: path, readOnly: false)
            let piece = pattern(1 << 20)
            for offset in stride(from: 0, to: 64 << 20, by: 2 << 20) {
                try disk.put(piece, at: offset)
                expected.replaceSubrange(offset..<offset + piece.count, with: piece)
                if offset % (16 << 20) == 0 { try disk.perform(.flush) }
            }
        }
        try expectWhole(path)
        try expectQEMUReads(path, expected, files)
        #expect(try contents(path)[56..<60] != [0, 0, 0, 1])
    }
}

// Random operations on qcow2 images against a model in memory.
import Foundation
import HostOS
import MachineCore
import Testing

@testable import Storage

struct QCOW2PropertyTests {
    /// One way to make the image under test.
    struct Case: CustomTestStringConvertible, Sendable {
        let clusterBits: Int
        let hasBacking: Bool
        let seed: UInt64
        var options = ""
        var testDescription: String { "2^\(clusterBits), backing \(hasBacking), seed \(seed)\(options)" }
    }

    private static let cases = [9, 12, 16].flatMap { bits in
        [false, true].flatMap { backing in
            (1...3).map { Case(clusterBits: bits, hasBacking: backing, seed: $0) }
        }
    }

    /// Version 2, which can not hide what is below; clusters of parts; both widths of refcounts' ends.
    private static let others = [",compat=0.10", ",refcount_bits=1", ",refcount_bits=64"].flatMap { options in
        [false, true].map { Case(clusterBits: 12, hasBacking: $0, seed: 4, options: options) }
    } + [14, 16].flatMap { bits in
        [false, true].map { Case(clusterBits: bits, hasBacking: $0, seed: 5, options: ",extended_l2=on") }
    }

    private static let byteCount = 1_500_160

    @Test(arguments: cases + others) func behavesLikeMemory(_ test: Case) throws {
        let files = try TemporaryFiles(in: fastFolder)
        defer { withExtendedLifetime(files) {} }
        var model = [UInt8](repeating: 0, count: Self.byteCount)
        let path: String
        let options = "cluster_size=\(1 << test.clusterBits)\(test.options)"
        if test.hasBacking {
            _ = try files.disk("base.raw", byteCount: 1_000_448)
            model.replaceSubrange(0..<1_000_448, with: pattern(1_000_448))
            path = try files.qemuImage(
                "test.qcow2", Self.byteCount, "-o", options, "-b", "base.raw", "-F", "raw")
        } else {
            path = try files.qemuImage("test.qcow2", Self.byteCount, "-o", options)
        }
        var random = SplitMix(test.seed)
        for _ in 0..<4 {
            // A cache of 8 tables: all ways of making room for another are taken.
            let file = try patiently { () throws(QCOW2Error) in
                try QCOW2Disk.openLocked(path, readOnly: false)
            }
            let disk = try QCOW2Disk(
                file: file, readOnly: false, chain: QCOW2BackingChain(anyFile), cacheByteCount: 1)
            for _ in 0..<120 { try step(disk, &model, &random) }
            #expect(try disk.allBytes() == model)
        }
        try expectWhole(path)
        try expectQEMUReads(path, model, files)
    }

    /// Does one random thing to both.
    private func step(_ disk: QCOW2Disk, _ model: inout [UInt8], _ random: inout SplitMix) throws {
        let isLarge = Int.random(in: 0..<8, using: &random) == 0
        let count = Int.random(in: 1...(isLarge ? 400_000 : 9000), using: &random)
        var offset = Int.random(in: 0...Self.byteCount - count, using: &random)
        if Bool.random(using: &random) { offset &= ~511 }
        let range = offset..<offset + count
        switch Int.random(in: 0..<10, using: &random) {
        case 0..<4:
            let bytes = random.bytes(count)
            try disk.put(bytes, at: offset)
            model.replaceSubrange(range, with: bytes)
        case 4..<6:
            try disk.perform(.writeZeroes(offset: UInt64(offset), count: UInt64(count)))
            model.replaceSubrange(range, with: [UInt8](repeating: 0, count: count))
        case 6..<7: try discard(disk, &model, range)
        case 7: try disk.perform(.flush)
        default: #expect(try disk.bytes(at: offset, count: count) == Array(model[range]))
        }
    }

    /// What is discarded reads as zeros or as before.
    private func discard(_ disk: QCOW2Disk, _ model: inout [UInt8], _ range: Range<Int>) throws {
        try disk.perform(.discard(offset: UInt64(range.lowerBound), count: UInt64(range.count)))
        let bytes = try disk.bytes(at: range.lowerBound, count: range.count)
        let isAllowed = zip(range, bytes).allSatisfy { $1 == 0 || $1 == model[$0] }
        #expect(isAllowed)
        model.replaceSubrange(range, with: bytes)
    }
}

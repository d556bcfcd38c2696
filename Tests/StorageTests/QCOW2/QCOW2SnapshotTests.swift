// Internal snapshots that QEMU made: listed, read as disks, and kept whatever is written afterwards.
import Foundation
import HostOS
import MachineCore
import Testing

@testable import Storage

struct QCOW2SnapshotTests {
    let files: TemporaryFiles

    init() throws { files = try TemporaryFiles(in: fastFolder) }

    private static let byteCount = 2_000_384

    /// Two snapshots, with random work before, between and after them.
    @Test(arguments: [
        "cluster_size=512", "cluster_size=4k,refcount_bits=4", "cluster_size=64k", "compat=0.10,cluster_size=4k",
        "cluster_size=2M", "cluster_size=16k,extended_l2=on", "refcount_bits=64,cluster_size=1k",
    ])
    func snapshotsStay(options: String) throws {
        let path = try files.qemuImage("snapshots.qcow2", Self.byteCount, "-o", options)
        var random = SplitMix(UInt64(options.utf8.count))
        var model = [UInt8](repeating: 0, count: Self.byteCount)
        var kept: [[UInt8]] = []
        for name in ["first", "2nd", ""] {
            try work(path, &model, &random)
            try expectWhole(path)
            if name.isEmpty { break }
            try qemuImage("snapshot", "-c", name, path)
            kept.append(model)
        }
        try expectQEMUReads(path, model, files)
        #expect(try QCOW2Disk.snapshots(of: path).map(\.name) == ["first", "2nd"])
        for (number, name) in ["first", "2nd"].enumerated() {
            for key in [name, "\(number + 1)"] {
                let disk = try QCOW2Disk(path: path, snapshot: key)
                #expect(disk.isReadOnly)
                #expect(try disk.allBytes() == kept[number])
            }
            let theirs = files.path("theirs-\(number).raw")
            try qemuImage("convert", "-l", name, "-f", "qcow2", "-O", "raw", path, theirs)
            #expect(try contents(theirs) == kept[number])
        }
        // QEMU goes back to one, and removes it: the refcounts that we left are right.
        try qemuImage("snapshot", "-a", "first", path)
        try qemuImage("snapshot", "-d", "2nd", path)
        try expectWhole(path)
        try expectQEMUReads(path, kept[0], files)
    }

    private func work(_ path: String, _ model: inout [UInt8], _ random: inout SplitMix) throws {
        let file = try patiently { () throws(QCOW2Error) in try QCOW2Disk.openLocked(path, readOnly: false) }
        let disk = try QCOW2Disk(
            file: file, readOnly: false, chain: QCOW2BackingChain(.none), cacheByteCount: 1)
        for number in 0..<50 {
            let count = Int.random(in: 1...(number % 10 == 0 ? 300_000 : 9000), using: &random)
            let offset = Int.random(in: 0...Self.byteCount - count, using: &random)
            let range = offset..<offset + count
            switch number % 5 {
            case 0:
                try disk.perform(.writeZeroes(offset: UInt64(offset), count: UInt64(count)))
                model.replaceSubrange(range, with: [UInt8](repeating: 0, count: count))
            case 1:
                try disk.perform(.discard(offset: UInt64(offset), count: UInt64(count)))
                model.replaceSubrange(range, with: try disk.bytes(at: offset, count: count))
            default:
                let bytes = random.bytes(count)
                try disk.put(bytes, at: offset)
                model.replaceSubrange(range, with: bytes)
            }
            if number % 20 == 0 { try disk.perform(.flush) }
        }
        #expect(try disk.allBytes() == model)
    }

    @Test func snapshotsThatAreNotThere() throws {
        let path = try files.qemuImage("none.qcow2", 1 << 20)
        #expect(try QCOW2Disk.snapshots(of: path).isEmpty)
        #expect(throws: QCOW2Error.noSuchSnapshot(path: path, name: "x")) {
            _ = try QCOW2Disk(path: path, snapshot: "x")
        }
    }

    /// Every byte of the table, of the snapshot's tables, and of the header: nothing is written that was not whole.
    @Test func damagedSnapshots() throws {
        let path = try files.qemuImage("damaged.qcow2", 100_352, "-o", "cluster_size=512")
        try qemu("qemu-io", ["-c", "write -P 1 0 40k", path])
        try qemuImage("snapshot", "-c", "one", path)
        try qemu("qemu-io", ["-c", "write -P 2 20k 5k", path])
        let whole = try contents(path)
        func word(_ offset: Int) -> Int { whole[offset..<offset + 8].reduce(0) { $0 << 8 | Int($1) } }
        let table = word(64)
        let places = Array(0..<104) + Array(table..<table + 80) + Array(word(table)..<word(table) + 16)
        var refused = 0
        for position in places {
            for mask: UInt8 in [1, 0x80, 0xff] {
                var image = whole
                image[position] ^= mask
                let file = MemoryImage(image)
                do {
                    let disk = try QCOW2Disk(file: file, readOnly: false, chain: QCOW2BackingChain(.none))
                    try? disk.put(pattern(3000), at: 100)
                    try? disk.perform(.flush)
                } catch {
                    refused += 1
                    #expect(file.bytes == image, "a damaged image was written")
                }
            }
        }
        #expect(refused > 100)
    }
}

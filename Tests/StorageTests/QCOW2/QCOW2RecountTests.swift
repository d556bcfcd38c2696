// Images that were not closed: QEMU's, killed with lazy refcounts, and some with refcounts that we broke.
import Foundation
import HostOS
import MachineCore
import Testing

@testable import Storage

struct QCOW2RecountTests {
    let files: TemporaryFiles

    init() throws { files = try TemporaryFiles(in: fastFolder) }

    /// The refcounts are in memory only until QEMU closes the image, which it never does here.
    @Test(arguments: ["cluster_size=512", "cluster_size=64k", "cluster_size=16k,extended_l2=on"])
    func imagesThatQEMULeft(options: String) throws {
        let path = try files.qemuImage("left.qcow2", 4 << 20, "-o", "lazy_refcounts=on,\(options)")
        try qemu("qemu-io", [
            "-c", "write -P 0x11 0 1500k", "-c", "write -P 0x22 3000k 100k", "-c", "flush", "-c", "sigraise 9", path,
        ])
        #expect(try contents(path)[79] & 1 == 1, "the dirty bit")
        #expect(try qemu("qemu-img", ["check", path]).status != 0)
        var expected = [UInt8](repeating: 0, count: 4 << 20)
        expected.replaceSubrange(0..<1500 << 10, with: [UInt8](repeating: 0x11, count: 1500 << 10))
        expected.replaceSubrange(3000 << 10..<3100 << 10, with: [UInt8](repeating: 0x22, count: 100 << 10))
        do {
            let disk = try patiently { () throws(QCOW2Error) in try QCOW2Disk(path: path, readOnly: false) }
            #expect(try contents(path)[79] & 1 == 0)
            #expect(try disk.allBytes() == expected)
            try disk.put(pattern(400_000), at: 2 << 20)
            expected.replaceSubrange(2 << 20..<2 << 20 + 400_000, with: pattern(400_000))
        }
        try expectWhole(path)
        try expectQEMUReads(path, expected, files)
    }

    /// With snapshots and packed clusters some clusters have several users.
    @Test(arguments: ["cluster_size=4k", "cluster_size=512,refcount_bits=8"])
    func brokenRefcounts(options: String) throws {
        let path = files.path("broken.qcow2")
        let raw = try files.disk("raw", byteCount: 600_064)
        try qemuImage("convert", "-c", "-f", "raw", "-O", "qcow2", "-o", options, raw, path)
        try qemuImage("snapshot", "-c", "one", path)
        try qemu("qemu-io", ["-c", "write -P 1 100k 200k", path])
        var image = try contents(path)
        func word(_ offset: Int) -> Int { image[offset..<offset + 8].reduce(0) { $0 << 8 | Int($1) } }
        let block = word(word(48))
        for place in block..<block + 300 { image[place] = UInt8(place % 3) }
        image[79] |= 1
        _ = try files.file("broken.qcow2", image)
        #expect(try qemu("qemu-img", ["check", path]).status != 0)
        do { _ = try patiently { () throws(QCOW2Error) in try QCOW2Disk(path: path, readOnly: false) } }
        try expectWhole(path)
        try qemuImage("snapshot", "-a", "one", path)
        try expectWhole(path)
        try expectQEMUReads(path, pattern(600_064), files)
    }

    /// An image that was not closed and is damaged besides is refused unwritten, or opened; nothing worse happens.
    @Test func damagedAndNotClosed() throws {
        let path = try files.qemuImage("damaged.qcow2", 100_352, "-o", "cluster_size=512")
        try qemu("qemu-io", ["-c", "write -P 1 0 40k", path])
        try qemuImage("snapshot", "-c", "one", path)
        try qemu("qemu-io", ["-c", "write -P 2 20k 5k", path])
        var whole = try contents(path)
        whole[79] |= 1
        let places = whole.indices.filter { whole[$0] > 2 }
        var random = SplitMix(9)
        var repaired = 0
        for number in 0..<3000 {
            var image = whole
            if number > 0 {
                image[places[Int.random(in: 0..<places.count, using: &random)]] ^= 1 << UInt8(number % 8)
            }
            let file = MemoryImage(image)
            do {
                _ = try QCOW2Disk(file: file, readOnly: false, chain: QCOW2BackingChain(.none))
                repaired += 1
            } catch {
                #expect(file.bytes == image, "a damaged image was written")
            }
        }
        #expect(repaired > 10 && repaired < 3000)
    }
}

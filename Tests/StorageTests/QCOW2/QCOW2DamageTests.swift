// Damaged qcow2 images: every byte of every table. An error or a defined read, and never more.
import Foundation
import HostOS
import MachineCore
import Testing

@testable import Storage

struct QCOW2DamageTests {
    let files: TemporaryFiles
    /// A small image with all kinds of clusters, made by QEMU.
    let whole: [UInt8]

    init() throws {
        files = try TemporaryFiles(in: fastFolder)
        _ = try files.disk("base.raw", byteCount: 200_192)
        let path = try files.qemuImage(
            "whole.qcow2", 300_032, "-o", "cluster_size=512", "-b", "base.raw", "-F", "raw")
        try qemu("qemu-io", [
            "-c", "write -P 0x11 0 40k", "-c", "write -z 60k 20k", "-c", "write -P 0x22 150k 10k",
            "-c", "write -P 0x33 280k 8k", path,
        ])
        whole = try contents(path)
    }

    /// Opens, reads and, if it may, writes; only the errors that are promised may come.
    private func use(_ image: [UInt8]) -> Bool {
        var isGood = true
        for readOnly in [true, false] {
            let file = MemoryImage(image, path: files.path("damaged.qcow2"))
            do {
                let disk = try QCOW2Disk(
                    file: file, readOnly: readOnly, chain: QCOW2BackingChain(anyFile), cacheByteCount: 1)
                isGood = exercise(disk) && isGood
            } catch {
                isGood = false
                #expect("\(error)".count > 40, "a message with a cause and a next step")
            }
        }
        return isGood
    }

    private func exercise(_ disk: QCOW2Disk) -> Bool {
        // A damaged size may be very large: the ends of the disk are enough then.
        let byteCount = disk.byteCount
        let memory = TestMemory([UInt8](repeating: 0x5a, count: 1 << 19))
        let count = Int(min(byteCount, 1 << 19))
        var operations: [BlockRequest.Operation] = [
            .read(offset: 0, into: memory.segments([count])),
            .read(offset: byteCount - UInt64(count), into: memory.segments([count])),
        ]
        if !disk.isReadOnly {
            let last = byteCount - min(byteCount, 5000)
            operations += [
                .write(offset: 0, from: memory.segments([min(count, 9000)])),
                .write(offset: last, from: memory.segments([min(count, 5000)])),
                .writeZeroes(offset: byteCount / 3, count: byteCount / 100),
                .discard(offset: 0, count: min(byteCount, 1 << 20)), .flush,
                .write(offset: byteCount / 2, from: memory.segments([min(count / 2, 70_000)])), .flush,
            ]
        }
        return operations.map { disk.outcome(of: $0).status == .success }.allSatisfy { $0 }
    }

    @Test func theImageItselfIsGood() { #expect(use(whole)) }

    /// The header's cluster, byte by byte, with single bits and with all of them.
    @Test(arguments: [0x01, 0x80, 0xff] as [UInt8]) func everyByteOfTheHeader(mask: UInt8) {
        var errors = 0
        for position in 0..<512 {
            var image = whole
            image[position] ^= mask
            if !use(image) { errors += 1 }
        }
        #expect(errors > 50, "most fields matter")
    }

    /// Every byte of every table: whatever is in the file and is no data of the guest.
    @Test(arguments: [0x01, 0x40, 0xff] as [UInt8]) func everyByteOfTheTables(mask: UInt8) throws {
        var errors = 0
        for cluster in try tableClusters() {
            for position in cluster * 512..<min(cluster * 512 + 512, whole.count) {
                var image = whole
                image[position] ^= mask
                if !use(image) { errors += 1 }
            }
        }
        #expect(errors > 100)
    }

    /// The clusters of L1, L2, refcount table and refcount blocks, found by reading the file here.
    private func tableClusters() throws -> [Int] {
        func word(_ offset: Int) -> Int { whole[offset..<offset + 8].reduce(0) { $0 << 8 | Int($1) } }
        let l1 = word(40)
        let count = word(36) >> 32
        let table = word(48)
        let tables = (0..<count).map { word(l1 + $0 * 8) & ~(1 << 63) }.map { $0 & Int(QCOW2Word.offsetMask) }
        let blocks = (0..<64).map { word(table + $0 * 8) }
        let found = Set(([l1, table] + tables + blocks).filter { $0 > 0 }.map { $0 / 512 })
        #expect(found.count >= 8)
        return found.sorted()
    }

    /// Several words at once, to random values that look like offsets.
    @Test func randomWords() throws {
        let clusters = try [0] + tableClusters()
        var random = SplitMix(11)
        for _ in 0..<1500 {
            var image = whole
            for _ in 0..<Int.random(in: 1...4, using: &random) {
                let cluster = clusters.randomElement(using: &random) ?? 0
                let position = cluster * 512 + Int.random(in: 0..<64, using: &random) * 8
                guard position + 8 <= image.count else { continue }
                var word = random.next() % UInt64(image.count) & ~511
                if Bool.random(using: &random) { word |= 1 << 63 }
                if Int.random(in: 0..<8, using: &random) == 0 { word = random.next() }
                let bytes = withUnsafeBytes(of: word.bigEndian, Array.init)
                image.replaceSubrange(position..<position + 8, with: bytes)
            }
            _ = use(image)
        }
    }

    /// Images with snapshots, packed clusters and clusters of parts: words of their tables, a few at once.
    @Test(arguments: [
        "cluster_size=4k,compat=0.10", "cluster_size=4k,compression_type=zstd", "cluster_size=16k,extended_l2=on",
    ])
    func randomWordsOfOtherKinds(options: String) throws {
        let path = files.path("others.qcow2")
        let raw = try files.file("others.raw", [UInt8](repeating: 0x11, count: 300_032))
        try qemuImage("convert", "-c", "-f", "raw", "-O", "qcow2", "-o", options, raw, path)
        try qemu("qemu-io", ["-c", "write -P 0x11 50k 33k", "-c", "write -z 100k 9k", path])
        try qemuImage("snapshot", "-c", "one", path)
        try qemu("qemu-io", ["-c", "write -P 0x11 70k 40k", path])
        let image = try contents(path)
        let places = stride(from: 0, to: image.count - 7, by: 8).filter { start in
            let word = Set(image[start..<start + 8])
            return word != [0] && word != [0x11]
        }
        var random = SplitMix(UInt64(options.utf8.count))
        var errors = 0
        for _ in 0..<700 {
            var damaged = image
            for _ in 0..<Int.random(in: 1...3, using: &random) {
                let place = places[Int.random(in: 0..<places.count, using: &random)]
                let bit = Int.random(in: 0..<64, using: &random)
                damaged[place + bit / 8] ^= 1 << UInt8(bit % 8)
            }
            if !use(damaged) { errors += 1 }
        }
        #expect(errors > 100)
    }

    @Test func everyLength() {
        let lengths = Array(stride(from: 0, to: whole.count, by: 173))
        // Only what nobody uses any more may be missing.
        let errors = lengths.filter { !use(Array(whole.prefix($0))) }.count
        #expect(errors > lengths.count * 9 / 10)
    }

    /// An entry that leads into a table would let the guest write the table.
    @Test func guestDataNeverGoesToTables() throws {
        func word(_ offset: Int) -> Int { whole[offset..<offset + 8].reduce(0) { $0 << 8 | Int($1) } }
        let l2 = word(word(40)) & Int(QCOW2Word.offsetMask)
        for target in [0, word(40), word(48), word(word(48)), l2] {
            var image = whole
            let entry = UInt64(target) | 1 << 63
            withUnsafeBytes(of: entry.bigEndian) { image.replaceSubrange(l2..<l2 + 8, with: $0) }
            let file = MemoryImage(image, path: files.path("damaged.qcow2"))
            let disk = try QCOW2Disk(file: file, readOnly: false, chain: QCOW2BackingChain(anyFile))
            let error = #expect(throws: HostError.self) { try disk.put(pattern(512), at: 0) }
            #expect("\(try #require(error))".contains("makes no sense"))
            #expect(throws: HostError.self) { try disk.perform(.discard(offset: 0, count: 512)) }
            #expect(file.bytes == image)
        }
    }
}

// Crashes at any moment: of the process, after any write to the file, and of the host, which may have
// put any of the sectors written since the last barrier on the medium.
import Foundation
import HostOS
import MachineCore
import Testing

@testable import Storage

struct QCOW2CrashTests {
    /// What each sector of the disk may hold after a crash.
    private struct Model {
        /// The number each sector was filled with last.
        var now: [UInt8]
        /// All that it held since the last flush that succeeded.
        var allowed: [Set<UInt8>]

        init(sectors: Int, _ initial: (Int) -> UInt8) {
            now = (0..<sectors).map(initial)
            allowed = now.map { [$0] }
        }

        mutating func put(_ number: UInt8, _ sectors: Range<Int>) {
            for sector in sectors {
                now[sector] = number
                allowed[sector].insert(number)
            }
        }

        mutating func flushed() { allowed = now.map { [$0] } }
    }

    private static let sectorCount = 3000
    private static let baseSectorCount = 1800

    /// One image and the base below it, made by QEMU.
    private final class Template {
        let files: TemporaryFiles
        let image: [UInt8]

        init(clusterBits: Int) throws {
            files = try TemporaryFiles(in: fastFolder)
            _ = try files.file("base.raw", (0..<baseSectorCount).flatMap { sector in
                [UInt8](repeating: UInt8(sector % 7 + 1), count: 512)
            })
            let path = try files.qemuImage(
                "template.qcow2", sectorCount * 512, "-o", "cluster_size=\(1 << clusterBits)",
                "-b", "base.raw", "-F", "raw")
            image = try contents(path)
        }

        func open(_ file: any HostImage) throws -> QCOW2Disk {
            try QCOW2Disk(
                file: file, readOnly: false, chain: QCOW2BackingChain(anyFile), cacheByteCount: 1)
        }

        func model() -> Model {
            Model(sectors: sectorCount) { $0 < baseSectorCount ? UInt8($0 % 7 + 1) : 0 }
        }
    }

    @Test(arguments: [9, 12, 16]) func theImageIsWholeAfterACrash(clusterBits: Int) throws {
        let template = try Template(clusterBits: clusterBits)
        for seed in 0..<UInt64(24) {
            var random = SplitMix(seed &* 1000 &+ UInt64(clusterBits))
            let file = MemoryImage(template.image, path: template.files.path("crashed.qcow2"))
            file.budget = Int.random(in: 1...400, using: &random)
            var model = template.model()
            do {
                let disk = try template.open(file)
                work(disk, &model, &random)
                file.budget = 0
            }
            // The process died: all its writes are there. The host died: some of the last ones are not.
            for crashed in [file.bytes, file.afterPowerLoss(&random), file.afterPowerLoss(&random)] {
                try expectAllowed(crashed, model, template, seed)
            }
        }
    }

    /// Works until the file does not.
    private func work(_ disk: QCOW2Disk, _ model: inout Model, _ random: inout SplitMix) {
        for number in 0..<200 {
            let count = Int.random(in: 1...(number % 9 == 0 ? 600 : 12), using: &random)
            let start = Int.random(in: 0...Self.sectorCount - count, using: &random)
            do {
                try step(disk, &model, UInt8(number + 20), start..<start + count, &random)
            } catch {
                return
            }
        }
    }

    private func step(
        _ disk: QCOW2Disk, _ model: inout Model, _ number: UInt8, _ sectors: Range<Int>,
        _ random: inout SplitMix
    ) throws {
        let (offset, count) = (UInt64(sectors.lowerBound * 512), UInt64(sectors.count * 512))
        switch Int.random(in: 0..<9, using: &random) {
        case 0:
            try disk.perform(.flush)
            model.flushed()
        case 1:
            model.put(0, sectors)
            try disk.perform(.writeZeroes(offset: offset, count: count))
        case 2:
            // Zeros or as before; which of both it is now, the disk knows.
            for sector in sectors { model.allowed[sector].insert(0) }
            try disk.perform(.discard(offset: offset, count: count))
            let bytes = try disk.bytes(at: Int(offset), count: Int(count))
            for sector in sectors { model.now[sector] = bytes[(sector - sectors.lowerBound) * 512] }
        default:
            model.put(number, sectors)
            try disk.put([UInt8](repeating: number, count: Int(count)), at: Int(offset))
        }
    }

    private func expectAllowed(
        _ crashed: [UInt8], _ model: Model, _ template: Template, _ seed: UInt64
    ) throws {
        let path = try template.files.file("crashed.qcow2", crashed)
        try expectWhole(path, leaksAllowed: true)
        let disk = try template.open(File(opening: path, .readWrite))
        let bytes = try disk.allBytes()
        for sector in 0..<Self.sectorCount {
            let content = Set(bytes[sector * 512..<sector * 512 + 512])
            let isAllowed = content.count == 1 && content.isSubset(of: model.allowed[sector])
            #expect(isAllowed, "seed \(seed), sector \(sector): \(content), not \(model.allowed[sector])")
            if !isAllowed { return }
        }
        // What a crash left can be worked with.
        try disk.put(pattern(100_000), at: 512)
        try disk.perform(.flush)
    }

    // MARK: Errors of the host

    /// A full host is an error, not the end: when there is room again, the same write works.
    @Test func aFullHostCanBeEmptied() throws {
        let template = try Template(clusterBits: 12)
        for budget in 0..<20 {
            let file = MemoryImage(template.image, path: template.files.path("full.qcow2"))
            let disk = try template.open(file)
            file.budget = budget
            file.failure = HostError("write", code: HostError.Code.noSpace)
            var hadError = false
            for offset in stride(from: 0, to: 1 << 20, by: 50_000) {
                do { try disk.put(pattern(30_000), at: offset) } catch { hadError = true }
            }
            #expect(hadError)
            file.budget = .max
            for offset in stride(from: 0, to: 1 << 20, by: 50_000) {
                try disk.put(pattern(30_000), at: offset)
            }
            try disk.perform(.flush)
            for offset in stride(from: 0, to: 1 << 20, by: 50_000) {
                #expect(try disk.bytes(at: offset, count: 30_000) == pattern(30_000))
            }
            try expectWhole(try template.files.file("full.qcow2", file.bytes))
        }
    }

    /// The host forgets what it could not write, so a barrier that failed once must never seem to hold.
    @Test func aFailedBarrierEndsAllWriting() throws {
        let template = try Template(clusterBits: 12)
        let file = MemoryImage(template.image, path: template.files.path("failed.qcow2"))
        let disk = try template.open(file)
        try disk.put(pattern(512), at: 0)
        // The blocks and the new table can be written, the barrier behind them not.
        file.budget = 2
        #expect(throws: file.failure) { try disk.perform(.flush) }
        file.budget = .max
        let writes = file.writeCount
        #expect(throws: file.failure) { try disk.perform(.flush) }
        #expect(throws: file.failure) { try disk.put(pattern(512), at: 0) }
        #expect(file.writeCount == writes)
        #expect(try disk.bytes(at: 0, count: 512) == pattern(512), "reading goes on")
    }

    /// A flush without new clusters is one barrier, and one with them two.
    @Test func flushesHaveFewBarriers() throws {
        let template = try Template(clusterBits: 16)
        let file = MemoryImage(template.image, path: template.files.path("barriers.qcow2"))
        let disk = try template.open(file)
        try disk.put(pattern(512), at: 0)
        #expect(file.barrierCount == 0)
        try disk.perform(.flush)
        #expect(file.barrierCount == 2)
        try disk.put(pattern(512), at: 512)
        try disk.perform(.flush)
        #expect(file.barrierCount == 3)
    }
}

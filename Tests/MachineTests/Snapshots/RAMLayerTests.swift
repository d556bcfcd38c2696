// RAM in chunks: what comes back is what was captured, through any chain.
import Foundation
import HostOS
import StateCodec
import Testing

@testable import Machine

@Suite struct RAMLayerTests {
    @Test func layout() throws {
        let gibibyte: UInt64 = 1 << 30
        for (bytes, chunk, count) in [
            (UInt64(4096), UInt64(65536), 1), (65536, 65536, 1), (65536 + 4096, 65536, 2),
            (gibibyte, 65536, 16384), (2 * gibibyte, 65536, 32768), (2 * gibibyte + 4096, 131072, 16385),
            (1 << 46, 1 << 31, 32768),
        ] {
            let layout = try #require(RAMLayout(ramByteCount: bytes))
            #expect(layout.chunkByteCount == chunk)
            #expect(layout.chunkCount == count)
            #expect(layout.range(of: layout.chunkCount - 1).upperBound == bytes)
        }
        for bytes: UInt64 in [0, 1, 4095, 4097, (1 << 46) + 4096, .max, .max - 4095] {
            #expect(RAMLayout(ramByteCount: bytes) == nil)
        }
    }

    @Test(arguments: [UInt64(1), 2, 3, 4])
    func chainsComeBack(seed: UInt64) throws {
        let fixture = try SnapshotFixture(ramByteCount: 21 * 65536 + 12288, seed: seed)
        fixture.writeAtRandom(count: 40)
        var expected: [(SnapshotID, [UInt8])] = []
        for _ in 0..<5 {
            expected.append((try fixture.snapshot().id, fixture.bytes))
            fixture.writeAtRandom(count: 4)
        }
        // A branch from the second.
        try fixture.restore(expected[1].0)
        #expect(fixture.bytes == expected[1].1)
        fixture.writeAtRandom(count: 6)
        expected.append((try fixture.snapshot().id, fixture.bytes))
        #expect(try fixture.store.list().parent(of: expected[5].0) == expected[1].0)
        for (id, bytes) in expected {
            #expect(SnapshotFixture.bytes(of: try fixture.restored(id)) == bytes)
            #expect(try fixture.store.state(of: id) == SnapshotFixture.state(Int(id.number)))
            try fixture.store.verify(id)
        }
    }

    /// Restoring over memory with contents leaves none of them.
    @Test func restoringReplacesEverything() throws {
        let fixture = try SnapshotFixture()
        fixture.write(65536..<70000)
        let (id, bytes) = (try fixture.snapshot().id, fixture.bytes)
        for _ in 0..<3 {
            fixture.write(0..<fixture.memory.byteCount)
            try fixture.restore(id)
            #expect(fixture.bytes == bytes)
        }
    }

    @Test func onlyDirtyChunksAreWritten() throws {
        let fixture = try SnapshotFixture(ramByteCount: 64 * 65536)
        fixture.write(0..<40 * 65536)
        let first = try fixture.snapshot()
        #expect(first.layerCount == 1)
        #expect(first.ram.byteCount == 65536 + 40 * 65536 + 64 + 40 * 8)
        fixture.write(5 * 65536 + 17..<5 * 65536 + 18)
        fixture.write(7 * 65536..<8 * 65536, isZero: true)
        let second = try fixture.snapshot()
        #expect(second.layerCount == 2)
        #expect(second.ram.byteCount == 65536 + 65536 + 64 + 8)
        let chain = try fixture.store.ram(of: second.id)
        #expect(chain.storedByteCount == 39 * 65536)
        // 0-4 and 6 and 8-39 of the first, 5 of the second; 7 is zero.
        #expect(chain.runs.map { $0.byteCount / 65536 } == [5, 1, 1, 32])
        #expect(chain.runs.map(\.layer) == [1, 0, 1, 1])
    }

    /// A byte that changes without being dirty shows that clean chunks come from the parent.
    @Test func cleanChunksComeFromTheParent() throws {
        let fixture = try SnapshotFixture()
        fixture.write(0..<fixture.memory.byteCount)
        try fixture.snapshot()
        let before = fixture.bytes
        fixture.memory.pointer.storeBytes(of: ~before[0], as: UInt8.self)
        let second = try fixture.snapshot()
        #expect(SnapshotFixture.bytes(of: try fixture.restored(second.id)) == before)
    }

    @Test func allZero() throws {
        let fixture = try SnapshotFixture()
        let id = try fixture.snapshot().id
        #expect(try fixture.store.ram(of: id).storedByteCount == 0)
        fixture.write(0..<10)
        try fixture.restore(id)
        #expect(fixture.bytes.allSatisfy { $0 == 0 })
    }

    /// More than 2 GiB of RAM has larger chunks; the last one is a single page here.
    @Test func largeRAM() throws {
        let fixture = try SnapshotFixture(ramByteCount: 2 << 30 + 4096)
        let end = fixture.memory.byteCount
        for start in [0, 1 << 30, end - 4096] { fixture.write(start..<start + 4096) }
        let id = try fixture.snapshot().id
        let restored = try fixture.restored(id)
        #expect(MemoryComparison.areEqual(restored.pointer, fixture.memory.pointer, count: Int(end)))
        #expect(try fixture.store.ram(of: id).storedByteCount == 2 * 131072 + 4096)
    }

    /// Two forks share the files, and neither sees what the other, or the parent, writes.
    @Test func forksDoNotWriteThrough() throws {
        let fixture = try SnapshotFixture()
        fixture.write(0..<fixture.memory.byteCount)
        let (id, bytes) = (try fixture.snapshot().id, fixture.bytes)
        let chain = try fixture.store.ram(of: id)
        let forks = try (0..<3).map { _ in try MemoryMapping(anonymous: fixture.memory.byteCount) }
        for fork in forks { try chain.map(into: fork) }
        let file = try fixture.folder.read("snapshots/\(id)/ram")
        for (index, fork) in forks.enumerated() where index < 2 {
            for offset in stride(from: 0, to: Int(fork.byteCount), by: 1000) {
                fork.pointer.storeBytes(of: UInt8(index), toByteOffset: offset, as: UInt8.self)
            }
        }
        #expect(SnapshotFixture.bytes(of: forks[2]) == bytes)
        #expect(forks[0].pointer.load(fromByteOffset: 3000, as: UInt8.self) == 0)
        #expect(forks[1].pointer.load(fromByteOffset: 3000, as: UInt8.self) == 1)
        #expect(try fixture.folder.read("snapshots/\(id)/ram") == file)
        // Removing the files takes nothing from who has mapped them.
        try fixture.store.setPosition(nil)
        try fixture.store.remove(id)
        #expect(try fixture.contents == [])
        #expect(SnapshotFixture.bytes(of: forks[2]) == bytes)
    }

    @Test func memoryOfAnotherSize() throws {
        let fixture = try SnapshotFixture()
        let id = try fixture.snapshot().id
        let memory = try MemoryMapping(anonymous: fixture.memory.byteCount + 4096)
        #expect(throws: SnapshotError.self) { try fixture.store.ram(of: id).map(into: memory) }
    }

    /// Too many layers become one.
    @Test func chainsAreMerged() throws {
        let fixture = try SnapshotFixture()
        fixture.write(0..<fixture.memory.byteCount)
        for number in 1...RAMChain.maximumLayerCount {
            fixture.write(UInt64(number)..<UInt64(number) + 1)
            #expect(try fixture.snapshot().layerCount == number)
        }
        fixture.write(65536..<131072, isZero: true)
        let merged = try fixture.snapshot()
        #expect(merged.layerCount == 1)
        #expect(merged.parent == .test(merged.id.number - 1))
        #expect(try fixture.store.ram(of: merged.id).layers.count == 1)
        #expect(try Folder.names(in: "\(fixture.store.folder)/\(merged.id)") == ["manifest", "ram", "state"])
        fixture.write(0..<1)
        #expect(try fixture.snapshot().layerCount == 2)
        #expect(SnapshotFixture.bytes(of: try fixture.restored(.test(66))) == fixture.bytes)
        try fixture.store.verify(.test(64))
        try fixture.store.verify(.test(65))
    }

    /// So do layers that alternate all the time.
    @Test func mosaicsAreMerged() throws {
        let fixture = try SnapshotFixture(ramByteCount: 40 * 65536, maximumRunCount: 30)
        fixture.write(0..<40 * 65536)
        for chunk: UInt64 in 1...14 { fixture.write(chunk * 2 * 65536..<chunk * 2 * 65536 + 1) }
        #expect(try fixture.store.ram(of: fixture.snapshot().id).runs.count == 1)
        for chunk: UInt64 in 1...14 { fixture.write(chunk * 2 * 65536..<chunk * 2 * 65536 + 1) }
        let mosaic = try fixture.snapshot()
        #expect(mosaic.layerCount == 2)
        #expect(try fixture.store.ram(of: mosaic.id).runs.count == 29)
        fixture.write(30 * 65536..<30 * 65536 + 1)
        let merged = try fixture.snapshot()
        #expect(merged.layerCount == 1)
        #expect(try fixture.store.ram(of: merged.id).runs.count == 1)
        #expect(SnapshotFixture.bytes(of: try fixture.restored(merged.id)) == fixture.bytes)
    }

    /// The checksums in the file are those that xxhsum computes.
    @Test func checksumsAreXXH3() throws {
        let fixture = try SnapshotFixture()
        fixture.write(0..<3 * 65536)
        let manifest = try fixture.snapshot()
        let file = try fixture.folder.read("snapshots/\(manifest.id)/ram")
        let kinds = Int(manifest.machine.ramByteCount / 65536) + 1
        for chunk in 0..<3 {
            try fixture.folder.write("chunk", Array(file[(chunk + 1) * 65536..<(chunk + 2) * 65536]))
            let stored = file.littleEndian(at: 4 * 65536 + kinds + chunk * 8)
            #expect(try xxhsum("-H3", fixture.folder("chunk")).contains(Self.hex(stored)))
        }
        try fixture.folder.write("header", Array(file[..<4096]))
        let hash = Self.hex(manifest.ram.hash[0]) + Self.hex(manifest.ram.hash[1])
        #expect(try xxhsum("-H2", fixture.folder("header")).contains(hash))
    }

    private static func hex(_ value: UInt64) -> String {
        let digits = String(value, radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits
    }

    /// What `xxhsum` (package xxhash) prints.
    private func xxhsum(_ algorithm: String, _ path: String) throws -> String {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/xxhsum")
        process.arguments = [algorithm, path]
        let output = Pipe()
        process.standardOutput = output
        try process.run()
        let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        return text
    }
}

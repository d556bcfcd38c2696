// Files over memory: ranges that are not wholly there are refused and change nothing.
import HostOS
import Testing

@Suite struct MemoryMappingFileTests {
    @Test func ranges() throws {
        let folder = try TemporaryFolder()
        try folder.write("file", (0..<4 * 4096).map { UInt8($0 / 4096 + 1) })
        let file = try File(opening: folder("file"), .readOnly)
        let memory = try MemoryMapping(anonymous: 4 * 4096)
        func first(_ page: Int) -> UInt8 { memory.pointer.load(fromByteOffset: page * 4096, as: UInt8.self) }
        memory.pointer.storeBytes(of: 9, as: UInt8.self)
        try memory.map(file, at: 8192, count: 8192, to: 4096)
        #expect((0..<4).map(first) == [9, 3, 4, 0])
        // Not in the file, not in the mapping, not at pages, nothing at all.
        for (at, count, to): (UInt64, UInt64, UInt64) in [
            (12288, 8192, 0), (16384, 4096, 0), (.max - 4095, 4096, 0), (0, .max - 4095, 0), (0, 8192, 12288),
            (0, 4096, 16384), (0, 4096, .max - 4095), (1, 4096, 0), (0, 4096, 1), (0, 0, 0),
        ] {
            #expect(throws: HostError.self) { try memory.map(file, at: at, count: count, to: to) }
        }
        for (count, at): (UInt64, UInt64) in [(0, 0), (8192, 12288), (4096, .max), (4096, 1)] {
            #expect(throws: HostError.self) { try memory.mapZeros(count: count, at: at) }
        }
        let device = try File(opening: "/dev/zero", .readOnly)
        #expect(throws: HostError.self) { try memory.map(device, at: 0, count: 4096, to: 0) }
        #expect((0..<4).map(first) == [9, 3, 4, 0])
        try memory.mapZeros(count: 8192, at: 0)
        #expect((0..<4).map(first) == [0, 0, 4, 0])
    }

    @Test func writesStayInMemory() throws {
        let folder = try TemporaryFolder()
        try folder.write("file", [UInt8](repeating: 7, count: 4096))
        let memory = try MemoryMapping(anonymous: 4096)
        try memory.map(try File(opening: folder("file"), .readOnly), at: 0, count: 4096, to: 0)
        try Folder.rename(folder("file"), to: folder("other"))
        memory.pointer.storeBytes(of: 8, as: UInt8.self)
        #expect(memory.pointer.load(fromByteOffset: 1, as: UInt8.self) == 7)
        #expect(try folder.read("other") == [UInt8](repeating: 7, count: 4096))
    }
}

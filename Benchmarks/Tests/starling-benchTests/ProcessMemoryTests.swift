// What of a process counts as memory beyond the RAM of its guest.
import Testing

@testable import starling_bench

private let mebibyte = 1 << 20

/// A mapping as smaps shows it; sizes in KiB.
private func mapping(
    _ start: Int, size: Int, resident: Int, access: String = "rw-p", offset: Int = 0, path: String = ""
) -> String {
    let ends = [start, start + size << 10].map { String($0, radix: 16) }.joined(separator: "-")
    return """
        \(ends) \(access) \(String(offset, radix: 16)) 00:01 7 \(path)
        Size:               \(size) kB
        Rss:                \(resident) kB
        Pss:                \(resident / 2) kB
        VmFlags: rd wr mr mw me ac

        """
}

@Suite struct ProcessMemoryTests {
    @Test func guestMemoryIsApart() throws {
        let smaps =
            mapping(0x1000, size: 400, resident: 300, access: "r-xp", path: "/usr/bin/emulator")
            + mapping(0x100_0000, size: 1024 << 10, resident: 90_000)
            + mapping(0x8000_0000, size: 2000, resident: 500, path: "[heap]")
        let memory = try ProcessMemory(smaps: smaps, guestMemoryBytes: 1024 * mebibyte)
        #expect(memory.guestBytes == 90_000 << 10)
        #expect(memory.otherBytes == 800 << 10)
    }

    @Test func generatedCodeIsNotGuestMemory() throws {
        let smaps =
            mapping(0x100_0000, size: 1024 << 10, resident: 200_000, access: "rwxp")
            + mapping(0x1_0000_0000, size: 1024 << 10, resident: 90_000)
        let memory = try ProcessMemory(smaps: smaps, guestMemoryBytes: 1024 * mebibyte)
        #expect(memory.guestBytes == 90_000 << 10)
        #expect(memory.otherBytes == 200_000 << 10)
    }

    @Test func aFileMappedTwiceCountsOnce() throws {
        let smaps =
            mapping(0x1000, size: 8192, resident: 4000, access: "rw-s", path: "/memfd:code (deleted)")
            + mapping(0x200_0000, size: 8192, resident: 5000, access: "r-xs", path: "/memfd:code (deleted)")
            + mapping(0x1_0000_0000, size: 512 << 10, resident: 1000)
        let memory = try ProcessMemory(smaps: smaps, guestMemoryBytes: 512 * mebibyte)
        #expect(memory.otherBytes == 5000 << 10)
    }

    @Test func aNeighbourJoinedWithGuestMemoryCountsAsResident() throws {
        let smaps = mapping(0x1000_0000, size: 520 << 10, resident: 100 << 10)
        let memory = try ProcessMemory(smaps: smaps, guestMemoryBytes: 512 * mebibyte)
        #expect(memory.otherBytes == 8 * mebibyte)
        #expect(memory.guestBytes == 92 * mebibyte)
    }

    @Test func noSuchMappingIsAnError() {
        #expect(throws: BenchError.self) {
            try ProcessMemory(smaps: mapping(0, size: 100, resident: 1), guestMemoryBytes: 512 * mebibyte)
        }
        #expect(throws: BenchError.self) { try ProcessMemory(smaps: "", guestMemoryBytes: mebibyte) }
        #expect(throws: BenchError.self) {
            try ProcessMemory(smaps: "zz-1 r\nRss: x\n\n:\n", guestMemoryBytes: mebibyte)
        }
    }
}

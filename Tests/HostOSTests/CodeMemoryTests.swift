// Memory for generated code: two views of the same bytes.
import Glibc
import HostOS
import Testing

@Suite struct CodeMemoryTests {
    @Test func bothViewsShowTheSameBytes() throws {
        let memory = try CodeMemory(byteCount: 10_000)
        #expect(memory.byteCount == 12_288)
        for offset in [0, 1, 9_999, 12_287] {
            #expect(memory.executable.load(fromByteOffset: offset, as: UInt8.self) == 0)
            memory.writable[offset] = UInt8(truncatingIfNeeded: offset | 1)
            let seen = memory.executable.load(fromByteOffset: offset, as: UInt8.self)
            #expect(seen == UInt8(truncatingIfNeeded: offset | 1))
        }
    }

    @Test func codeRuns() throws {
        let memory = try CodeMemory(byteCount: 1)
        // mov eax, 42; ret
        for (offset, byte) in [0xB8, 42, 0, 0, 0, 0xC3].enumerated() { memory.writable[offset] = UInt8(byte) }
        let function = unsafeBitCast(memory.executable, to: (@convention(c) () -> Int32).self)
        #expect(withExtendedLifetime(memory) { function() } == 42)
    }

    /// What the kernel says about the pages at an address, for instance `rw-s`; nil when nothing of just
    /// this size is mapped there (other tests may have taken the place).
    private static func permissions(_ address: UnsafeRawPointer, _ byteCount: Int) throws -> String? {
        let file = try #require(fopen("/proc/self/maps", "r"))
        defer { fclose(file) }
        let (start, end) = (UInt(bitPattern: address), UInt(bitPattern: address + byteCount))
        let range = String(start, radix: 16) + "-" + String(end, radix: 16) + " "
        var line = [CChar](repeating: 0, count: 4096)
        while fgets(&line, Int32(line.count), file) != nil {
            let text = String(decoding: line.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
            if text.hasPrefix(range) { return String(text.dropFirst(range.count).prefix(4)) }
        }
        return nil
    }

    @Test func noPageIsWritableAndExecutable() throws {
        let memory = try CodeMemory(byteCount: 1 << 20)
        #expect(try Self.permissions(memory.writable, memory.byteCount) == "rw-s")
        #expect(try Self.permissions(memory.executable, memory.byteCount) == "r-xs")
    }

    @Test func goneWithTheObject() throws {
        let byteCount = 37 * 4096
        let (writable, executable) = try {
            let memory = try CodeMemory(byteCount: byteCount)
            #expect(try Self.permissions(memory.writable, byteCount) != nil)
            return (UnsafeRawPointer(memory.writable), memory.executable)
        }()
        #expect(try Self.permissions(writable, byteCount) == nil)
        #expect(try Self.permissions(executable, byteCount) == nil)
    }

    @Test func releasedPagesReadAsZeros() throws {
        let memory = try CodeMemory(byteCount: 5 * 4096)
        memory.writable.update(repeating: 0xCC, count: memory.byteCount)
        // From inside page 1 to inside page 4: pages 2 and 3 go.
        try memory.release(4097..<4 * 4096 + 100)
        for offset in 0..<memory.byteCount {
            let isReleased = (2 * 4096..<4 * 4096).contains(offset)
            let byte = memory.executable.load(fromByteOffset: offset, as: UInt8.self)
            if byte != (isReleased ? 0 : 0xCC) {
                Issue.record("byte \(offset) is \(byte)")
                return
            }
        }
        memory.writable[2 * 4096] = 7
        #expect(memory.executable.load(fromByteOffset: 2 * 4096, as: UInt8.self) == 7)
    }

    @Test func releasingNothing() throws {
        let memory = try CodeMemory(byteCount: 8192)
        memory.writable[5000] = 1
        try memory.release(4097..<8191)
        try memory.release(8192..<8192)
        try memory.release(0..<0)
        #expect(memory.writable[5000] == 1)
    }

    /// Resident pages of this process, all of shared memory: untouched ones cost nothing.
    private static func sharedPages() throws -> Int {
        let file = try #require(fopen("/proc/self/statm", "r"))
        defer { fclose(file) }
        var line = [CChar](repeating: 0, count: 256)
        try #require(fgets(&line, 256, file) != nil)
        let text = String(decoding: line.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
        return try #require(Int(text.split(separator: " ")[2]))
    }

    @Test func pagesComeWhenTouchedAndGoWhenReleased() throws {
        let memory = try CodeMemory(byteCount: 1 << 34)
        let before = try Self.sharedPages()
        for page in 0..<4096 { memory.writable[page * 4096] = 1 }
        let touched = try Self.sharedPages()
        try memory.release(0..<1 << 34)
        let after = try Self.sharedPages()
        // Other tests of this process move the numbers by far less than half.
        #expect(touched - before > 2048)
        #expect(touched - after > 2048)
    }

    @Test(arguments: [0, -1, Int.min, Int.max, Int.max - 4094])
    func absurdSizes(byteCount: Int) {
        #expect(throws: HostError.self) { try CodeMemory(byteCount: byteCount) }
    }

    @Test(arguments: [-1..<5, -5..<(-1), 0..<4097, 4097..<5000, 0..<Int.max])
    func rangesOutside(range: Range<Int>) throws {
        let memory = try CodeMemory(byteCount: 4096)
        #expect(throws: HostError.self) { try memory.release(range) }
    }
}

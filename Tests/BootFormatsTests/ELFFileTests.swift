// Tests of ELFFile: real files against readelf, and what is refused.

import BootFormats
import Foundation
import Testing

/// The error that reading a file ends with.
private func failure(_ bytes: [UInt8]) -> ELFError? {
    do { _ = try ELFFile(bytes) } catch { return error }
    return nil
}

@Suite struct ELFFileTests {
    @Test func openSBIIsReadAsReadelfReadsIt() throws {
        let bytes = try openSBI()
        let file = try ELFFile(bytes)
        #expect(file.machine == ELFMachine.riscv)
        #expect(file.machineName == "riscv64")
        #expect(file.kind == .executable)
        #expect(file.entry == 0x8000_0000)
        #expect(file.physicalEntry == 0x8000_0000)
        try file.checkLoadable(machine: ELFMachine.riscv, is64Bit: true)
        try compareWithReadelf(file, bytes)
    }

    /// A program like those of the published test suites, of both classes.
    @Test(arguments: [64, 32])
    func symbolsAreFound(width: Int) throws {
        let bytes = try Self.link(width: width)
        let file = try ELFFile(bytes)
        #expect(file.is64Bit == (width == 64))
        #expect(file.machineName == "riscv\(width)")
        #expect(file.symbol(named: "tohost")?.value == 0x8000_1000)
        #expect(file.symbol(named: "fromhost")?.value == 0x8000_1040)
        let signature = try #require(file.symbol(named: "begin_signature"))
        #expect((signature.value, signature.size) == (0x8000_1080, 16))
        let hidden = try #require(file.symbol(named: "hidden"))
        #expect(hidden.value == 0x8000_1090)
        #expect(signature.isGlobal && !hidden.isGlobal)
        for name in ["", "tohos", "tohostt", "host", "undefined", "elsewhere"] {
            #expect(file.symbol(named: name) == nil, "\(name)")
        }
        let segment = try #require(file.loadSegments.last)
        #expect(segment.memorySize == 0x1000)
        #expect(Array(file.contents(of: segment).dropFirst(0x80).prefix(4)) == [0xef, 0xbe, 0xad, 0xde])
        try compareWithReadelf(file, bytes)
    }

    @Test func everyTruncationIsAnError() throws {
        // The section table is at the end of the file, so no byte is too many.
        let bytes = try openSBI()
        for count in Array(0..<300) + Array(stride(from: 300, to: bytes.count, by: 97)) + [bytes.count - 1] {
            #expect(failure(Array(bytes.prefix(count))) != nil, "\(count) bytes")
        }
        #expect(failure(Array(bytes.prefix(50_000)))?.description == """
            the file is truncated: segment 1 ends at byte \(0x120 + 0x1c280) of 50000; copy it again
            """)
    }

    @Test func otherMachinesAreNamed() throws {
        let x86 = try ELFFile(openSBI().with(ELFMachine.x86_64, at: 18))
        let error = #expect(throws: ELFError.self) {
            try x86.checkLoadable(machine: ELFMachine.riscv, is64Bit: true)
        }
        #expect(error?.description == """
            the file is for x86-64, this machine is riscv64; give a file built for riscv64
            """)
        #expect(failure(Array("\u{7f}ELF\u{2}\u{2}\u{1}".utf8) + [UInt8](repeating: 0, count: 64))
            == .unsupported("a big-endian ELF file"))
        #expect(failure([0x1f, 0x8b, 8]) == .notELF(.compressed(format: "gzip", unpacker: "gunzip")))
        #expect(failure([]) == .notELF(.empty))
    }

    @Test func whatCanNotBeStartedIsRefused() throws {
        let bytes = try openSBI()
        let cases: [([UInt8], String)] = [
            (bytes.with(UInt16(1), at: 16), "not linked"), (bytes.with(UInt16(4), at: 16), "core dump"),
            (bytes.with(UInt64(0x1000), at: 24), "0x1000"), (bytes.with(UInt16(0), at: 56), "no part"),
        ]
        for (file, word) in cases {
            let error = #expect(throws: ELFError.self) {
                try ELFFile(file).checkLoadable(machine: ELFMachine.riscv, is64Bit: true)
            }
            #expect(error?.description.contains(word) == true, "\(String(describing: error))")
        }
        try ELFFile(bytes.with(UInt16(3), at: 16)).checkLoadable(machine: ELFMachine.riscv, is64Bit: true)
    }

    @Test func contradictionsAreRefused() throws {
        let bytes = try openSBI()
        // The second program header, at byte 120, is the one that is loaded.
        let load = 64 + 56
        let size = UInt64(bytes.count)
        let cases: [(String, [UInt8])] = [
            ("class", bytes.with(UInt8(3), at: 4)), ("encoding", bytes.with(UInt8(0), at: 5)),
            ("version", bytes.with(UInt8(9), at: 6)),
            ("phoff", bytes.with(UInt64.max, at: 32)), ("phoff past the end", bytes.with(size - 10, at: 32)),
            ("phentsize", bytes.with(UInt16(55), at: 54)), ("phnum", bytes.with(UInt16(5000), at: 56)),
            ("shoff", bytes.with(UInt64.max - 8, at: 40)), ("shentsize", bytes.with(UInt16(1), at: 58)),
            ("shnum", bytes.with(UInt16.max, at: 60)), ("offset", bytes.with(UInt64.max, at: load + 8)),
            ("vaddr", bytes.with(UInt64.max - 4, at: load + 16)),
            ("paddr", bytes.with(UInt64.max - 4, at: load + 24)),
            ("filesz", bytes.with(UInt64.max, at: load + 32)), ("memsz", bytes.with(UInt64(1), at: load + 40)),
            ("huge memsz", bytes.with(UInt64.max, at: load + 40)),
            ("overlap", Self.withOverlap(bytes)),
        ]
        for (name, file) in cases {
            #expect(failure(file) != nil, "\(name)")
        }
        #expect(failure(Self.withOverlap(bytes)) == .malformed("segments 1 and 3 overlap in memory"))
        // A segment may reach the very top of the address space.
        let memory = try #require(ELFFile(bytes).loadSegments.first?.memorySize)
        #expect(failure(bytes.with(UInt64.max - memory + 1, at: load + 24)) == nil)
        #expect(failure(bytes.with(UInt64.max - memory + 2, at: load + 24)) != nil)
    }

    /// Makes a copy of the loaded segment of the last one, which is for the stack.
    private static func withOverlap(_ bytes: [UInt8]) -> [UInt8] {
        var copy = bytes
        let headers = (1...3).map { 64 + $0 * 56 }
        copy.replaceSubrange(headers[2]..<(headers[2] + 56), with: bytes[headers[0]..<(headers[0] + 56)])
        return copy
    }

    @Test func damageNeverCrashes() throws {
        var bytes = try openSBI()
        var generator = SeededGenerator(state: 11)
        var refused = 0
        for _ in 0..<20_000 {
            let undo = generator.damage(&bytes, headerByteCount: 64 + 4 * 56)
            if !Self.use(bytes) { refused += 1 }
            SeededGenerator.repair(&bytes, undo)
        }
        #expect(refused > 1000)
        #expect(try bytes == openSBI())
    }

    /// The section headers and symbols of a small file, where each damage counts.
    @Test func damagedSymbolTablesNeverCrash() throws {
        var bytes = try Self.link(width: 64)
        let sections = try #require(bytes.firstRange(of: Array("\0.strtab\0".utf8))).lowerBound
        var generator = SeededGenerator(state: 12)
        var tail = Array(bytes[(sections - 600)...])
        for _ in 0..<5_000 {
            let undo = generator.damage(&tail, headerByteCount: tail.count)
            bytes.replaceSubrange((bytes.count - tail.count)..., with: tail)
            _ = Self.use(bytes)
            SeededGenerator.repair(&tail, undo)
        }
    }

    /// Uses everything that a board uses; says whether the file was accepted.
    private static func use(_ bytes: [UInt8]) -> Bool {
        guard let file = try? ELFFile(bytes) else { return false }
        try? file.checkLoadable(machine: ELFMachine.riscv, is64Bit: true)
        for segment in file.segments { _ = file.contents(of: segment).last }
        _ = file.symbol(named: "tohost")
        return true
    }

    private static let program = """
        .option norvc
        .globl _start, tohost, fromhost, begin_signature, undefined
        .section .text
        _start: j _start
        .word undefined_weak
        .weak undefined_weak
        .data
        tohost: .dword 0
        .balign 64
        fromhost: .dword 0
        .balign 64
        .type begin_signature, @object
        .size begin_signature, 16
        begin_signature: .word 0xdeadbeef, 0, 0, 0
        hidden: .zero 3952
        """

    /// Assembles and links `program` with its data at 0x80001000.
    private static func link(width: Int) throws -> [UInt8] {
        let folder = try TemporaryFolder()
        let result = folder.url.appending(path: "program").path()
        let output = try run(
            "riscv64-linux-gnu-gcc", package: "gcc-riscv64-linux-gnu",
            [
                "-march=rv\(width)ima", "-mabi=\(width == 64 ? "lp64" : "ilp32")", "-nostdlib", "-static",
                "-Wl,--build-id=none,-Ttext=0x80000000,-Tdata=0x80001000", "-o", result,
                "-x", "assembler", "-",
            ], input: Array(program.utf8))
        #expect(output.status == 0, "\(output.errors)")
        return try folder.bytes("program")
    }

    /// Segments and symbols, compared with what GNU readelf says about the same bytes.
    private func compareWithReadelf(_ file: ELFFile, _ bytes: [UInt8]) throws {
        let folder = try TemporaryFolder()
        let url = folder.url.appending(path: "file")
        try Data(bytes).write(to: url)
        let text = try run("readelf", package: "binutils", ["-lsW", url.path()]).text
        var segments: [[UInt64]] = []
        var symbols = 0
        for line in text.split(separator: "\n") {
            let words = line.split(separator: " ").map(String.init)
            if words.first == "LOAD" {
                segments.append(words[1...5].compactMap { UInt64($0.dropFirst(2), radix: 16) })
            } else if words.count == 8, words[4] == "GLOBAL", words[6] != "UND" {
                #expect(file.symbol(named: words[7])?.value == UInt64(words[1], radix: 16), "\(line)")
                symbols += 1
            }
        }
        #expect(symbols >= 4)
        #expect(!segments.isEmpty)
        #expect(segments == file.segments.filter(\.isLoad).map { segment in
            [
                UInt64(segment.fileRange.lowerBound), segment.virtualAddress, segment.physicalAddress,
                UInt64(segment.fileRange.count), segment.memorySize,
            ]
        })
    }
}

// Code beside the text that a disassembler must make of it.
import CodegenX86
import Foundation
import Testing

/// Collects instructions with their expected texts, and has GNU objdump read them.
struct Listing: ~Copyable {
    var assembler: Assembler
    private var expected: [(offset: Int, text: String)] = []
    private let buffer: UnsafeMutablePointer<UInt8>

    init(capacity: Int = 1 << 20) {
        buffer = .allocate(capacity: capacity)
        assembler = Assembler(buffer: buffer, capacity: capacity)
    }

    deinit { buffer.deallocate() }

    /// Announces the text of the instruction that begins `distance` bytes on.
    mutating func expect(at distance: Int = 0, _ text: String) {
        expected.append((assembler.count + distance, text))
    }

    /// Compares everything with what objdump says, texts and lengths.
    consuming func check(_ location: SourceLocation = #_sourceLocation) throws {
        try #require(!assembler.overflowed, sourceLocation: location)
        #expect(expected.count > 0, sourceLocation: location)
        let bytes = Data(bytes: buffer, count: assembler.count)
        let actual = try Self.disassemble(bytes)
        var mismatches: [String] = []
        for (index, (offset, text)) in expected.enumerated() {
            let line = index < actual.count ? actual[index] : (offset: -1, text: "(nothing)")
            if line.offset == offset, line.text == text { continue }
            mismatches.append("\(offset): \(text), but objdump says \(line.offset): \(line.text)")
            if mismatches.count == 5 { break }
        }
        #expect(mismatches == [], sourceLocation: location)
        #expect(actual.count == expected.count, sourceLocation: location)
    }

    /// One line of objdump's listing for each instruction, with single spaces and no comments.
    static func disassemble(_ bytes: Data) throws -> [(offset: Int, text: String)] {
        let folder = FileManager.default.temporaryDirectory
            .appendingPathComponent("starling-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let file = folder.appendingPathComponent("code")
        try bytes.write(to: file)
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = [
            "objdump", "-D", "-b", "binary", "-m", "i386:x86-64", "-M", "intel", "--no-show-raw-insn",
            file.path,
        ]
        let output = Pipe()
        process.standardOutput = output
        try process.run()
        let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        try #require(process.terminationStatus == 0, "objdump failed: install the package binutils")
        return text.split(separator: "\n").compactMap(parse)
    }

    /// `   1f:\tmov    rax,rbx        # comment`.
    private static func parse(_ line: Substring) -> (offset: Int, text: String)? {
        let parts = line.split(separator: "\t", maxSplits: 1)
        guard parts.count == 2, let colon = parts[0].firstIndex(of: ":"),
            let offset = Int(parts[0][..<colon].drop { $0 == " " }, radix: 16)
        else { return nil }
        let code = parts[1].prefix { $0 != "#" }
        return (offset, code.split(separator: " ").joined(separator: " "))
    }
}

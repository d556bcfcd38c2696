// What the tests of BootFormats share: outside tools, real files, damage.

import Foundation
import Testing

/// Random numbers that are the same in every run (SplitMix64).
struct SeededGenerator: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
        return mixed ^ (mixed >> 31)
    }

    /// Changes one to four bytes, half of the time among the first `headerByteCount`; undo it with the
    /// result. Changing in place keeps 20,000 rounds on a large file fast.
    mutating func damage(_ bytes: inout [UInt8], headerByteCount: Int) -> [(position: Int, byte: UInt8)] {
        var undo: [(position: Int, byte: UInt8)] = []
        for _ in 0..<Int.random(in: 1...4, using: &self) {
            let isHeader = Bool.random(using: &self)
            let range = 0..<(isHeader ? min(headerByteCount, bytes.count) : bytes.count)
            let position = Int.random(in: range, using: &self)
            undo.append((position, bytes[position]))
            // Extreme bytes find more than random ones do.
            bytes[position] = [0, 1, 0x7f, 0x80, 0xff, UInt8.random(in: 0...255, using: &self)]
                .randomElement(using: &self) ?? 0
        }
        return undo
    }

    static func repair(_ bytes: inout [UInt8], _ undo: [(position: Int, byte: UInt8)]) {
        for (position, byte) in undo.reversed() { bytes[position] = byte }
    }
}

/// A program or file of a Debian package that a test can not do without.
struct MissingRequirement: Error, CustomStringConvertible {
    let what: String
    let package: String

    var description: String { "\(what) is missing; apt-get install \(package)" }
}

/// What a tool printed.
struct ToolOutput {
    let output: [UInt8]
    let errors: String
    let status: Int32

    var text: String { String(decoding: output, as: UTF8.self) }
}

/// Runs a tool that is part of a Debian package.
func run(_ tool: String, package: String, _ arguments: [String], input: [UInt8] = []) throws -> ToolOutput {
    let folders = ["/usr/bin/", "/bin/", "/usr/local/bin/"]
    guard let path = folders.map({ $0 + tool }).first(where: FileManager.default.isExecutableFile) else {
        throw MissingRequirement(what: tool, package: package)
    }
    let folder = try TemporaryFolder()
    try Data(input).write(to: folder.url.appending(path: "in"))
    // Files rather than pipes: a pipe that nobody empties in time would stop the tool.
    for name in ["out", "err"] { try Data().write(to: folder.url.appending(path: name)) }
    let process = Process()
    process.executableURL = URL(filePath: path)
    process.arguments = arguments
    process.standardInput = try FileHandle(forReadingFrom: folder.url.appending(path: "in"))
    process.standardOutput = try FileHandle(forWritingTo: folder.url.appending(path: "out"))
    process.standardError = try FileHandle(forWritingTo: folder.url.appending(path: "err"))
    try process.run()
    process.waitUntilExit()
    return ToolOutput(
        output: try folder.bytes("out"), errors: String(decoding: try folder.bytes("err"), as: UTF8.self),
        status: process.terminationStatus)
}

/// A folder that lives as long as this object.
final class TemporaryFolder {
    let url: URL

    init() throws {
        url = FileManager.default.temporaryDirectory.appending(path: "starling-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
    }

    deinit {
        try? FileManager.default.removeItem(at: url)
    }

    func bytes(_ name: String) throws -> [UInt8] {
        try Array(Data(contentsOf: url.appending(path: name)))
    }
}

/// Debian's OpenSBI, a real ELF file for riscv64.
func openSBI() throws -> [UInt8] {
    let path = "/usr/lib/riscv64-linux-gnu/opensbi/generic/fw_jump.elf"
    guard let data = FileManager.default.contents(atPath: path) else {
        throw MissingRequirement(what: path, package: "opensbi")
    }
    return Array(data)
}

extension [UInt8] {
    /// Overwrites the bytes at `offset` with an integer, little endian unless the caller swaps it.
    mutating func put(_ value: some FixedWidthInteger, at offset: Int) {
        Swift.withUnsafeBytes(of: value.littleEndian) { bytes in
            replaceSubrange(offset..<(offset + bytes.count), with: bytes)
        }
    }

    /// A copy with an integer at `offset`.
    func with(_ value: some FixedWidthInteger, at offset: Int) -> [UInt8] {
        var copy = self
        copy.put(value, at: offset)
        return copy
    }
}

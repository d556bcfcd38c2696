// The outside oracle: a RISC-V program, built by the test, that runs under qemu-riscv64.
import Foundation
import SoftFloat

/// Executes the F and D instructions themselves.
struct RISCVOracle {
    /// Why the oracle can not be used.
    struct Failure: Error, CustomStringConvertible {
        var description: String
    }

    private static let compiler = "/usr/bin/riscv64-linux-gnu-gcc"
    private static let emulator = "/usr/bin/qemu-riscv64"

    private let folder: URL

    /// Builds the program in a folder of its own, which `remove` deletes.
    init() throws {
        for tool in [Self.compiler, Self.emulator] {
            guard FileManager.default.isExecutableFile(atPath: tool) else {
                throw Failure(
                    description: "\(tool) is missing; install the oracle with: apt-get install qemu-user "
                        + "gcc-riscv64-linux-gnu libc6-dev-riscv64-cross")
            }
        }
        folder = FileManager.default.temporaryDirectory
            .appendingPathComponent("softfloat-oracle-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        do {
            try build()
        } catch {
            remove()
            throw error
        }
    }

    func remove() { try? FileManager.default.removeItem(at: folder) }

    private func build() throws {
        let source = folder.appendingPathComponent("oracle.c")
        try Self.program.write(to: source, atomically: true, encoding: .utf8)
        let arguments = ["-O1", "-static", "-march=rv64gc", "-o", path("oracle"), source.path]
        try Self.run(Self.compiler, arguments, input: nil, output: nil)
    }

    private func path(_ name: String) -> String { folder.appendingPathComponent(name).path }

    /// What RISC-V delivers for each vector.
    func outcomes(_ vectors: [FloatVector]) throws -> [FloatOutcome] {
        var words: [UInt64] = []
        words.reserveCapacity(vectors.count * 4)
        let numbers = Dictionary(uniqueKeysWithValues: FloatOperationCase.all.enumerated().map { ($1, $0) })
        for vector in vectors {
            let number = UInt64(numbers[vector.operation]!)
            words += [number << 8 | UInt64(vector.rounding.rawValue), vector.a, vector.b, vector.c]
        }
        try words.withUnsafeBytes { Data($0) }.write(to: URL(fileURLWithPath: path("input")))
        try Self.run(Self.emulator, [path("oracle")], input: path("input"), output: path("output"))
        let output = try Data(contentsOf: URL(fileURLWithPath: path("output")))
        guard output.count == vectors.count * 16 else {
            throw Failure(
                description: "the oracle answered \(output.count) bytes for \(vectors.count) vectors")
        }
        return output.withUnsafeBytes { bytes in
            vectors.indices.map { index in
                let result = bytes.loadUnaligned(fromByteOffset: index * 16, as: UInt64.self)
                let flags = bytes.loadUnaligned(fromByteOffset: index * 16 + 8, as: UInt64.self)
                let mask: UInt64 = vectors[index].operation.deliversSingle ? 0xFFFF_FFFF : .max
                return FloatOutcome(result: result & mask, flags: FloatFlags(rawValue: UInt8(flags)))
            }
        }
    }

    private static func run(
        _ tool: String, _ arguments: [String], input: String?, output: String?
    ) throws {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: tool)
        process.arguments = arguments
        process.standardInput = try input.map { try FileHandle(forReadingFrom: URL(fileURLWithPath: $0)) }
            ?? FileHandle.nullDevice
        if let output {
            try Data().write(to: URL(fileURLWithPath: output))
            process.standardOutput = try FileHandle(forWritingTo: URL(fileURLWithPath: output))
        }
        try process.run()
        process.waitUntilExit()
        guard process.terminationReason == .exit, process.terminationStatus == 0 else {
            throw Failure(description: "\(tool) ended with status \(process.terminationStatus)")
        }
    }

    /// Reads records of control word, a, b, c; writes records of result, fflags. The control word is
    /// the operation's number and the rounding mode.
    private static var program: String {
        let cases = FloatOperationCase.all.enumerated().map { number, operation in
            let load = operation.format == .double ? "fmv.d.x" : "fmv.w.x"
            let moves = ["a", "b", "c"].enumerated().map { "\(load) ft\($0), %[\($1)]" }
            let lines = moves + ["fscsr %[mode]", operation.assembly, "frflags %[flags]"]
            return "case \(number): RUN(\"\(lines.joined(separator: "\\n"))\"); break;"
        }
        return """
            #include <stdint.h>
            #include <stdio.h>
            #define RUN(text) __asm__ volatile(text \\
                : [result] "=&r"(out[0]), [flags] "=&r"(out[1]) \\
                : [a] "r"(in[1]), [b] "r"(in[2]), [c] "r"(in[3]), [mode] "r"(mode) \\
                : "ft0", "ft1", "ft2")
            int main(void) {
                static uint64_t in[4], out[2];
                while (fread(in, sizeof in, 1, stdin) == 1) {
                    uint64_t mode = (in[0] & 7) << 5;
                    switch (in[0] >> 8) {
            \(cases.joined(separator: "\n"))
                    default: return 2;
                    }
                    if (fwrite(out, sizeof out, 1, stdout) != 1) return 3;
                }
                return 0;
            }
            """
    }
}

// qemu-riscv64 as the oracle for what instructions do.
import Foundation

/// A RISC-V program that executes oracle programs, running under user-mode emulation.
struct QEMUOracle {
    private let tools: CrossTools

    init() throws {
        tools = try CrossTools(.compiler, .emulator)
        do {
            try tools.write(Self.source, to: "runner.c")
            let options = ["-O1", "-static", "-march=rv64gc", "-o", tools.path("runner")]
            try tools.run(.compiler, options + ["runner.c"])
        } catch {
            tools.remove()
            throw error
        }
    }

    func remove() { tools.remove() }

    /// What each program leaves behind.
    func outcomes(_ programs: [OracleProgram]) throws -> [OracleOutcome] {
        var input: [UInt8] = []
        for program in programs {
            let code = program.code
            precondition(code.count <= OracleLayout.codeLimit)
            input += Self.bytes([UInt64(code.count)]) + code + program.window
            input += Self.bytes(program.x + program.f + [program.fcsr])
        }
        try tools.write(input, to: "input")
        let arguments = ["-cpu", "rv64,zba=true,zbb=true,zbs=true", tools.path("runner")]
        try tools.run(.emulator, arguments, input: "input", output: "output")
        let output = try tools.read("output")
        let windowCount = OracleLayout.window.count
        let recordCount = windowCount + OracleLayout.outputCount
        guard output.count == programs.count * recordCount else {
            throw CrossTools.Failure(
                description: "qemu answered \(output.count) bytes for \(programs.count) programs")
        }
        return programs.indices.map { index in
            let record = output[(index * recordCount)..<((index + 1) * recordCount)]
            let registers = Self.words(record.dropFirst(windowCount))
            return OracleOutcome(registers: registers, window: Array(record.prefix(windowCount)))
        }
    }

    static func bytes(_ words: [UInt64]) -> [UInt8] { words.withUnsafeBytes { [UInt8]($0) } }

    static func words(_ bytes: some Collection<UInt8>) -> [UInt64] {
        Array(bytes).withUnsafeBytes { buffer in
            (0..<buffer.count / 8).map { buffer.loadUnaligned(fromByteOffset: $0 * 8, as: UInt64.self) }
        }
    }

    /// Reads programs until the end of its input: places each in memory, calls it, and writes what it
    /// left behind.
    private static var source: String {
        """
        #include <stdint.h>
        #include <stdio.h>
        #include <stdlib.h>
        #include <sys/mman.h>
        #define AT(address) ((char *)(address##UL))
        static void get(void *to, size_t count) { if (fread(to, 1, count, stdin) != count) _Exit(2); }
        static void put(void *from, size_t count) { if (fwrite(from, 1, count, stdout) != count) _Exit(3); }
        int main(void) {
            char *base = mmap(AT(\(OracleLayout.base)), \(OracleLayout.byteCount),
                PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
            if (base != AT(\(OracleLayout.base))) return 4;
            uint64_t count;
            while (fread(&count, sizeof count, 1, stdin) == 1) {
                if (count > \(OracleLayout.codeLimit)) return 5;
                char *code = AT(\(OracleLayout.code));
                get(code, count);
                get(AT(\(OracleLayout.window.lowerBound)), \(OracleLayout.window.count));
                get(AT(\(OracleLayout.control)), \(OracleLayout.inputCount));
                for (int index = 0; index < \(OracleLayout.outputCount); index++)
                    AT(\(OracleLayout.control))[\(OracleLayout.outputX) + index] = 0;
                __builtin___clear_cache(code, code + count);
                ((void (*)(void))code)();
                put(AT(\(OracleLayout.window.lowerBound)), \(OracleLayout.window.count));
                put(AT(\(OracleLayout.control)) + \(OracleLayout.outputX), \(OracleLayout.outputCount));
            }
            return 0;
        }
        """
    }
}

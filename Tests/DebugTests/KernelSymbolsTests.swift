// Symbols from text, and as an ELF file: readelf and nm see what was put in.
import Debug
import Foundation
import Testing

@Suite struct KernelSymbolsTests {
    private func parse(_ text: String) throws -> KernelSymbols { try KernelSymbols(parsing: Array(text.utf8)) }

    @Test func whatTheKernelPrints() throws {
        let table = try parse("""
            ffffffff80002000 T start_kernel
            ffffffff80000000 t _start
            ffffffff81000000 D jiffies
            ffffffff02000010 t init_module\t[virtio_net]
            0000000000000000 A absolute
                             U undefined
            """)
        #expect(table.symbols.map(\.name) == ["init_module", "_start", "start_kernel", "jiffies"])
        #expect(table.symbols.map(\.isCode) == [true, true, true, false])
        #expect(table.symbols.map(\.isGlobal) == [false, false, true, true])
    }

    @Test func whatHasNoSymbols() {
        #expect(throws: KernelSymbolsError.empty) { try parse("") }
        #expect(throws: KernelSymbolsError.hidden) { try parse("0000000000000000 T start_kernel\n") }
        #expect(throws: KernelSymbolsError.malformed(line: 1)) {
            try parse("ffffffffffffffff B The real System.map is elsewhere\n")
        }
        #expect(throws: KernelSymbolsError.malformed(line: 2)) { try parse("1 T a\nxyz T b\n") }
    }

    @Test func randomTextIsRefusedOrRead() throws {
        var random = SystemRandomNumberGenerator()
        let alphabet = Array("0123456789abcdef TtUD\n[]\t\u{e9}\0".utf8)
        for _ in 0..<5000 {
            let count = Int.random(in: 0...60, using: &random)
            let bytes = (0..<count).map { _ in alphabet.randomElement(using: &random)! }
            if let table = try? KernelSymbols(parsing: bytes) { #expect(table.elf(machine: 243).count > 64) }
        }
    }

    @Test func nmReadsTheFile() throws {
        var text = ""
        for index in 0..<2000 {
            let kind = ["T", "t", "D", "b"][index % 4]
            text += "\(String(0xffff_ffff_8000_0000 + UInt64(index) * 64, radix: 16)) \(kind) symbol_\(index)\n"
        }
        let path = NSTemporaryDirectory() + "symbols-\(UUID().uuidString).elf"
        defer { try? FileManager.default.removeItem(atPath: path) }
        try Data(try parse(text).elf(machine: 243)).write(to: URL(fileURLWithPath: path))
        let names = try run("riscv64-linux-gnu-nm", ["-n", path]).split(separator: "\n")
        #expect(names.count == 2000)
        #expect(names.first == "ffffffff80000000 T symbol_0")
        #expect(names.dropFirst().first == "ffffffff80000040 t symbol_1")
        #expect(try run("riscv64-linux-gnu-readelf", ["-W", "-a", path]).contains("RISC-V"))
    }

    private func run(_ program: String, _ arguments: [String]) throws -> String {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = [program] + arguments
        let pipe = Pipe()
        process.standardOutput = pipe
        process.standardError = pipe
        try process.run()
        let data = pipe.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        let text = String(decoding: data, as: UTF8.self)
        #expect(process.terminationStatus == 0 && !text.contains("arning"), "\(text.prefix(500))")
        return text
    }
}

// The decoder on programs of the host, and on input that is cut off.
import Foundation
import Testing

@testable import X86

@Suite struct DecoderBinaryTests {
    /// Lengths in a whole program of the host, against objdump's linear sweep of its code.
    @Test(arguments: ["/usr/bin/bash", "/usr/bin/objdump"])
    func lengthsInProgramsMatchObjdump(_ program: String) throws {
        let tools = try HostTools()
        defer { tools.remove() }
        let options = ["-d", "-z", "-j", ".text", "-M", "intel", "--insn-width=16", program]
        try tools.run("/usr/bin/objdump", package: "binutils", options, output: "text")
        var compared = 0
        var differences: [String] = []
        for row in try tools.read("text").split(separator: UInt8(ascii: "\n")) {
            let columns = row.split(separator: UInt8(ascii: "\t"), maxSplits: 2)
            guard columns.count == 3, columns[0].last == UInt8(ascii: ":") else { continue }
            let text = String(decoding: columns[2], as: UTF8.self)
            let bytes = columns[1].split(separator: 32).compactMap {
                UInt8(String(decoding: $0, as: UTF8.self), radix: 16)
            }
            // Vector extensions that this CPU does not have are no instructions of it.
            if bytes.isEmpty || text.contains("(bad)") || text.hasPrefix("v") { continue }
            compared += 1
            if length(bytes) != bytes.count { differences.append("\(bytes): \(length(bytes)), objdump \(text)") }
        }
        #expect(compared > 50_000)
        #expect(differences.isEmpty, "\(differences.count): \(differences.prefix(20).joined(separator: "\n"))")
    }

    /// What an instruction is depends on its own bytes only, and a cut one is never an instruction.
    @Test(arguments: [CodeSize.bits64, .bits32, .bits16])
    func bytesBehindTheEndDoNotCount(_ size: CodeSize) {
        var random = SplitMix(seed: 11)
        var complete = 0
        for _ in 0..<100_000 {
            let bytes = (0..<24).map { _ in random.byte() }
            let whole = length(bytes, size)
            #expect(whole <= 15)
            guard whole > 0 else { continue }
            complete += 1
            #expect(length(Array(bytes.prefix(whole)), size) == whole)
            for count in 0..<whole { #expect(length(Array(bytes.prefix(count)), size) == 0) }
        }
        #expect(complete > 20_000)
    }

    /// The length, or 0 when the bytes are no instruction.
    private func length(_ bytes: [UInt8], _ size: CodeSize = .bits64) -> Int {
        do {
            return Int(try bytes.withUnsafeBytes { try Decoder.decode($0, size).length })
        } catch { return 0 }
    }
}

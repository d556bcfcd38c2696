// Lengths and validity of instructions, against GNU objdump.
import Foundation
import Testing

@testable import X86

@Suite struct DecoderOracleTests {
    /// A line of objdump's output: where the instruction is, its size and its text.
    private struct Line {
        let address: Int
        let byteCount: Int
        let text: Substring
    }

    @Test(arguments: [CodeSize.bits64, .bits32, .bits16])
    func lengthsMatchObjdump(_ size: CodeSize) throws {
        let bytes = randomCode(size, count: 1_500_000)
        var compared = 0
        var differences: [String: Int] = [:]
        var examples: [String] = []
        try disassemble(bytes, size) { line in
            compared += 1
            let own = outcome(bytes, at: line.address, size)
            let isBad = line.text.contains("(bad)")
            if own == (isBad ? 0 : line.byteCount) { return }
            if ObjdumpDifference.explains(own, line.byteCount, line.text, bytes, line.address, size) { return }
            differences[String(line.text.prefix { $0 != " " }), default: 0] += 1
            if examples.count < 24 {
                let code = bytes[line.address..<min(line.address + 15, bytes.count)].map { OpcodeMap.hex(Int($0)) }
                let theirs = "objdump \(line.byteCount) \(line.text)"
                examples.append("\(code.joined(separator: " ")): we say \(own), \(theirs)")
            }
        }
        #expect(differences.isEmpty, "\(examples.joined(separator: "\n"))")
        #expect(compared > 300_000)
    }

    /// The length, or 0 when the bytes are no instruction.
    private func outcome(_ bytes: [UInt8], at address: Int, _ size: CodeSize) -> Int {
        bytes.withUnsafeBytes { buffer in
            let rest = UnsafeRawBufferPointer(rebasing: buffer[address..<min(address + 15, buffer.count)])
            do throws(DecodeFailure) { return Int(try Decoder.decode(rest, size).length) } catch { return 0 }
        }
    }

    /// Random bytes in which the second map, prefixes and groups are more frequent than by chance.
    private func randomCode(_ size: CodeSize, count: Int) -> [UInt8] {
        var random = SplitMix(seed: UInt64(size.rawValue))
        let prefixes: [UInt8] = [0x66, 0xf2, 0xf3, 0x67, 0x2e, 0x48, 0x41, 0x4f, 0x64]
        var bytes: [UInt8] = []
        bytes.reserveCapacity(count + 16)
        while bytes.count < count {
            if random.oneIn(3) { bytes.append(random.pick(prefixes)) }
            if random.oneIn(3) { bytes.append(0x0f) }
            if random.oneIn(12) { bytes += [0x0f, random.oneIn(2) ? 0x38 : 0x3a] }
            if random.oneIn(12) { bytes.append(0xd8 + UInt8(random.below(8))) }
            for _ in 0..<random.below(6) { bytes.append(random.byte()) }
        }
        return bytes
    }

    private func disassemble(_ bytes: [UInt8], _ size: CodeSize, _ body: (Line) -> Void) throws {
        let tools = try HostTools()
        defer { tools.remove() }
        try tools.write(bytes, to: "code")
        let machine = size == .bits64 ? "i386:x86-64" : size == .bits32 ? "i386" : "i8086"
        let options = ["-D", "-z", "-b", "binary", "-m", machine, "-M", "intel,intel64", "--insn-width=16", "code"]
        try tools.run("/usr/bin/objdump", package: "binutils", options, output: "text")
        let text = try tools.read("text")
        for row in text.split(separator: UInt8(ascii: "\n")) {
            let columns = row.split(separator: UInt8(ascii: "\t"), maxSplits: 2)
            guard columns.count == 3, columns[0].last == UInt8(ascii: ":") else { continue }
            let address = Substring(decoding: columns[0].dropLast().drop { $0 == 32 }, as: UTF8.self)
            let count = columns[1].split(separator: 32).count
            guard let address = Int(address, radix: 16) else { continue }
            body(Line(address: address, byteCount: count, text: Substring(decoding: columns[2], as: UTF8.self)))
        }
    }
}

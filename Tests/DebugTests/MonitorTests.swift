// What users type after `monitor`.
import Debug
import Testing

@Suite struct MonitorTests {
    private let talk = Conversation()

    /// The text that a command prints; its end is the answer `OK`.
    private func monitor(_ command: String) -> String {
        let digits = command.utf8.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
        var answers = talk.ask("qRcmd,\(digits)").split(separator: " ")
        #expect(answers.popLast() == "OK")
        #expect(answers.allSatisfy { $0.first == "O" && $0.utf8.count <= 0x4000 })
        let text = answers.flatMap { $0.dropFirst() }
        let bytes = stride(from: 0, to: text.count, by: 2).map {
            UInt8(String(text[$0...$0 + 1]), radix: 16) ?? 0
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    @Test func help() {
        let expected = """
            help                     shows this list
            phys ADDRESS [COUNT]     shows memory by physical address, 64 bytes if not told
            physwrite ADDRESS BYTES  writes memory by physical address, for example 13000000
            long COUNT               prints COUNT letters

            """
        #expect(monitor("help") == expected)
        #expect(monitor("") == expected)
        #expect(monitor("nonsense") == "There is no monitor command 'nonsense'; 'monitor help' lists them.\n")
    }

    @Test func physicalMemory() {
        #expect(monitor("physwrite 0x80001000 48656c6c6f2a00") == "7 bytes written.\n")
        let line = "0x0000000080001000: 48 65 6c 6c 6f 2a 00 00 00 00 00 00 00 00 00 00  Hello*..........\n"
        #expect(monitor("phys 0x80001000 16") == line)
        let gap = String(repeating: " ", count: 41)
        #expect(monitor("phys 2147487744 3") == "0x0000000080001000: 48 65 6c\(gap)Hel\n")
        #expect(monitor("phys 0x80001000").split(separator: "\n").count == 4)
        let end = "0x0000000080001ffe: 00 00   \(gap)..\n0x0000000080002000: there is no memory\n"
        #expect(monitor("phys 0x80001ffe 4") == end)
        #expect(monitor("phys 0xffffffffffffffff 16") == "0xffffffffffffffff: there is no memory\n")
        for wrong in ["phys", "phys x", "phys 0 0", "phys 0 4097", "phys 0 1 2", "phys 0 -1"] {
            #expect(monitor(wrong).hasPrefix("Usage: phys ADDRESS [COUNT]"), "\(wrong)")
        }
        for wrong in ["physwrite", "physwrite 0", "physwrite 0 123", "physwrite 0 xx", "physwrite x 00"] {
            #expect(monitor(wrong).hasPrefix("Usage: physwrite"), "\(wrong)")
        }
        #expect(monitor("physwrite 0 00").hasPrefix("Not written"))
        #expect(talk.machine.violations == [])
    }

    @Test func muchText() {
        #expect(monitor("long 20000") == String(repeating: "y", count: 20_000) + "\n")
        let text = monitor("long 1000000")
        #expect(text.utf8.count < 132_000)
        #expect(text.hasSuffix("y\n[the rest is left out]\n"))
    }
}

// The byte stream: frames, checksums, escapes, and nonsense.
import Testing

@testable import Debug

@Suite struct PacketParserTests {
    private func events(_ bytes: some Sequence<UInt8>) -> [PacketParser.Event] {
        var parser = PacketParser()
        return bytes.compactMap { parser.take($0) }
    }

    private func events(_ text: String) -> [PacketParser.Event] { events(Array(text.utf8)) }

    /// From the GDB manual: the checksum is the sum of all characters, modulo 256.
    @Test func packets() {
        #expect(events("$g#67") == [.packet(Array("g".utf8))])
        #expect(events("+$qC#b4") == [.acknowledgement, .packet(Array("qC".utf8))])
        #expect(events("-\u{3}") == [.retransmission, .interrupt])
        #expect(events("$#00") == [.packet([])])
        #expect(events("noise$OK#9A") == [.packet(Array("OK".utf8))])
    }

    @Test func damage() {
        #expect(events("$g#68") == [.damagedPacket])
        #expect(events("$g#zz$g#67") == [.damagedPacket, .packet(Array("g".utf8))])
        #expect(events("$cut of$g#67") == [.packet(Array("g".utf8))])
        #expect(events("$}#7d") == [.damagedPacket])
    }

    @Test func escapes() {
        // The escaped byte is or'ed exclusively with 0x20; 0x03 inside a packet is data.
        let bytes: [UInt8] = [0x24, 0x58, 0x7d, 0x03, 0x7d, 0x5d, 0x03, 0x23]
        let sum = (0x58 + 0x7d + 0x03 + 0x7d + 0x5d + 0x03) & 0xff
        let digits = Array(String(sum, radix: 16).utf8)
        #expect(events(bytes + digits) == [.packet([0x58, 0x23, 0x7d, 0x03])])
        #expect(PacketBytes.frame([0x23, 0x24, 0x2a, 0x7d]).dropLast(3).elementsEqual([
            0x24, 0x7d, 0x03, 0x7d, 0x04, 0x7d, 0x0a, 0x7d, 0x5d,
        ]))
    }

    @Test func sizes() {
        let largest = [UInt8](repeating: 0x61, count: PacketParser.maximumPayload)
        #expect(events(PacketBytes.frame(largest)) == [.packet(largest)])
        #expect(events(PacketBytes.frame(largest + [0x61])) == [.oversizedPacket])
        let endless = [0x24] + [UInt8](repeating: 0x61, count: 1 << 20)
        #expect(events(endless) == [])
        #expect(events(endless + Array("$g#67".utf8)) == [.packet(Array("g".utf8))])
    }

    @Test func everythingSurvivesFramingAndParsing() {
        var random = SeededGenerator(seed: 1)
        for _ in 0..<2000 {
            let payload = (0..<Int.random(in: 0...200, using: &random)).map { _ in
                Bool.random(using: &random) ? UInt8.random(in: 0...255, using: &random) : Array("$#}*".utf8)[
                    Int.random(in: 0..<4, using: &random)]
            }
            #expect(events(PacketBytes.frame(payload)) == [.packet(payload)])
        }
    }

    @Test func nonsense() {
        var random = SeededGenerator(seed: 2)
        let likely = Array("$$$###}+-\u{3}0123456789abcdefgmXZ".utf8)
        var parser = PacketParser()
        var packets = 0
        for _ in 0..<1_000_000 {
            let isLikely = Int.random(in: 0..<8, using: &random) > 0
            let byte = isLikely
                ? likely[Int.random(in: 0..<likely.count, using: &random)]
                : UInt8.random(in: 0...255, using: &random)
            if case .packet(let packet)? = parser.take(byte) {
                packets += 1
                #expect(packet.count <= PacketParser.maximumPayload)
            }
        }
        #expect(packets > 10)
    }
}

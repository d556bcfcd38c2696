// Damaged and random state: always an error, never a crash, never other content.

import StateCodec
import Testing

@Suite struct StateFuzzTests {
    private static let rounds = 20_000
    /// For the tests whose rounds decode whole values; the debug build of a test is slow.
    private static let decodingRounds = 3_000

    @Test func damagedTreesAreRefused() throws {
        let tree = try StateTreeTests.sample()
        let bytes = tree.encoded()
        var generator = SeededGenerator(state: 2)
        var accepted = 0
        for round in 0..<Self.rounds {
            var damaged = bytes
            if round % 4 == 0 {
                damaged.removeLast(Int.random(in: 1...bytes.count, using: &generator))
            } else {
                let position = Int.random(in: 0..<bytes.count, using: &generator)
                damaged[position] ^= UInt8.random(in: 1...255, using: &generator)
            }
            if (try? StateTree(decoding: damaged)) != nil { accepted += 1 }
        }
        #expect(accepted == 0)
        #expect(try StateTree(decoding: bytes) == tree)
    }

    /// Damage that whoever made it gave a right checksum: what is accepted has exactly these bytes.
    @Test func damagedNodesBehindARightChecksumNeverCrash() throws {
        let bytes = try StateTreeTests.sample().encoded()
        var generator = SeededGenerator(state: 3)
        var accepted = 0
        for _ in 0..<Self.decodingRounds {
            var body = Array(bytes.dropLast(8))
            for _ in 0..<Int.random(in: 1...3, using: &generator) {
                let isHeader = Bool.random(using: &generator)
                let position = Int.random(in: 8..<(isHeader ? 60 : body.count), using: &generator)
                body[position] = UInt8.random(in: 0...255, using: &generator)
            }
            let sealed = body + Self.checksum(body)
            guard let tree = try? StateTree(decoding: sealed) else { continue }
            #expect(tree.encoded() == sealed)
            accepted += 1
            for node in tree.nodes { Self.decodeAsEverything(node.payload) }
        }
        #expect(accepted > Self.decodingRounds / 10)
    }

    /// Whatever the decoder accepts is what the encoder writes.
    @Test func damagedValuesNeverCrash() throws {
        let bytes = try encoded(Everything())
        var generator = SeededGenerator(state: 4)
        var accepted = 0
        for _ in 0..<Self.decodingRounds {
            var damaged = bytes
            for _ in 0..<Int.random(in: 1...2, using: &generator) {
                let position = Int.random(in: 0..<bytes.count, using: &generator)
                damaged[position] = UInt8.random(in: 0...255, using: &generator)
            }
            guard let value = try? StateDecoder().decode(Everything.self, from: damaged) else { continue }
            accepted += 1
            #expect(try roundTrip(value) == value || value.double.isNaN || value.float.isNaN)
        }
        #expect(accepted > 0)
    }

    @Test func randomBytesNeverCrash() {
        var generator = SeededGenerator(state: 5)
        let tags: [UInt8] = Array(0...9) + [0x10, 0x11, 0x18, 0x20, 0x28, 0x61, 0x62]
        for round in 0..<Self.decodingRounds {
            let count = Int.random(in: 0...64, using: &generator)
            let bytes = (0..<count).map { _ in
                // Every other input is made of bytes that mean something, to get deeper.
                round % 2 == 0
                    ? UInt8.random(in: 0...255, using: &generator) : tags.randomElement(using: &generator) ?? 0
            }
            Self.decodeAsEverything(bytes)
            _ = try? StateTree(decoding: bytes)
        }
    }

    private static func decodeAsEverything(_ bytes: [UInt8]) {
        let decoder = StateDecoder()
        _ = try? decoder.decode(Everything.self, from: bytes)
        _ = try? decoder.decode([UInt64].self, from: bytes)
        _ = try? decoder.decode([[Int?]].self, from: bytes)
        _ = try? decoder.decode([String: [UInt64: Bool]].self, from: bytes)
        _ = try? decoder.decode(Chain.self, from: bytes)
        _ = try? decoder.decode(Set<Int>.self, from: bytes)
    }

    /// The trailer that a tree with this body has: the codec itself names the checksum that it computes.
    private static func checksum(_ body: [UInt8]) -> [UInt8] {
        do {
            _ = try StateTree(decoding: body + [UInt8](repeating: 0, count: 8))
        } catch StateCodecError.checksumMismatch(_, let computed) {
            return (0..<8).map { UInt8(truncatingIfNeeded: computed >> UInt64($0 * 8)) }
        } catch {}
        return [UInt8](repeating: 0, count: 8)
    }
}

// Tests of what StateDecoder refuses, and with which words.

import StateCodec
import Testing

/// The error that decoding ends with.
private func failure<Value: Decodable>(
    _ type: Value.Type, _ bytes: [UInt8], limits: StateCodecLimits = StateCodecLimits()
) -> StateCodecError? {
    do {
        _ = try StateDecoder(limits: limits).decode(type, from: bytes)
        return nil
    } catch {
        return error
    }
}

@Suite struct StateDecoderTests {
    struct Old: Codable, Equatable { var a = 1 }
    struct New: Codable, Equatable { var a = 1, b: Int? = 2 }
    struct Stricter: Codable { var a = 1, c = 3 }

    @Test func aTypeCanGainAnOptionalField() throws {
        let value = try StateDecoder().decode(New.self, from: encoded(Old()))
        #expect(value == New(a: 1, b: nil))
    }

    @Test func aMissingFieldIsNamed() throws {
        let error = failure([String: Stricter].self, try encoded(["uart": Old()]))
        #expect(error == .mismatch(path: "uart", why: "it has no field \"c\""))
    }

    @Test func anUnknownFieldIsRefusedUnlessIgnored() throws {
        let bytes = try encoded([New(), New()])
        #expect(failure([Old].self, bytes) == .mismatch(path: "0.b", why: "this build does not know it"))
        let lenient = StateDecoder(unknownFields: .ignore)
        #expect(try lenient.decode([Old].self, from: bytes) == [Old(), Old()])
    }

    @Test func elementsThatNobodyReadsAreRefused() throws {
        // A Range reads two elements of whatever it is given.
        let error = failure(Range<Int>.self, try encoded([1, 2, 3]))
        #expect(error == .mismatch(path: "2", why: "this build does not know it"))
        struct Nothing: Decodable {}
        #expect(failure(Nothing.self, try encoded(Old())) != nil)
    }

    @Test func otherKindsAndRangesAreMismatches() throws {
        let cases: [(any Decodable.Type, [UInt8])] = [
            (UInt8.self, try encoded(256)), (UInt8.self, try encoded(-1)), (Int8.self, try encoded(-129)),
            (Int.self, try encoded(UInt64.max)), (Int.self, try encoded("1")), (Bool.self, try encoded(1)),
            (String.self, try encoded([UInt8(65)])), ([UInt8].self, try encoded([1])),
            ([UInt64].self, try encoded([UInt8(1)])), (Old.self, try encoded([1])),
            ([Int].self, try encoded(Old())), (Float.self, try encoded(1.0)), (Int.self, try encoded(Int?.none)),
            (Everything.Mode.self, try encoded("asleep")), (Range<Int>.self, try encoded([2, 1])),
            (Int64.self, [0x28, 0, 0, 0, 0, 0, 0, 0, 0x80]),
        ]
        for (type, bytes) in cases {
            guard case .mismatch = failure(type, bytes) else {
                Issue.record("\(type) from \(bytes): \(String(describing: failure(type, bytes)))")
                continue
            }
        }
    }

    @Test func otherSpellingsAreMalformed() {
        let spellings: [[UInt8]] = [
            [0x11, 0], [0x12, 1, 0], [0x21, 0],  // integers with a byte too many
            [0x06, 0x81, 0x00, 7],  // a length with a byte too many
            [0x06, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01],  // beyond 63 bits
            [0x09, 2, 1, 0x62, 0x10, 1, 0x61, 0x10],  // fields out of order
            [0x09, 2, 1, 0x61, 0x10, 1, 0x61, 0x10],  // a field twice
            [0x05, 1, 0xff], [0x09, 1, 1, 0x80, 0x10],  // not UTF-8
            [0x10, 0x10], [0x0a], [0x19], [0xff],  // trailing bytes, no tags
        ]
        for bytes in spellings {
            guard case .malformed = failure(Int.self, bytes) else {
                Issue.record("\(bytes): \(String(describing: failure(Int.self, bytes)))")
                continue
            }
        }
    }

    @Test func promisesAreCheckedBeforeMemoryIsReserved() {
        let huge: [UInt8] = [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f]
        for tag: UInt8 in 5...9 {
            guard case .truncated = failure([Int].self, [tag] + huge) else {
                Issue.record("tag \(tag)")
                continue
            }
        }
        #expect(failure(Int.self, []) == .truncated(offset: 0, needed: 1, available: 0))
        // Arrays in arrays, each of which promises as many elements as bytes are left.
        let nested = (0..<60).reduce(into: [UInt8]()) { bytes, _ in bytes += [0x08, 0x88, 0x08] }
        let bomb = nested + [UInt8](repeating: 0, count: 2048)
        let error = failure([Int].self, bomb, limits: StateCodecLimits(maximumValues: 4096))
        #expect(error == .limitExceeded(what: "the number of encoded values", limit: 4096))
    }

    @Test func limitsHoldBothWays() throws {
        let limits = StateCodecLimits(maximumBytes: 100, maximumValues: 20, maximumDepth: 8)
        let encoder = StateEncoder(limits: limits)
        let tooLarge: [any Encodable] = [
            [UInt8](repeating: 0, count: 99), Array(repeating: 1, count: 20), Chain.of(4),
            Array(repeating: "12345", count: 19),
        ]
        for value in tooLarge {
            #expect(throws: StateCodecError.self) { try encoder.encode(value) }
        }
        let bytes = try encoded(tooLarge[1])
        #expect(failure([Int].self, bytes, limits: limits) != nil)
        #expect(failure([Int].self, bytes) == nil)
    }

    /// The encoder's deepest value is the decoder's deepest value.
    @Test func depthIsTheSameBothWays() throws {
        for maximum in 1...20 {
            let limits = StateCodecLimits(maximumDepth: maximum)
            for length in 0...12 {
                let free = try encoded(Chain.of(length))
                let readable = failure(Chain.self, free, limits: limits) == nil
                let writable = (try? StateEncoder(limits: limits).encode(Chain.of(length))) != nil
                #expect(readable == writable, "maximum \(maximum), length \(length)")
            }
        }
        #expect(throws: StateCodecError.self) { try encoded(Chain.of(100)) }
        let deep = (0..<100_000).reduce(into: [UInt8]()) { bytes, _ in bytes += [0x08, 1] } + [0x10]
        #expect(failure([Int].self, deep) != nil)
    }

    @Test func whatCodableRefusesIsATypedError() throws {
        struct Refusing: Codable {
            func encode(to encoder: any Encoder) throws { throw CancellationError() }
        }
        struct Mixing: Encodable {
            func encode(to encoder: any Encoder) throws {
                var list = encoder.unkeyedContainer()
                try list.encode(1)
                var single = encoder.singleValueContainer()
                try single.encode(2)
            }
        }
        #expect(throws: StateCodecError.self) { try encoded([Refusing()]) }
        #expect(throws: StateCodecError.self) { try encoded(["m": Mixing()]) }
        #expect(throws: StateCodecError.self) { try encoded([Int128(1)]) }
    }

    @Test func messagesNameCauseAndNextStep() throws {
        let error = failure([String: Stricter].self, try encoded(["uart": Old()]))
        #expect(error?.description == """
            the state of uart does not fit this build: it has no field "c"; \
            use the Starling version and the machine configuration that wrote it
            """)
    }
}

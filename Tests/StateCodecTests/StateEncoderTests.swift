// Tests of StateEncoder and StateDecoder: round trips, the bytes themselves, determinism.

import StateCodec
import Testing

@Suite struct StateEncoderTests {
    @Test func everyShapeComesBack() throws {
        let value = Everything()
        let copy = try roundTrip(value)
        #expect(copy == value)
        #expect(copy.float.sign == .minus)
        var changed = value
        changed.events[1] = .data(byte: 4, time: .max)
        #expect(try roundTrip(changed) != value)
    }

    @Test(arguments: [0, 1, -1, 127, 128, -128, -129, 255, 256, 1 << 31, -(1 << 31), .max, .min])
    func integersComeBack(_ value: Int) throws {
        #expect(try roundTrip(value) == value)
        #expect(try roundTrip([value]) == [value])
    }

    @Test func floatingPointKeepsItsBits() throws {
        for bits: UInt64 in [0, 1, 1 << 63, 0x7ff0_0000_0000_0001, 0x7ff8_0000_0000_1234, .max] {
            #expect(try roundTrip(Double(bitPattern: bits)).bitPattern == bits)
        }
        for bits: UInt32 in [0, 1 << 31, 0x7f80_0001, 0x7fc0_1234, .max] {
            #expect(try roundTrip(Float(bitPattern: bits)).bitPattern == bits)
        }
    }

    @Test func topLevelValuesNeedNoContainer() throws {
        #expect(try roundTrip("text") == "text")
        #expect(try roundTrip(true) == true)
        #expect(try roundTrip(Int?.none) == nil)
        #expect(try roundTrip(Int?.some(3)) == 3)
        #expect(try roundTrip([String: Int]()) == [:])
        #expect(try roundTrip(ByHand(left: [3, 4, 5], right: "q")) == ByHand(left: [3, 4, 5], right: "q"))
    }

    @Test func classesKeepTheirSuperclass() throws {
        let value = Derived()
        value.base = 11
        value.derived = 12
        let copy = try roundTrip(value)
        #expect(copy.base == 11)
        #expect(copy.derived == 12)
    }

    /// The format, byte by byte: a change here is a change of the format.
    @Test func theBytesAreThese() throws {
        #expect(try encoded(0) == [0x10])
        #expect(try encoded(UInt16(0x1234)) == [0x12, 0x34, 0x12])
        #expect(try encoded(-1) == [0x20])
        #expect(try encoded(Int.min) == [0x28, 255, 255, 255, 255, 255, 255, 255, 127])
        #expect(try encoded(true) == [0x02])
        #expect(try encoded(Double(1)) == [0x04, 0, 0, 0, 0, 0, 0, 0xf0, 0x3f])
        #expect(try encoded("hé") == [0x05, 3, 0x68, 0xc3, 0xa9])
        #expect(try encoded([UInt8(7), 8]) == [0x06, 2, 7, 8])
        #expect(try encoded([UInt64(1)]) == [0x07, 1, 1, 0, 0, 0, 0, 0, 0, 0])
        #expect(try encoded([1, nil]) == [0x08, 2, 0x11, 1, 0x00])
        #expect(try encoded(["b": 1, "a": 2]) == [0x09, 2, 1, 0x61, 0x11, 2, 1, 0x62, 0x11, 1])
        #expect(try encoded(Array(repeating: UInt8(1), count: 200)).prefix(3) == [0x06, 0xc8, 0x01])
    }

    /// Hash tables of different capacity, filled in a different order, list their elements differently.
    @Test func equalValuesHaveEqualBytes() throws {
        var small: [String: Int] = [:]
        var large: [String: Int] = [:]
        large.reserveCapacity(4096)
        var smallSet: Set<UInt32> = []
        var largeSet: Set<UInt32> = []
        largeSet.reserveCapacity(4096)
        var smallPairs: [UInt64: Int] = [:]
        var largePairs: [UInt64: Int] = [:]
        largePairs.reserveCapacity(4096)
        for number in 0..<200 {
            small["key\(number)"] = number
            large["key\(199 - number)"] = 199 - number
            smallSet.insert(UInt32(number * number))
            largeSet.insert(UInt32((199 - number) * (199 - number)))
            smallPairs[UInt64(number) << 20] = number
            largePairs[UInt64(199 - number) << 20] = 199 - number
        }
        // Without a difference here the test would prove nothing.
        #expect(Array(small.keys) != Array(large.keys))
        #expect(Array(smallSet) != Array(largeSet))
        #expect(Array(smallPairs.keys) != Array(largePairs.keys))
        #expect(try encoded(small) == encoded(large))
        #expect(try encoded(smallSet) == encoded(largeSet))
        #expect(try encoded(Set?.some(smallSet)) == encoded(largeSet))
        #expect(try encoded(smallPairs) == encoded(largePairs))
        #expect(try roundTrip(largePairs) == smallPairs)
        #expect(try roundTrip(largeSet) == smallSet)
    }

    @Test func theOrderOfFieldsDoesNotMatter() throws {
        struct Forward: Codable { var a = 1, b = 2 }
        struct Backward: Codable { var b = 2, a = 1 }
        #expect(try encoded(Forward()) == encoded(Backward()))
    }

    @Test func byteStringsAreEfficient() throws {
        let bytes = [UInt8](repeating: 0xff, count: 1 << 20)
        #expect(try encoded(bytes).count == bytes.count + 4)
        #expect(try encoded([UInt64](repeating: .max, count: 1 << 16)).count == (1 << 19) + 4)
    }
}

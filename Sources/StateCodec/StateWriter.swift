// The byte form of values: writing.

/// The first byte of each value.
enum StateTag {
    static let null: UInt8 = 0x00
    static let falseValue: UInt8 = 0x01
    static let trueValue: UInt8 = 0x02
    static let float: UInt8 = 0x03
    static let double: UInt8 = 0x04
    static let string: UInt8 = 0x05
    static let bytes: UInt8 = 0x06
    static let words: UInt8 = 0x07
    static let array: UInt8 = 0x08
    static let map: UInt8 = 0x09
    /// 0x10 to 0x18: an integer of 0 to 8 bytes.
    static let unsigned: UInt8 = 0x10
    /// 0x20 to 0x28: the magnitude of `-1 - magnitude`, of 0 to 8 bytes.
    static let negative: UInt8 = 0x20
}

/// Appends values to a byte string.
///
/// The form: a tag byte, then
/// - integers: as few little-endian bytes as hold the value (the tag tells how many);
/// - `Float`, `Double`: the bit pattern, little endian, so that NaN payloads and -0 survive;
/// - strings: length in bytes, UTF-8; byte strings: length, bytes; words: count, 8 bytes each;
/// - arrays: count, values; maps: count, then for each field its name's length, name and value.
///
/// Lengths and counts are LEB128: seven bits per byte, least significant first, the top bit set on
/// all bytes but the last, and no more bytes than needed.
struct StateWriter {
    private(set) var output: [UInt8] = []
    private let limits: StateCodecLimits
    private var valueCount = 0

    init(limits: StateCodecLimits) {
        self.limits = limits
    }

    mutating func write(_ value: StateValue) throws(StateCodecError) {
        try writeUnchecked(value)
        guard output.count <= limits.maximumBytes else {
            throw .limitExceeded(what: "the encoded state, in bytes,", limit: limits.maximumBytes)
        }
    }

    private mutating func writeUnchecked(_ value: StateValue) throws(StateCodecError) {
        try countOneValue()
        switch value {
        case .null: output.append(StateTag.null)
        case .bool(let flag): output.append(flag ? StateTag.trueValue : StateTag.falseValue)
        case .unsigned(let magnitude): writeInteger(tag: StateTag.unsigned, magnitude)
        case .negative(let magnitude): writeInteger(tag: StateTag.negative, magnitude)
        case .float(let bits): writeFixed(tag: StateTag.float, UInt64(bits), byteCount: 4)
        case .double(let bits): writeFixed(tag: StateTag.double, bits, byteCount: 8)
        case .string(let text):
            output.append(StateTag.string)
            writeText(text)
        case .bytes(let bytes):
            output.append(StateTag.bytes)
            writeLength(bytes.count)
            output.append(contentsOf: bytes)
        case .words(let words): writeWords(words)
        case .array(let array):
            output.append(StateTag.array)
            writeLength(array.elements.count)
            for element in array.elements { try write(element) }
        case .map(let map): try writeMap(map)
        }
    }

    private mutating func writeMap(_ map: StateMap) throws(StateCodecError) {
        output.append(StateTag.map)
        writeLength(map.names.count)
        for (name, value) in zip(map.names, map.values) {
            writeText(name)
            try write(value)
        }
    }

    private mutating func countOneValue() throws(StateCodecError) {
        valueCount += 1
        guard valueCount <= limits.maximumValues else {
            throw .limitExceeded(what: "the number of encoded values", limit: limits.maximumValues)
        }
    }

    private mutating func writeInteger(tag: UInt8, _ magnitude: UInt64) {
        let byteCount = (71 - magnitude.leadingZeroBitCount) / 8
        writeFixed(tag: tag + UInt8(byteCount), magnitude, byteCount: byteCount)
    }

    private mutating func writeFixed(tag: UInt8, _ bits: UInt64, byteCount: Int) {
        output.append(tag)
        for index in 0..<byteCount {
            output.append(UInt8(truncatingIfNeeded: bits >> UInt64(index * 8)))
        }
    }

    private mutating func writeText(_ text: String) {
        writeLength(text.utf8.count)
        output.append(contentsOf: text.utf8)
    }

    private mutating func writeWords(_ words: [UInt64]) {
        output.append(StateTag.words)
        writeLength(words.count)
        words.map(\.littleEndian).withUnsafeBytes { output.append(contentsOf: $0) }
    }

    private mutating func writeLength(_ length: Int) {
        var rest = UInt(bitPattern: length)
        while rest >= 0x80 {
            output.append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        output.append(UInt8(truncatingIfNeeded: rest))
    }
}

// The byte form of values: reading, inside limits.

/// Reads one value from a byte string that may be anything.
///
/// Accepts exactly what `StateWriter` writes: another spelling of the same value (a longer length,
/// fields out of order) is refused, so that equal values always are equal bytes.
struct StateReader {
    private let input: [UInt8]
    private let limits: StateCodecLimits
    private var offset = 0
    private var valueCount = 0

    /// Reads the one value that `input` consists of.
    static func read(_ input: [UInt8], limits: StateCodecLimits) throws(StateCodecError) -> StateValue {
        guard input.count <= limits.maximumBytes else {
            throw .limitExceeded(what: "the encoded state, in bytes,", limit: limits.maximumBytes)
        }
        var reader = StateReader(input: input, limits: limits)
        try reader.claimValues(1)
        let value = try reader.readValue(depth: 0)
        guard reader.remaining == 0 else {
            throw .malformed(offset: reader.offset, why: "\(reader.remaining) bytes follow the value")
        }
        return value
    }

    private init(input: [UInt8], limits: StateCodecLimits) {
        self.input = input
        self.limits = limits
    }

    private var remaining: Int { input.count - offset }

    private mutating func readValue(depth: Int) throws(StateCodecError) -> StateValue {
        guard depth <= limits.maximumDepth else {
            throw .limitExceeded(what: "the nesting of encoded values", limit: limits.maximumDepth)
        }
        let start = offset
        let tag = input[try take(1).lowerBound]
        switch tag {
        case StateTag.null: return .null
        case StateTag.falseValue: return .bool(false)
        case StateTag.trueValue: return .bool(true)
        case StateTag.float: return .float(bits: UInt32(truncatingIfNeeded: try readBits(byteCount: 4)))
        case StateTag.double: return .double(bits: try readBits(byteCount: 8))
        case StateTag.string: return .string(try readText())
        case StateTag.bytes: return .bytes(Array(input[try take(try readLength(unit: 1))]))
        case StateTag.words: return .words(try readWords())
        case StateTag.array: return .array(try readArray(depth: depth + 1))
        case StateTag.map: return .map(try readMap(depth: depth + 1))
        case StateTag.unsigned...(StateTag.unsigned + 8):
            return .unsigned(try readInteger(byteCount: Int(tag - StateTag.unsigned)))
        case StateTag.negative...(StateTag.negative + 8):
            return .negative(try readInteger(byteCount: Int(tag - StateTag.negative)))
        default: throw .malformed(offset: start, why: "\(tag) is not the tag of a value")
        }
    }

    /// Claims values against the limit before anything is allocated for them, so that containers
    /// inside containers can not each reserve the whole limit.
    private mutating func claimValues(_ count: Int) throws(StateCodecError) {
        guard count <= limits.maximumValues - valueCount else {
            throw .limitExceeded(what: "the number of encoded values", limit: limits.maximumValues)
        }
        valueCount += count
    }

    private mutating func take(_ count: Int) throws(StateCodecError) -> Range<Int> {
        guard count <= remaining else {
            throw .truncated(offset: offset, needed: count, available: remaining)
        }
        defer { offset += count }
        return offset..<(offset + count)
    }

    private mutating func readBits(byteCount: Int) throws(StateCodecError) -> UInt64 {
        var bits: UInt64 = 0
        for (index, position) in try take(byteCount).enumerated() {
            bits |= UInt64(input[position]) << UInt64(index * 8)
        }
        return bits
    }

    private mutating func readInteger(byteCount: Int) throws(StateCodecError) -> UInt64 {
        let start = offset
        let value = try readBits(byteCount: byteCount)
        guard (71 - value.leadingZeroBitCount) / 8 == byteCount else {
            throw .malformed(offset: start, why: "an integer has more bytes than it needs")
        }
        return value
    }

    /// A length or count in LEB128 that promises at least `unit` bytes for each of what it counts.
    private mutating func readLength(unit: Int) throws(StateCodecError) -> Int {
        let start = offset
        var value: UInt64 = 0
        var shift: UInt64 = 0
        while true {
            let byte = input[try take(1).lowerBound]
            // Nine groups of seven bits hold every length that can be in memory.
            guard shift < 63 else { throw .malformed(offset: start, why: "a length is too long") }
            value |= UInt64(byte & 0x7f) << shift
            shift += 7
            guard byte & 0x80 == 0 else { continue }
            guard byte != 0 || shift == 7 else {
                throw .malformed(offset: start, why: "a length has more bytes than it needs")
            }
            break
        }
        let length = Int(value)
        guard length <= remaining / unit else {
            let needed = length.multipliedReportingOverflow(by: unit)
            throw .truncated(
                offset: offset, needed: needed.overflow ? .max : needed.partialValue, available: remaining)
        }
        return length
    }

    private mutating func readText() throws(StateCodecError) -> String {
        let start = offset
        let range = try take(try readLength(unit: 1))
        guard let text = String(validating: input[range], as: UTF8.self) else {
            throw .malformed(offset: start, why: "a text is not UTF-8")
        }
        return text
    }

    private mutating func readWords() throws(StateCodecError) -> [UInt64] {
        let count = try readLength(unit: 8)
        let range = try take(count * 8)
        return input.withUnsafeBytes { raw in
            (0..<count).map { index in
                UInt64(littleEndian: raw.loadUnaligned(
                    fromByteOffset: range.lowerBound + index * 8, as: UInt64.self))
            }
        }
    }

    private mutating func readArray(depth: Int) throws(StateCodecError) -> StateArray {
        let count = try enterContainer(unit: 1)
        var elements: [StateValue] = []
        elements.reserveCapacity(count)
        for _ in 0..<count { elements.append(try readValue(depth: depth)) }
        return StateArray(elements)
    }

    private mutating func readMap(depth: Int) throws(StateCodecError) -> StateMap {
        let count = try enterContainer(unit: 2)
        var names: [String] = []
        var values: [StateValue] = []
        names.reserveCapacity(count)
        values.reserveCapacity(count)
        for _ in 0..<count {
            let start = offset
            let name = try readText()
            if let last = names.last, !StateMap.precedes(last, name) {
                throw .malformed(offset: start, why: "the field \"\(name)\" is out of order or there twice")
            }
            names.append(name)
            values.append(try readValue(depth: depth))
        }
        return StateMap(names: names, values: values)
    }

    /// The count of a container that is small enough to reserve memory for.
    private mutating func enterContainer(unit: Int) throws(StateCodecError) -> Int {
        let count = try readLength(unit: unit)
        try claimValues(count)
        return count
    }
}

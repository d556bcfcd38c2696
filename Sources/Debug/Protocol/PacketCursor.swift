// Reading the fields of one packet from front to back.

/// The part of a packet that is not read yet. Every read checks: a packet may hold anything.
struct PacketCursor {
    private(set) var rest: ArraySlice<UInt8>

    init(_ packet: [UInt8]) { rest = packet[...] }

    init(_ rest: ArraySlice<UInt8>) { self.rest = rest }

    var isAtEnd: Bool { rest.isEmpty }

    /// Takes one byte.
    mutating func next() -> UInt8? { rest.popFirst() }

    /// Takes `text` if it comes next.
    mutating func skip(_ text: StaticString) -> Bool {
        let matches = text.withUTF8Buffer { rest.starts(with: $0) }
        if matches { rest = rest.dropFirst(text.utf8CodeUnitCount) }
        return matches
    }

    /// Takes `text`, which has to come next.
    mutating func expect(_ text: StaticString) throws(Refusal) {
        guard skip(text) else { throw .malformed }
    }

    /// Takes a hexadecimal number of 1 to 16 digits, more when they are leading zeros.
    mutating func number() throws(Refusal) -> UInt64 {
        var number: UInt64 = 0
        var hasDigits = false
        while let first = rest.first, let digit = Hexadecimal.value(of: first) {
            guard number >> 60 == 0 else { throw .malformed }
            number = number << 4 | UInt64(digit)
            hasDigits = true
            rest = rest.dropFirst()
        }
        guard hasDigits else { throw .malformed }
        return number
    }

    /// Takes a hexadecimal number that has to fit an `Int`.
    mutating func count() throws(Refusal) -> Int {
        guard let count = Int(exactly: try number()) else { throw .malformed }
        return count
    }

    /// Takes what comes before `separator` and the separator, or everything when there is none.
    mutating func field(endingAt separator: Unicode.Scalar) -> ArraySlice<UInt8> {
        let end = rest.firstIndex(of: UInt8(ascii: separator)) ?? rest.endIndex
        let field = rest[..<end]
        rest = rest[end...].dropFirst()
        return field
    }

    /// Takes everything as bytes written in hexadecimal.
    mutating func hexadecimalBytes() throws(Refusal) -> [UInt8] {
        guard let bytes = Hexadecimal.decode(rest) else { throw .malformed }
        rest = rest[rest.endIndex...]
        return bytes
    }

    /// Nothing may be left.
    func expectEnd() throws(Refusal) {
        guard isAtEnd else { throw .malformed }
    }
}

// One line of a trace, as bytes: traces are long, and strings are slow.

/// Text that grows at its end.
struct TraceLine {
    private(set) var bytes: [UInt8] = []

    init() { bytes.reserveCapacity(128) }

    mutating func removeAll() { bytes.removeAll(keepingCapacity: true) }

    mutating func append(_ text: String) { bytes.append(contentsOf: text.utf8) }

    mutating func append(decimal value: UInt64) { append(digits: value, base: 10, atLeast: 1) }

    mutating func append(hexadecimal value: UInt64, digits: Int = 1) {
        append("0x")
        append(digits: value, base: 16, atLeast: digits)
    }

    mutating func shorten(to count: Int) { bytes.removeSubrange(count...) }

    /// Fills up to column `column` with spaces; there is one at least.
    mutating func pad(to column: Int) {
        bytes.append(UInt8(ascii: " "))
        while bytes.count < column { bytes.append(UInt8(ascii: " ")) }
    }

    private mutating func append(digits value: UInt64, base: UInt64, atLeast count: Int) {
        let start = bytes.count
        var rest = value
        repeat {
            let digit = UInt8(truncatingIfNeeded: rest % base)
            bytes.append(digit < 10 ? UInt8(ascii: "0") + digit : UInt8(ascii: "a") + digit - 10)
            rest /= base
        } while rest != 0 || bytes.count - start < count
        bytes[start...].reverse()
    }
}

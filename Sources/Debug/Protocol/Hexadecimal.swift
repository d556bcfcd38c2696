// Numbers and bytes as hexadecimal digits, the way the remote serial protocol writes them.

/// Hexadecimal text in ASCII; lower case is written, both cases are read.
enum Hexadecimal {
    private static let digits = Array("0123456789abcdef".utf8)

    /// The value of one digit, nil when it is none.
    static func value(of digit: UInt8) -> UInt8? {
        switch digit {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): digit - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): digit - UInt8(ascii: "a") + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): digit - UInt8(ascii: "A") + 10
        default: nil
        }
    }

    /// Two digits a byte, in the order of `bytes`.
    static func encode(_ bytes: some Sequence<UInt8>) -> [UInt8] {
        var text: [UInt8] = []
        text.reserveCapacity(bytes.underestimatedCount * 2)
        for byte in bytes {
            text.append(digits[Int(byte >> 4)])
            text.append(digits[Int(byte & 15)])
        }
        return text
    }

    /// The bytes that `text` writes out; nil for an odd count of digits or anything else than digits.
    static func decode(_ text: ArraySlice<UInt8>) -> [UInt8]? {
        guard text.count.isMultiple(of: 2) else { return nil }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(text.count / 2)
        var index = text.startIndex
        while index < text.endIndex {
            guard let high = value(of: text[index]), let low = value(of: text[index + 1]) else { return nil }
            bytes.append(high << 4 | low)
            index += 2
        }
        return bytes
    }

    /// A number without leading zeros.
    static func text(_ number: some BinaryInteger) -> String { String(number, radix: 16) }

    /// A number with leading zeros up to `width` digits.
    static func text(_ number: UInt64, width: Int) -> String {
        let short = text(number)
        return String(repeating: "0", count: max(0, width - short.utf8.count)) + short
    }
}

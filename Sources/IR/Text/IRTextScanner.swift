// Characters, words and numbers of the text form, with their places.

/// A cursor over the bytes of a text. Every read is bounded by the end of the bytes.
struct IRTextScanner {
    let bytes: [UInt8]
    private var position = 0
    private var line = 1
    private var lineStart = 0

    init(bytes: [UInt8]) { self.bytes = bytes }

    private static let longestWord = 64

    private var current: UInt8? { position < bytes.count ? bytes[position] : nil }

    /// An error at the cursor.
    func error(_ message: String) -> IRTextError {
        IRTextError(line: line, column: position - lineStart + 1, message: message)
    }

    mutating func skipSpaces() {
        while let byte = current, byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t") { position += 1 }
    }

    /// Skips empty lines and comments; tells whether anything is left.
    mutating func skipToContent() -> Bool {
        while true {
            skipSpaces()
            skipComment()
            if current == UInt8(ascii: "\r") { position += 1 }
            guard current == UInt8(ascii: "\n") else { return current != nil }
            advanceLine()
        }
    }

    private mutating func skipComment() {
        guard current == UInt8(ascii: ";") else { return }
        while let byte = current, byte != UInt8(ascii: "\n") { position += 1 }
    }

    private mutating func advanceLine() {
        position += 1
        line += 1
        lineStart = position
    }

    mutating func expectEndOfLine() throws(IRTextError) {
        skipSpaces()
        skipComment()
        if current == UInt8(ascii: "\r") { position += 1 }
        guard let byte = current else { return }
        guard byte == UInt8(ascii: "\n") else { throw error("expected the end of the line") }
        advanceLine()
    }

    func peek(is character: Unicode.Scalar) -> Bool { current == UInt8(ascii: character) }

    /// Passes `character`, after spaces unless it must be `adjacent` to what came before.
    mutating func expect(_ character: Unicode.Scalar, adjacent: Bool = false) throws(IRTextError) {
        if !adjacent { skipSpaces() }
        guard peek(is: character) else { throw error("expected '\(character)'") }
        position += 1
    }

    /// A word of letters, digits and dots.
    mutating func word(_ expected: String) throws(IRTextError) -> String {
        let start = position
        while let byte = current, Self.isWord(byte), position - start < Self.longestWord { position += 1 }
        guard position > start else { throw error("expected \(expected)") }
        return String(decoding: bytes[start..<position], as: UTF8.self)
    }

    private static func isWord(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"),
            UInt8(ascii: "."):
            true
        default: false
        }
    }

    /// A decimal or `0x` hexadecimal number up to `limit`.
    mutating func number(_ limit: UInt64) throws(IRTextError) -> UInt64 {
        skipSpaces()
        let start = self
        var radix: UInt64 = 10
        if bytes[position...].starts(with: [UInt8(ascii: "0"), UInt8(ascii: "x")]) {
            radix = 16
            position += 2
        }
        let firstDigit = position
        var value: UInt64 = 0
        while let digit = current.flatMap(Self.digit), digit < radix {
            let (product, overflow) = value.multipliedReportingOverflow(by: radix)
            let (sum, carry) = product.addingReportingOverflow(digit)
            if overflow || carry || sum > limit { throw start.error("the number is larger than \(limit)") }
            value = sum
            position += 1
        }
        if position == firstDigit { throw start.error("expected a number") }
        return value
    }

    private static func digit(_ byte: UInt8) -> UInt64? {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): UInt64(byte - UInt8(ascii: "0"))
        case UInt8(ascii: "a")...UInt8(ascii: "f"): UInt64(byte - UInt8(ascii: "a") + 10)
        default: nil
        }
    }
}

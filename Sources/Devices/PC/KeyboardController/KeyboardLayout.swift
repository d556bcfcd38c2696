// From text to keys, on a US keyboard.

/// Text that can not be typed.
public struct UntypableCharacter: Error, Equatable, Sendable, CustomStringConvertible {
    /// The first character that no key gives.
    public let character: Character

    /// Says that no key gives `character`.
    public init(character: Character) { self.character = character }

    public var description: String {
        "no key of a US keyboard types \"\(character)\"; leave it out, or type in ASCII"
    }
}

/// Where characters are on a US keyboard.
public enum KeyboardLayout {
    /// The key events that type `text` in a guest with a US layout and without Caps Lock: printable ASCII,
    /// newlines (Enter), tabs, backspace and escape.
    /// - Throws: `UntypableCharacter` for the first character without a key.
    public static func events(typing text: String) throws(UntypableCharacter) -> [KeyEvent] {
        var events: [KeyEvent] = []
        for character in text {
            guard let stroke = stroke(character) else { throw UntypableCharacter(character: character) }
            if stroke.isShifted { events.append(KeyEvent(.leftShift, isPress: true)) }
            events += [KeyEvent(stroke.key, isPress: true), KeyEvent(stroke.key, isPress: false)]
            if stroke.isShifted { events.append(KeyEvent(.leftShift, isPress: false)) }
        }
        return events
    }

    private static func stroke(_ character: Character) -> (key: Key, isShifted: Bool)? {
        if let key = Key(letter: character) ?? Key(digit: character) { return (key, false) }
        if character.isASCII, let lower = character.lowercased().first, let key = Key(letter: lower) {
            return (key, true)
        }
        if let key = plain[character] { return (key, false) }
        if let key = shifted[character] { return (key, true) }
        return nil
    }

    private static let plain: [Character: Key] = [
        "\n": .enter, "\r": .enter, "\r\n": .enter, "\t": .tab, " ": .space, "\u{8}": .backspace,
        "\u{7f}": .backspace, "\u{1b}": .escape, "-": .minus, "=": .equal, "[": .leftBracket,
        "]": .rightBracket, "\\": .backslash, ";": .semicolon, "'": .apostrophe, "`": .grave, ",": .comma,
        ".": .period, "/": .slash,
    ]

    private static let shifted: [Character: Key] = {
        var keys: [Character: Key] = [
            "_": .minus, "+": .equal, "{": .leftBracket, "}": .rightBracket, "|": .backslash, ":": .semicolon,
            "\"": .apostrophe, "~": .grave, "<": .comma, ">": .period, "?": .slash,
        ]
        for (digit, symbol) in zip("1234567890", "!@#$%^&*()") { keys[symbol] = Key(digit: digit) }
        return keys
    }()
}

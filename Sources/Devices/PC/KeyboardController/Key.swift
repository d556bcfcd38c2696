// The keys of a keyboard, by the numbers that every input source can be mapped to.

/// A key, known by its usage in the keyboard page of the USB HID Usage Tables (version 1.4, chapter 10): what
/// is printed on it depends on the guest's keyboard layout.
public struct Key: RawRepresentable, Hashable, Codable, Sendable {
    /// The usage.
    public let rawValue: UInt8

    /// The key with this usage.
    public init(rawValue: UInt8) { self.rawValue = rawValue }

    /// The key of a letter on a US keyboard; nil for anything but `a` to `z`.
    public init?(letter: Character) {
        guard let ascii = letter.asciiValue, (0x61...0x7a).contains(ascii) else { return nil }
        rawValue = ascii - 0x61 + 0x04
    }

    /// The key of a digit above the letters; nil for anything but `0` to `9`.
    public init?(digit: Character) {
        guard let ascii = digit.asciiValue, (0x30...0x39).contains(ascii) else { return nil }
        rawValue = ascii == 0x30 ? 0x27 : ascii - 0x31 + 0x1e
    }

    /// A function key; nil for other numbers than 1 to 24.
    public init?(function number: Int) {
        guard (1...24).contains(number) else { return nil }
        rawValue = UInt8(number <= 12 ? 0x3a + number - 1 : 0x68 + number - 13)
    }

    /// Enter, beside the letters.
    public static let enter = Key(rawValue: 0x28)
    /// Escape.
    public static let escape = Key(rawValue: 0x29)
    /// Backspace.
    public static let backspace = Key(rawValue: 0x2a)
    /// Tab.
    public static let tab = Key(rawValue: 0x2b)
    /// Space.
    public static let space = Key(rawValue: 0x2c)
    /// `-` and `_`.
    public static let minus = Key(rawValue: 0x2d)
    /// `=` and `+`.
    public static let equal = Key(rawValue: 0x2e)
    /// `[` and `{`.
    public static let leftBracket = Key(rawValue: 0x2f)
    /// `]` and `}`.
    public static let rightBracket = Key(rawValue: 0x30)
    /// `\` and `|`.
    public static let backslash = Key(rawValue: 0x31)
    /// `;` and `:`.
    public static let semicolon = Key(rawValue: 0x33)
    /// `'` and `"`.
    public static let apostrophe = Key(rawValue: 0x34)
    /// The accent and `~`.
    public static let grave = Key(rawValue: 0x35)
    /// `,` and `<`.
    public static let comma = Key(rawValue: 0x36)
    /// `.` and `>`.
    public static let period = Key(rawValue: 0x37)
    /// `/` and `?`.
    public static let slash = Key(rawValue: 0x38)
    /// Caps Lock.
    public static let capsLock = Key(rawValue: 0x39)
    /// Print Screen.
    public static let printScreen = Key(rawValue: 0x46)
    /// Scroll Lock.
    public static let scrollLock = Key(rawValue: 0x47)
    /// Pause.
    public static let pause = Key(rawValue: 0x48)
    /// Insert.
    public static let insert = Key(rawValue: 0x49)
    /// Home.
    public static let home = Key(rawValue: 0x4a)
    /// Page Up.
    public static let pageUp = Key(rawValue: 0x4b)
    /// Delete.
    public static let delete = Key(rawValue: 0x4c)
    /// End.
    public static let end = Key(rawValue: 0x4d)
    /// Page Down.
    public static let pageDown = Key(rawValue: 0x4e)
    /// The arrow to the right.
    public static let right = Key(rawValue: 0x4f)
    /// The arrow to the left.
    public static let left = Key(rawValue: 0x50)
    /// The arrow down.
    public static let down = Key(rawValue: 0x51)
    /// The arrow up.
    public static let up = Key(rawValue: 0x52)
    /// Num Lock.
    public static let numLock = Key(rawValue: 0x53)
    /// The left Control.
    public static let leftControl = Key(rawValue: 0xe0)
    /// The left Shift.
    public static let leftShift = Key(rawValue: 0xe1)
    /// The left Alt.
    public static let leftAlt = Key(rawValue: 0xe2)
    /// The left Windows or Command key.
    public static let leftMeta = Key(rawValue: 0xe3)
    /// The right Control.
    public static let rightControl = Key(rawValue: 0xe4)
    /// The right Shift.
    public static let rightShift = Key(rawValue: 0xe5)
    /// The right Alt, or AltGr.
    public static let rightAlt = Key(rawValue: 0xe6)
    /// The right Windows or Command key.
    public static let rightMeta = Key(rawValue: 0xe7)
}

/// A key goes down or up.
public struct KeyEvent: Hashable, Codable, Sendable {
    /// Which key.
    public var key: Key
    /// It goes down.
    public var isPress: Bool

    /// An event.
    public init(_ key: Key, isPress: Bool) {
        self.key = key
        self.isPress = isPress
    }
}

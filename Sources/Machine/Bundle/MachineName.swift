// Names of machines.

/// What a machine can be called: a folder name without surprises in shells and on other systems.
public enum MachineName {
    /// The rule for messages.
    public static let rule =
        "use 1 to 64 letters, digits, '.', '_' and '-', starting with a letter or digit, without .starling at the end"

    /// The end of a bundle's folder name.
    public static let suffix = ".starling"

    /// `name` can be a machine's.
    public static func isValid(_ name: String) -> Bool {
        guard let first = name.utf8.first, isAlphanumeric(first), name.utf8.count <= 64 else { return false }
        return !name.hasSuffix(suffix)
            && name.utf8.allSatisfy {
                isAlphanumeric($0) || [UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "-")].contains($0)
            }
    }

    private static func isAlphanumeric(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"):
            true
        default: false
        }
    }
}

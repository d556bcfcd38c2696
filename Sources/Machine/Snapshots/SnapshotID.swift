// What a snapshot is called by the machine: s1, s2, ...

/// The identity of a snapshot within its machine. Numbers are counted up and never used again.
public struct SnapshotID: Hashable, Comparable, Sendable {
    /// 1 or more.
    public let number: UInt64

    /// The ID with a number; nil for 0.
    public init?(number: UInt64) {
        guard number > 0 else { return nil }
        self.number = number
    }

    public static func < (left: SnapshotID, right: SnapshotID) -> Bool { left.number < right.number }
}

extension SnapshotID: LosslessStringConvertible {
    /// `s` and the number.
    public var description: String { "s\(number)" }

    /// Reads exactly what `description` gives: no sign, no zeros in front.
    public init?(_ description: String) {
        guard description.first == "s", let number = UInt64(description.dropFirst()) else { return nil }
        self.init(number: number)
        guard self.description == description else { return nil }
    }

    /// Whether a text looks like an ID of some snapshot; such texts can not be names.
    static func resembles(_ text: String) -> Bool {
        text.utf8.first == UInt8(ascii: "s") && text.utf8.count > 1
            && text.utf8.dropFirst().allSatisfy { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
    }
}

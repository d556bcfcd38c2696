// The encoded form of one value, between Swift's Codable and the bytes.

/// One value of encoded state.
///
/// There is exactly one byte form of each `StateValue` (see `StateWriter`), so that equal states have
/// equal bytes and equal hashes.
enum StateValue {
    case null
    case bool(Bool)
    case unsigned(UInt64)
    /// The integer `-1 - magnitude`.
    case negative(UInt64)
    case float(bits: UInt32)
    case double(bits: UInt64)
    case string(String)
    case bytes([UInt8])
    case words([UInt64])
    case array(StateArray)
    case map(StateMap)

    /// What to call this value in an error message.
    var kind: String {
        switch self {
        case .null: "nil"
        case .bool: "a Bool"
        case .unsigned(let value): "the integer \(value)"
        case .negative(let magnitude): "the integer -\(UInt128(magnitude) + 1)"
        case .float: "a Float"
        case .double: "a Double"
        case .string: "a String"
        case .bytes: "a byte string"
        case .words: "a string of 64-bit words"
        case .array: "an array"
        case .map: "a set of fields"
        }
    }
}

/// Values in a row.
final class StateArray {
    let elements: [StateValue]
    /// How many elements a decoder has looked at; the others are state that this build would lose.
    private(set) var consumedCount = 0

    init(_ elements: [StateValue]) {
        self.elements = elements
    }

    /// An element, which counts as looked at from now on; `nil` after the last one.
    func consume(_ index: Int) -> StateValue? {
        guard index < elements.count else { return nil }
        consumedCount = max(consumedCount, index + 1)
        return elements[index]
    }
}

/// Named fields in ascending order of their names' UTF-8 bytes, each name once.
final class StateMap {
    let names: [String]
    let values: [StateValue]
    /// Which fields a decoder has looked at; a field that nobody looked at is state that this build
    /// would lose.
    private(set) var isConsumed: [Bool]

    /// The caller vouches for the order of `names`, and for one value per name.
    init(names: [String], values: [StateValue]) {
        self.names = names
        self.values = values
        isConsumed = Array(repeating: false, count: names.count)
    }

    /// The value of a field, without marking it.
    func peek(_ name: String) -> StateValue? {
        index(of: name).map { values[$0] }
    }

    /// The value of a field, which counts as looked at from now on.
    func consume(_ name: String) -> StateValue? {
        guard let index = index(of: name) else { return nil }
        isConsumed[index] = true
        return values[index]
    }

    private func index(of name: String) -> Int? {
        var low = 0
        var high = names.count
        while low < high {
            let middle = low + (high - low) / 2
            if Self.precedes(names[middle], name) { low = middle + 1 } else { high = middle }
        }
        guard low < names.count, names[low].utf8.elementsEqual(name.utf8) else { return nil }
        return low
    }

    /// The order of names: by UTF-8 bytes, which does not depend on a locale or a Unicode version.
    static func precedes(_ left: String, _ right: String) -> Bool {
        left.utf8.lexicographicallyPrecedes(right.utf8)
    }
}

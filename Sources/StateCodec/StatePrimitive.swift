// The Swift types that are one encoded value, without containers of Codable in between.

/// A type with an encoded form of its own.
protocol StatePrimitive {
    var stateValue: StateValue { get }
    /// `nil` if the value is of another kind, or outside the type's range.
    init?(stateValue: StateValue)
}

extension Bool: StatePrimitive {
    var stateValue: StateValue { .bool(self) }

    init?(stateValue: StateValue) {
        guard case .bool(let flag) = stateValue else { return nil }
        self = flag
    }
}

extension FixedWidthInteger {
    /// For integers of at most 64 bits. All widths share one form, so that a field may become wider.
    var stateValue: StateValue {
        self < 0 ? .negative(UInt64(truncatingIfNeeded: ~self)) : .unsigned(UInt64(truncatingIfNeeded: self))
    }

    init?(stateValue: StateValue) {
        switch stateValue {
        case .unsigned(let magnitude):
            self.init(exactly: magnitude)
        case .negative(let magnitude):
            guard Self.isSigned, let inverted = Self(exactly: magnitude) else { return nil }
            self = ~inverted
        default:
            return nil
        }
    }
}

extension Int: StatePrimitive {}
extension Int8: StatePrimitive {}
extension Int16: StatePrimitive {}
extension Int32: StatePrimitive {}
extension Int64: StatePrimitive {}
extension UInt: StatePrimitive {}
extension UInt8: StatePrimitive {}
extension UInt16: StatePrimitive {}
extension UInt32: StatePrimitive {}
extension UInt64: StatePrimitive {}

extension Float: StatePrimitive {
    var stateValue: StateValue { .float(bits: bitPattern) }

    init?(stateValue: StateValue) {
        guard case .float(let bits) = stateValue else { return nil }
        self.init(bitPattern: bits)
    }
}

extension Double: StatePrimitive {
    var stateValue: StateValue { .double(bits: bitPattern) }

    init?(stateValue: StateValue) {
        guard case .double(let bits) = stateValue else { return nil }
        self.init(bitPattern: bits)
    }
}

extension String: StatePrimitive {
    var stateValue: StateValue { .string(self) }

    init?(stateValue: StateValue) {
        guard case .string(let text) = stateValue else { return nil }
        self = text
    }
}

/// An integer whose arrays are encoded as one string of fixed-width elements: device buffers and
/// register files would otherwise cost a tag and a call per element.
protocol StatePackedElement {
    static func pack(_ elements: [Self]) -> StateValue
    static func unpack(_ value: StateValue) -> [Self]?
}

extension UInt8: StatePackedElement {
    static func pack(_ elements: [UInt8]) -> StateValue { .bytes(elements) }

    static func unpack(_ value: StateValue) -> [UInt8]? {
        guard case .bytes(let bytes) = value else { return nil }
        return bytes
    }
}

extension UInt64: StatePackedElement {
    static func pack(_ elements: [UInt64]) -> StateValue { .words(elements) }

    static func unpack(_ value: StateValue) -> [UInt64]? {
        guard case .words(let words) = value else { return nil }
        return words
    }
}

extension Array: StatePrimitive where Element: StatePackedElement {
    var stateValue: StateValue { Element.pack(self) }

    init?(stateValue: StateValue) {
        guard let elements = Element.unpack(stateValue) else { return nil }
        self = elements
    }
}

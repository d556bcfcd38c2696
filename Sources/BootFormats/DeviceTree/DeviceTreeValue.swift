// The value of a device tree property.

/// The bytes of a property, with the types that the Devicetree Specification v0.4, section 2.2.4, gives
/// them. A blob does not store the type: whoever reads a property knows it.
public struct DeviceTreeValue: Equatable, Sendable {
    public let bytes: [UInt8]

    /// `<prop-encoded-array>` of the caller's making.
    public static func bytes(_ bytes: [UInt8]) -> DeviceTreeValue {
        DeviceTreeValue(bytes: bytes)
    }

    /// `<empty>`: being there is what the property says.
    public static let empty = DeviceTreeValue(bytes: [])

    /// `<string>`. A NUL ends the string, as it does for those who read it.
    public static func string(_ text: String) -> DeviceTreeValue {
        .strings([text])
    }

    /// `<stringlist>`, such as `compatible`.
    public static func strings(_ texts: [String]) -> DeviceTreeValue {
        DeviceTreeValue(bytes: texts.flatMap { $0.utf8.prefix { $0 != 0 } + [0] })
    }

    /// Any number of `<u32>`: cells, phandles, interrupt specifiers.
    public static func cells(_ cells: [UInt32]) -> DeviceTreeValue {
        DeviceTreeValue(bytes: cells.flatMap(bigEndianBytes))
    }

    /// Any number of `<u64>`, two cells each: addresses and sizes where `#address-cells` is 2.
    public static func u64(_ values: [UInt64]) -> DeviceTreeValue {
        DeviceTreeValue(bytes: values.flatMap(bigEndianBytes))
    }

    private static func bigEndianBytes(_ value: some FixedWidthInteger) -> [UInt8] {
        withUnsafeBytes(of: value.bigEndian) { Array($0) }
    }

    /// The texts of a `<string>` or `<stringlist>`; `nil` if the bytes are not NUL-terminated UTF-8.
    public var texts: [String]? {
        guard bytes.last == 0 else { return nil }
        var texts: [String] = []
        for part in bytes.dropLast().split(separator: 0, omittingEmptySubsequences: false) {
            guard let text = String(validating: part, as: UTF8.self) else { return nil }
            texts.append(text)
        }
        return texts
    }

    /// The cells; `nil` if the bytes are not whole ones.
    public var cells: [UInt32]? { integers() }

    /// The pairs of cells as numbers; `nil` if the bytes are not whole ones.
    public var u64Values: [UInt64]? { integers() }

    private func integers<Integer: FixedWidthInteger & BitwiseCopyable>() -> [Integer]? {
        let width = MemoryLayout<Integer>.size
        guard bytes.count.isMultiple(of: width) else { return nil }
        let reader = ByteReader(bytes: bytes)
        return stride(from: 0, to: bytes.count, by: width).compactMap { offset in
            reader.bigEndian(Integer.self, at: offset)
        }
    }
}

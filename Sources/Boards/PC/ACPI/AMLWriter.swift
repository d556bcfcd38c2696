// ACPI machine language: the few terms that describe this board.

/// A term of ACPI machine language, encoded (ACPI 6.3, chapter 20).
struct AMLTerm {
    let bytes: [UInt8]

    private init(_ bytes: [UInt8]) { self.bytes = bytes }

    // MARK: Values

    /// An integer in its shortest form (20.2.3).
    static func integer(_ value: UInt64) -> AMLTerm {
        switch value {
        case 0: AMLTerm([0x00])
        case 1: AMLTerm([0x01])
        case ...0xff: AMLTerm([0x0a, UInt8(value)])
        case ...0xffff: AMLTerm([0x0b] + littleEndian(UInt16(value)))
        case ...0xffff_ffff: AMLTerm([0x0c] + littleEndian(UInt32(value)))
        default: AMLTerm([0x0e] + littleEndian(value))
        }
    }

    static func string(_ text: String) -> AMLTerm { AMLTerm([0x0d] + Array(text.utf8) + [0]) }

    /// The number that stands for a plug-and-play identifier such as `PNP0A08` (19.6.36).
    static func identifier(_ text: String) -> AMLTerm {
        let letters = Array(text.utf8)
        let digits = UInt32(String(decoding: letters.dropFirst(3), as: UTF8.self), radix: 16) ?? 0
        let vendor = letters.prefix(3).reduce(0 as UInt32) { $0 << 5 | UInt32($1 & 0x1f) }
        return integer(UInt64((vendor << 16 | digits).byteSwapped))
    }

    static func package(_ elements: [AMLTerm]) -> AMLTerm {
        AMLTerm([0x12] + withLength([UInt8(elements.count)] + elements.flatMap(\.bytes)))
    }

    static func buffer(_ contents: [UInt8]) -> AMLTerm {
        AMLTerm([0x11] + withLength(integer(UInt64(contents.count)).bytes + contents))
    }

    // MARK: Objects

    static func name(_ name: String, _ value: AMLTerm) -> AMLTerm { AMLTerm([0x08] + path(name) + value.bytes) }

    static func scope(_ name: String, _ terms: [AMLTerm]) -> AMLTerm {
        AMLTerm([0x10] + withLength(path(name) + terms.flatMap(\.bytes)))
    }

    static func device(_ name: String, _ terms: [AMLTerm]) -> AMLTerm {
        AMLTerm([0x5b, 0x82] + withLength(path(name) + terms.flatMap(\.bytes)))
    }

    // MARK: Encoding

    /// A name, from the root on when it begins with a backslash (20.2.2): of one segment of up to four letters.
    private static func path(_ name: String) -> [UInt8] {
        let isAbsolute = name.hasPrefix("\\")
        let letters = Array(name.utf8.dropFirst(isAbsolute ? 1 : 0)) + Array("____".utf8)
        return (isAbsolute ? [0x5c] : []) + letters.prefix(4)
    }

    /// Puts the length in front, which counts its own bytes (20.2.4).
    private static func withLength(_ contents: [UInt8]) -> [UInt8] {
        for extra in 0...3 {
            let total = contents.count + extra + 1
            if extra == 0 {
                if total < 64 { return [UInt8(total)] + contents }
                continue
            }
            guard total < 1 << (4 + 8 * extra) else { continue }
            let rest = (0..<extra).map { UInt8(truncatingIfNeeded: total >> (4 + 8 * $0)) }
            return [UInt8(extra << 6 | total & 15)] + rest + contents
        }
        preconditionFailure("a term of \(contents.count) bytes")
    }

    static func littleEndian<Integer: FixedWidthInteger>(_ value: Integer) -> [UInt8] {
        (0..<Integer.bitWidth / 8).map { UInt8(truncatingIfNeeded: value >> Integer($0 * 8)) }
    }
}

/// A resource that a device uses (ACPI 6.3, 6.4).
enum AMLResource {
    case ports(ClosedRange<UInt16>)
    /// A wire of the ISA bus.
    case interrupt(UInt8)
    case memory(Range<UInt64>)
    /// What a host bridge passes on.
    case busNumbers(ClosedRange<UInt16>)
    case portWindow(ClosedRange<UInt16>)
    case memoryWindow(Range<UInt64>)

    private var bytes: [UInt8] {
        switch self {
        case .ports(let range):
            let count = UInt8(clamping: range.count)
            let first = AMLTerm.littleEndian(range.lowerBound)
            return [0x47, 1] + first + first + [1, count]
        case .interrupt(let number): return [0x22] + AMLTerm.littleEndian(UInt16(1) << UInt16(number))
        case .memory(let range):
            let words = [UInt32(range.lowerBound), UInt32(range.upperBound - range.lowerBound)]
            return [0x86, 9, 0, 1] + words.flatMap { AMLTerm.littleEndian($0) }
        case .busNumbers(let range): return Self.wordWindow(2, 0, range)
        case .portWindow(let range): return Self.wordWindow(1, 3, range)
        case .memoryWindow(let range): return Self.longWindow(range)
        }
    }

    /// A 16-bit address space descriptor (6.4.3.5.3): decoded in full, at a fixed place.
    private static func wordWindow(_ kind: UInt8, _ flags: UInt8, _ range: ClosedRange<UInt16>) -> [UInt8] {
        let values = [0, range.lowerBound, range.upperBound, 0, UInt16(truncatingIfNeeded: range.count)]
        return [0x88, 13, 0, kind, 0x0c, flags] + values.flatMap { AMLTerm.littleEndian($0) }
    }

    /// A 32-bit address space descriptor (6.4.3.5.2): memory that can be written and is not cached.
    private static func longWindow(_ range: Range<UInt64>) -> [UInt8] {
        let values = [0, range.lowerBound, range.upperBound - 1, 0, range.upperBound - range.lowerBound]
        return [0x87, 23, 0, 0, 0x0c, 1] + values.flatMap { AMLTerm.littleEndian(UInt32(truncatingIfNeeded: $0)) }
    }

    /// The template of several resources, for `_CRS`.
    static func template(_ resources: [AMLResource]) -> AMLTerm {
        .buffer(resources.flatMap(\.bytes) + [0x79, 0])
    }
}

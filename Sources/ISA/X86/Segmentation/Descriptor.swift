// An entry of a descriptor table: a segment, a system segment, or a gate.

/// A descriptor (Intel SDM volume 3, 3.4.5 and 3.5).
struct Descriptor: BitwiseCopyable {
    /// Types of system descriptors (table 3-2); of the 16-bit and 32-bit kinds they differ in bit 3.
    enum SystemType {
        static let localTable: UInt16 = 2
        static let availableTask: UInt16 = 9
        static let busyTask: UInt16 = 11
        static let availableTask16: UInt16 = 1
        static let busyTask16: UInt16 = 3
        static let taskGate: UInt16 = 5
        static let callGate: UInt16 = 12
        static let callGate16: UInt16 = 4
    }

    let low: UInt64
    /// The second half of system descriptors in long mode.
    var high: UInt64 = 0

    init(_ low: UInt64, _ high: UInt64 = 0) {
        self.low = low
        self.high = high
    }

    // MARK: Segments

    var attributes: UInt16 { UInt16(truncatingIfNeeded: low >> 40) & 0xf0ff }
    var type: UInt16 { attributes & 15 }
    var isSystem: Bool { attributes & 0x10 == 0 }
    var isCode: Bool { attributes & 0x18 == 0x18 }
    var isConforming: Bool { attributes & 0x1c == 0x1c }
    var isWritableData: Bool { attributes & 0x1a == 0x12 }
    var isReadable: Bool { !isSystem && (!isCode || attributes & 2 != 0) }
    var isPresent: Bool { attributes & 0x80 != 0 }
    var privilege: UInt8 { UInt8(attributes >> 5 & 3) }
    var isLong: Bool { attributes & 0x2000 != 0 }
    var isBig: Bool { attributes & 0x4000 != 0 }

    var base: UInt64 { low >> 16 & 0xff_ffff | low >> 32 & 0xff00_0000 | high << 32 }
    /// The last offset in the segment.
    var limit: UInt32 {
        let limit = UInt32(truncatingIfNeeded: low & 0xffff | low >> 32 & 0xf_0000)
        return attributes & 0x8000 != 0 ? limit << 12 | 0xfff : limit
    }

    /// The segment register that holds this segment after a load with `selector`.
    func segment(_ selector: UInt16) -> Segment {
        Segment(base: base, limit: limit, selector: selector, attributes: attributes)
    }

    // MARK: Gates

    var gateSelector: UInt16 { UInt16(truncatingIfNeeded: low >> 16) }
    var gateOffset: UInt64 { low & 0xffff | low >> 32 & 0xffff_0000 | high << 32 }
    /// The parameters that a call gate copies between stacks.
    var gateParameterCount: Int { Int(low >> 32 & 31) }
    /// The entry of the interrupt stack table, or 0.
    var gateStack: UInt64 { low >> 32 & 7 }
    /// Bit 3 of the type: offsets and pushes have 32 bits (64 in long mode) and not 16.
    var isWideGate: Bool { type & 8 != 0 }
}

extension UInt16 {
    /// The privilege that a selector asks with.
    var requestedPrivilege: UInt8 { UInt8(self & 3) }
    /// No segment.
    var isNullSelector: Bool { self & 0xfffc == 0 }
    /// The selector in an error code.
    var errorCode: UInt64 { UInt64(self & 0xfffc) }
}

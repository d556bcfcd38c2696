// A segment register: what the program sees, and what the CPU keeps of the descriptor.

/// The segment registers, by number.
enum SegmentRegister {
    static let es = 0
    static let cs = 1
    static let ss = 2
    static let ds = 3
    static let fs = 4
    static let gs = 5
    /// The registers of the local descriptor table and of the task.
    static let ldtr = 6
    static let tr = 7
    static let count = 8
}

/// A segment register with its hidden part (Intel SDM volume 3, 3.4.3).
public struct Segment: BitwiseCopyable, Codable, Equatable, Sendable {
    public var base: UInt64 = 0
    /// The limit in bytes: the last offset, or for a segment that expands down the last that it has not.
    public var limit: UInt32 = 0xffff
    public var selector: UInt16 = 0
    /// Bits 55 to 40 of the descriptor: type, S, DPL, P, and from bit 12 on AVL, L, D/B and G.
    public var attributes: UInt16 = 0x93

    /// A segment register with these contents.
    public init(base: UInt64 = 0, limit: UInt32 = 0xffff, selector: UInt16 = 0, attributes: UInt16 = 0x93) {
        self.base = base
        self.limit = limit
        self.selector = selector
        self.attributes = attributes
    }

    var type: UInt16 { attributes & 15 }
    var isPresent: Bool { attributes & 0x80 != 0 }
    var isCodeOrData: Bool { attributes & 0x10 != 0 }
    var isCode: Bool { attributes & 0x18 == 0x18 }
    var isConforming: Bool { isCode && attributes & 4 != 0 }
    var isWritable: Bool { attributes & 0x1a == 0x12 }
    var isReadable: Bool { isCodeOrData && (!isCode || attributes & 2 != 0) }
    var expandsDown: Bool { attributes & 0x1c == 0x14 }
    var privilege: UInt8 { UInt8((attributes >> 5) & 3) }
    /// The L bit: 64-bit code.
    var isLong: Bool { attributes & 0x2000 != 0 }
    /// The D or B bit: 32-bit operands, addresses or stack pointer.
    var isBig: Bool { attributes & 0x4000 != 0 }
    /// Has no segment: loaded with a null selector.
    var isNull: Bool { !isPresent }

    /// The first and the last offset that may be accessed; an empty range where none may.
    var range: (first: UInt64, last: UInt64) {
        if isNull { return (1, 0) }
        if !expandsDown { return (0, UInt64(limit)) }
        return (UInt64(limit) + 1, isBig ? 0xffff_ffff : 0xffff)
    }

    /// A segment that begins at 0 and holds all 32-bit offsets, for all accesses.
    var isFlat: Bool { base == 0 && limit == .max && isWritable && !expandsDown && isPresent }
}

/// The offsets that instructions may access in a segment, derived from it.
struct SegmentBounds: BitwiseCopyable {
    var firstForRead: UInt64 = 0
    var lastForRead: UInt64 = 0xffff
    var firstForWrite: UInt64 = 0
    var lastForWrite: UInt64 = 0xffff

    /// What `segment` allows. In real and virtual-8086 mode rights do not count.
    init(_ segment: Segment, checksRights: Bool) {
        (firstForRead, lastForRead) = segment.range
        (firstForWrite, lastForWrite) = segment.range
        guard checksRights else { return }
        if !segment.isReadable { (firstForRead, lastForRead) = (1, 0) }
        if !segment.isWritable { (firstForWrite, lastForWrite) = (1, 0) }
    }

    init() {}
}

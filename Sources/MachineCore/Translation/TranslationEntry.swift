// One line of a software TLB, as interpreters and generated code read it.

/// One cached page. A tag is the page's virtual address; `invalidTag` never equals one.
public struct TranslationEntry: BitwiseCopyable {
    /// The tag that data reads compare with.
    public var readTag: UInt64
    /// The tag that data writes compare with. Stays invalid where a write must be seen: in pages that
    /// are read-only or not yet dirty, and in those that hold translated code.
    public var writeTag: UInt64
    /// The tag that instruction fetches compare with.
    public var fetchTag: UInt64
    /// Host address minus virtual address, modulo 2^64.
    public var bias: UInt64

    /// An entry with these fields.
    @inlinable
    public init(readTag: UInt64, writeTag: UInt64, fetchTag: UInt64, bias: UInt64) {
        self.readTag = readTag
        self.writeTag = writeTag
        self.fetchTag = fetchTag
        self.bias = bias
    }

    /// Not page-aligned, so no page compares equal.
    @inlinable public static var invalidTag: UInt64 { 1 }
    /// An entry that serves nothing.
    @inlinable public static var empty: TranslationEntry {
        TranslationEntry(readTag: invalidTag, writeTag: invalidTag, fetchTag: invalidTag, bias: 0)
    }

    /// Entries in a set: 16 MiB of reach in 128 KiB. A power of two, known to generated code.
    @inlinable public static var setEntryCount: Int { 4096 }

    /// The index in its set of the entry for the page of `address`.
    @inlinable @inline(__always)
    public static func index(of address: UInt64) -> Int {
        Int(truncatingIfNeeded: (address &>> 12) & UInt64(setEntryCount &- 1))
    }
}

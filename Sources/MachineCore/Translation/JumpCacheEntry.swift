// One line of a cache from guest addresses to generated code.

/// Where the code for a guest address is. Each address space that a CPU executes in has its own cache of
/// these, switched by pointer like the sets of the software TLB.
public struct JumpCacheEntry: BitwiseCopyable {
    /// The virtual address of the guest code; `invalidAddress` in an empty entry.
    public var address: UInt64
    /// The host address of the code.
    public var code: UInt64

    /// An entry with these fields.
    @inlinable
    public init(address: UInt64, code: UInt64) {
        self.address = address
        self.code = code
    }

    /// No guest instruction starts here on any instruction set with aligned code; an engine never
    /// enters it in a cache.
    @inlinable public static var invalidAddress: UInt64 { .max }
    /// An entry that serves nothing.
    @inlinable public static var empty: JumpCacheEntry { JumpCacheEntry(address: invalidAddress, code: 0) }
    /// Entries in a cache: 128 KiB. A power of two, known to generated code.
    @inlinable public static var cacheEntryCount: Int { 8192 }

    /// The index of the entry for `address`: its low bits mixed with those of its page number, because
    /// the hot functions of a program often lie at equal offsets in their pages.
    @inlinable @inline(__always)
    public static func index(of address: UInt64) -> Int {
        let mixed = address ^ (address &>> 11)
        return Int(truncatingIfNeeded: (mixed &>> 1) & UInt64(cacheEntryCount &- 1))
    }
}

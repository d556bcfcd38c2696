// Which lines of RAM hold guest code that an engine has translated.
import HostOS

/// A bit for each 64-byte line of RAM: set while translated code was made from it. Whoever writes RAM
/// asks here, so that self-modifying code needs no page protection of the host.
public final class CodeLines {
    /// One mask of 64 lines for each page.
    private let masks: UnsafeMutablePointer<UInt64>
    private let pageCount: Int
    private let base: GuestPhysicalAddress
    private let mapping: MemoryMapping
    /// Told which range of RAM was written that holds code: the engine that translated it. Called
    /// after the write.
    public var codeWasWritten: ((Range<GuestPhysicalAddress>) -> Void)?

    init(base: GuestPhysicalAddress, byteCount: UInt64) throws(HostError) {
        self.base = base
        pageCount = Int(byteCount >> 12)
        mapping = try MemoryMapping(anonymous: max(4096, (byteCount >> 12) &* 8), usesHugePages: false)
        masks = mapping.pointer.assumingMemoryBound(to: UInt64.self)
    }

    /// The lines with code of the page that holds `address`; 0 outside RAM.
    @inline(__always)
    public func mask(of address: GuestPhysicalAddress) -> UInt64 {
        let page = Int(truncatingIfNeeded: (address &- base) >> 12)
        return page < pageCount && page >= 0 ? masks[page] : 0
    }

    /// Replaces the lines with code of the page that holds `address`, which is in RAM.
    public func setMask(of address: GuestPhysicalAddress, to mask: UInt64) {
        let page = Int(truncatingIfNeeded: (address &- base) >> 12)
        if page < pageCount && page >= 0 { masks[page] = mask }
    }

    /// The bits of the lines that `count` bytes at `address`, in one page, touch.
    @inline(__always)
    public static func lines(_ address: GuestPhysicalAddress, count: UInt64) -> UInt64 {
        let first = (address & 0xfff) >> 6
        let last = min(63, ((address & 0xfff) &+ max(count, 1) &- 1) >> 6)
        return (~0 &<< first) & (~0 &>> (63 &- last))
    }

    /// Tells the engine if any of `count` bytes at `address` held code.
    public func noteWrite(at address: GuestPhysicalAddress, count: UInt64) {
        guard codeWasWritten != nil, count > 0 else { return }
        var page = address & ~0xfff
        while page < address &+ count {
            let start = max(page, address)
            let end = min(page &+ 4096, address &+ count)
            if mask(of: page) & Self.lines(start, count: end &- start) != 0 { codeWasWritten?(start..<end) }
            page &+= 4096
        }
    }
}

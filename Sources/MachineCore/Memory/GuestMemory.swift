// The RAM of a machine: one mapping of host memory, reached only through bounds-checked accesses.
import HostOS

/// A machine's RAM: one contiguous range of guest-physical addresses backed by host memory.
///
/// Devices move data with the checked functions below; an access that is not wholly inside RAM
/// does nothing and says so. Engines take `hostPointer(to:count:)` once per page and then go
/// directly. The guest may change any byte at any time, so every value read is read once.
///
/// Pages in the first mebibyte of the range may be something else than RAM (`restrict`): there these functions find
/// no RAM, or none to write to.
public final class GuestMemory {
    /// The first guest-physical address of RAM.
    public let base: GuestPhysicalAddress
    /// The size of RAM in bytes, a multiple of 4096.
    public let byteCount: UInt64
    /// The host address of the first byte of RAM; valid as long as this object lives.
    public let hostBase: UnsafeMutableRawPointer
    /// Which lines hold code that an engine has translated.
    public let codeLines: CodeLines
    /// Which pages were written.
    public let dirtyLog: DirtyLog
    private let mapping: MemoryMapping
    @usableFromInline let restrictions = RAMRestrictions()

    /// Maps zero-filled RAM of `byteCount` bytes (a multiple of 4096, not 0) at `base`.
    /// - Throws: `HostError` when the host refuses the mapping.
    public init(base: GuestPhysicalAddress, byteCount: UInt64) throws(HostError) {
        self.base = base
        self.byteCount = byteCount
        mapping = try MemoryMapping(anonymous: byteCount)
        hostBase = mapping.pointer
        codeLines = try CodeLines(base: base, byteCount: byteCount)
        dirtyLog = try DirtyLog(base: base, byteCount: byteCount)
    }

    /// Tells everyone who wants to know that `count` bytes at `address` were written, or will be by a device
    /// that has their host address. Whoever writes through `hostPointer` calls this, and marks the pages in
    /// the dirty log before the write.
    public func noteWrite(at address: GuestPhysicalAddress, count: UInt64) {
        dirtyLog.mark(address, count: count)
        codeLines.noteWrite(at: address, count: count)
    }

    /// Puts other contents into RAM, as a whole. No CPU may run, and no TLB may let writes pass afterwards: nothing
    /// counts as written since a snapshot then.
    /// - Parameter fill: maps or writes the contents.
    public func replaceContents<Failure: Error>(_ fill: (MemoryMapping) throws(Failure) -> Void) throws(Failure) {
        defer { codeLines.noteWrite(at: base, count: byteCount) }
        try fill(mapping)
        dirtyLog.clear(for: .snapshots)
    }

    /// The guest-physical range of RAM.
    public var range: Range<GuestPhysicalAddress> { base..<(base + byteCount) }

    /// The host address of `count` bytes at `address`, or nil unless all of them are RAM that may be written.
    @inlinable
    public func hostPointer(to address: GuestPhysicalAddress, count: UInt64) -> UnsafeMutableRawPointer? {
        pointer(to: address, count: count, for: .full)
    }

    /// The host address of `count` bytes at `address`, or nil unless all of them are RAM that may be read.
    @inlinable
    public func readablePointer(to address: GuestPhysicalAddress, count: UInt64) -> UnsafeRawPointer? {
        pointer(to: address, count: count, for: .readOnly).map { UnsafeRawPointer($0) }
    }

    /// The host address of `count` bytes of RAM at `address`, whatever hides or protects them; nil outside the range.
    public func hiddenPointer(to address: GuestPhysicalAddress, count: UInt64) -> UnsafeMutableRawPointer? {
        pointer(to: address, count: count, for: .none)
    }

    @inlinable
    func pointer(
        to address: GuestPhysicalAddress, count: UInt64, for access: RAMAccess
    ) -> UnsafeMutableRawPointer? {
        let offset = address &- base
        guard offset < byteCount, count <= byteCount &- offset, restrictions.permits(access, offset, count) else {
            return nil
        }
        return hostBase + Int(truncatingIfNeeded: offset)
    }

    /// Says what accesses to `range` reach from now on. RAM keeps its contents. The caller sees to it that no CPU
    /// remembers anything else; engines forget the code that they have translated there.
    /// - Parameter range: multiples of 4096 in the first mebibyte of RAM's range; the rest is cut off.
    public func restrict(_ range: Range<GuestPhysicalAddress>, to access: RAMAccess) {
        let range = range.clamped(to: self.range)
        restrictions.set(access, (range.lowerBound - base)..<(range.upperBound - base))
        codeLines.noteWrite(at: range.lowerBound, count: range.upperBound - range.lowerBound)
    }

    /// Copies RAM into `destination`; false (and nothing copied) unless all bytes are RAM.
    public func read(at address: GuestPhysicalAddress, into destination: UnsafeMutableRawBufferPointer) -> Bool {
        guard let source = readablePointer(to: address, count: UInt64(destination.count)) else { return false }
        destination.copyMemory(from: UnsafeRawBufferPointer(start: source, count: destination.count))
        return true
    }

    /// Copies `source` into RAM; false (and nothing copied) unless all bytes are RAM.
    public func write(_ source: UnsafeRawBufferPointer, at address: GuestPhysicalAddress) -> Bool {
        guard let target = hostPointer(to: address, count: UInt64(source.count)) else { return false }
        dirtyLog.mark(address, count: UInt64(source.count))
        UnsafeMutableRawBufferPointer(start: target, count: source.count).copyMemory(from: source)
        noteWrite(at: address, count: UInt64(source.count))
        return true
    }

    /// `count` bytes of RAM as an array, or nil unless all of them are RAM.
    public func bytes(at address: GuestPhysicalAddress, count: Int) -> [UInt8]? {
        guard count >= 0, let source = readablePointer(to: address, count: UInt64(count)) else { return nil }
        return Array(UnsafeRawBufferPointer(start: source, count: count))
    }

    /// Writes an array into RAM; false (and nothing written) unless all bytes are RAM.
    public func write(_ bytes: [UInt8], at address: GuestPhysicalAddress) -> Bool {
        bytes.withUnsafeBytes { write($0, at: address) }
    }

    /// Reads one little-endian integer (any alignment), or nil unless all its bytes are RAM.
    public func load<Integer: FixedWidthInteger & BitwiseCopyable>(
        _ type: Integer.Type, at address: GuestPhysicalAddress
    ) -> Integer? {
        let count = UInt64(MemoryLayout<Integer>.size)
        guard let source = readablePointer(to: address, count: count) else { return nil }
        return Integer(littleEndian: source.loadUnaligned(as: Integer.self))
    }

    /// Writes one little-endian integer (any alignment); false unless all its bytes are RAM.
    public func store<Integer: FixedWidthInteger & BitwiseCopyable>(
        _ value: Integer, at address: GuestPhysicalAddress
    ) -> Bool {
        let count = UInt64(MemoryLayout<Integer>.size)
        guard let target = hostPointer(to: address, count: count) else { return false }
        dirtyLog.mark(address, count: count)
        target.storeBytes(of: value.littleEndian, as: Integer.self)
        noteWrite(at: address, count: count)
        return true
    }
}

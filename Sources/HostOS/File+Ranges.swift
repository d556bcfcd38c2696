// Giving space of a file back to the host, and zeroing ranges without writing them.
import Glibc

extension File {
    /// Gives the space of a range back; it reads as zeros afterwards. The size stays.
    /// - Throws: `HostError`; EOPNOTSUPP when the file system can not do it.
    public func punchHole(at offset: UInt64, count: UInt64) throws(HostError) {
        try allocate(RangeMode.punchHole, at: offset, count: count, "punch a hole")
    }

    /// Makes a range read as zeros, and keeps space for it where the file system can. The size stays.
    /// - Throws: `HostError`; EOPNOTSUPP when the file system can not do it.
    public func zeroRange(at offset: UInt64, count: UInt64) throws(HostError) {
        try allocate(RangeMode.zeroRange, at: offset, count: count, "zero a range")
    }

    private func allocate(
        _ mode: Int32, at offset: UInt64, count: UInt64, _ verb: String
    ) throws(HostError) {
        guard count > 0 else { return }
        let name = "\(verb) of \(count) bytes in \(path) at \(offset)"
        let position = try File.position(offset, name)
        let length = try File.position(count, name)
        guard let fallocate = File.fallocate else { throw HostError(name, code: EOPNOTSUPP) }
        _ = try File.retrying(name) {
            Int(fallocate(descriptor, mode | RangeMode.keepSize, position, length))
        }
    }

    /// Modes of fallocate(2), from the kernel's `linux/falloc.h`.
    private enum RangeMode {
        static let keepSize: Int32 = 0x01
        static let punchHole: Int32 = 0x02
        static let zeroRange: Int32 = 0x10
    }

    private typealias Fallocate = @Sendable @convention(c) (Int32, Int32, off_t, off_t) -> Int32

    /// glibc declares `fallocate` only for _GNU_SOURCE, which Swift's Glibc module does not set; the
    /// symbol itself is always there.
    private static let fallocate: Fallocate? = dlsym(nil, "fallocate").map {
        unsafeBitCast($0, to: Fallocate.self)
    }
}

// Giving space of a file back to the host, and zeroing ranges without writing them.
import CStarling
import Glibc

extension File {
    /// Gives the space of a range back; it reads as zeros afterwards. The size stays.
    /// - Throws: `HostError`; EOPNOTSUPP when the file system can not do it.
    public func punchHole(at offset: UInt64, count: UInt64) throws(HostError) {
        try allocate(at: offset, count: count, "punch a hole", starling_punch_hole)
    }

    /// Makes a range read as zeros, and keeps space for it where the file system can. The size stays.
    /// - Throws: `HostError`; EOPNOTSUPP when the file system can not do it.
    public func zeroRange(at offset: UInt64, count: UInt64) throws(HostError) {
        try allocate(at: offset, count: count, "zero a range", starling_zero_range)
    }

    private func allocate(
        at offset: UInt64, count: UInt64, _ verb: String, _ call: (Int32, off_t, off_t) -> Int32
    ) throws(HostError) {
        guard count > 0 else { return }
        let name = "\(verb) of \(count) bytes in \(path) at \(offset)"
        let position = try File.position(offset, name)
        let length = try File.position(count, name)
        _ = try File.retrying(name) { Int(call(descriptor, position, length)) }
    }
}

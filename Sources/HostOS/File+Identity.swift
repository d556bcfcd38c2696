// Whether an open file is still the one that its path leads to.
import Glibc

extension File {
    /// Nobody has removed, renamed or replaced the file since it was opened.
    public var isStillAtItsPath: Bool {
        var there = stat()
        guard let here = try? status(), stat(path, &there) == 0 else { return false }
        return here.st_dev == there.st_dev && here.st_ino == there.st_ino
    }
}

/// Which file this is, and when it was written last.
public struct FileVersion: Equatable, Sendable {
    /// The file system and the number of the file in it.
    public let device, number: UInt64
    /// The size in bytes.
    public let byteCount: UInt64
    /// When it was written last, in nanoseconds since 1970-01-01 UTC, as exactly as the host notes it: some
    /// milliseconds.
    public let modifiedNanoseconds: UInt64
}

extension File {
    /// The file as it is now.
    /// - Throws: `HostError`.
    public func version() throws(HostError) -> FileVersion {
        let status = try status()
        let seconds = UInt64(clamping: status.st_mtim.tv_sec)
        return FileVersion(
            device: UInt64(status.st_dev), number: UInt64(status.st_ino), byteCount: UInt64(clamping: status.st_size),
            modifiedNanoseconds: seconds &* 1_000_000_000 &+ UInt64(clamping: status.st_mtim.tv_nsec))
    }
}

// How much room there is.
import Glibc

extension Folder {
    /// How many bytes this user can still write to the file system that the folder is on.
    /// - Throws: `HostError`, for instance with ENOENT.
    public static func freeByteCount(at path: String) throws(HostError) -> UInt64 {
        var status = statvfs()
        _ = try File.retrying("find the free space of \(path)") { Int(statvfs(path, &status)) }
        let (bytes, overflow) = UInt64(status.f_bavail).multipliedReportingOverflow(by: UInt64(status.f_frsize))
        return overflow ? .max : bytes
    }
}

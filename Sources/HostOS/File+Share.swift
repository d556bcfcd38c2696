// One file under two names.
import Glibc

extension File {
    /// Makes `destination` another name of the regular file `source`, which nobody writes any more; a copy where
    /// the file system can not do that, or not across two.
    /// - Throws: `HostError`; EEXIST when `destination` exists.
    public static func share(_ source: String, as destination: String) throws(HostError) {
        do {
            _ = try retrying("link \(source) to \(destination)") { Int(link(source, destination)) }
        } catch {
            guard [EXDEV, EPERM, EMLINK, EOPNOTSUPP].contains(error.code) else { throw error }
            try copySparse(source, to: destination)
        }
    }
}

// Remembers that a file that never changes had its right contents.
import HostOS

/// The file `NAME.verified` beside a file with checksums: which file that was when they were compared last. As long
/// as it is the same one and nobody has written to it, it need not be read again, so that restoring takes the same
/// time whatever the size of RAM and disks. Verification that is asked for does not look at marks.
enum VerificationMark {
    static let suffix = ".verified"
    /// A file may be written again without a change of its time of modification, which has the resolution of the
    /// host's timer tick. Only a mark that is younger by more than that says anything.
    private static let resolutionNanoseconds: UInt64 = 100_000_000
    private static let maximumByteCount = 256

    /// Does `verify` unless the file was verified as it is.
    static func verifyOnce(_ file: File, _ verify: () throws(SnapshotError) -> Void) throws(SnapshotError) {
        if isCurrent(file) { return }
        try verify()
        set(for: file)
    }

    /// Notes that the file has its right contents. Without a mark it will be verified, so that errors do not matter.
    static func set(for file: File) {
        guard let version = try? file.version() else { return }
        // Made in place: a part of a mark says nothing, and a process that is killed leaves nothing else.
        let path = file.path + suffix
        try? Folder.removeFile(path)
        guard let mark = try? File(creating: path) else { return }
        text(version).withUnsafeBytes { try? mark.write([$0], at: 0) }
    }

    private static func isCurrent(_ file: File) -> Bool {
        let path = file.path + suffix
        guard let version = try? file.version(), let mark = try? File(opening: path, .readOnly).version(),
            mark.modifiedNanoseconds > version.modifiedNanoseconds &+ resolutionNanoseconds
        else { return false }
        return (try? File.contents(of: path, limit: maximumByteCount)) == text(version)
    }

    private static func text(_ version: FileVersion) -> [UInt8] {
        let numbers = [version.device, version.number, version.byteCount, version.modifiedNanoseconds]
        return Array((numbers.map(String.init).joined(separator: " ") + "\n").utf8)
    }
}

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

// Keeps two benchmarks from disturbing each other.
import Glibc

/// A lock on a file (flock(2)); it goes with the process.
enum FileLock {
    /// Runs `body` while no other process holds the lock on the file at `path`.
    static func hold<Result>(
        _ path: String, _ body: () throws(BenchError) -> Result
    ) throws(BenchError) -> Result {
        let descriptor = open(path, O_CREAT | O_RDWR | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else { throw BenchError("can not open \(path): \(lastError())") }
        defer { close(descriptor) }
        if flock(descriptor, LOCK_EX | LOCK_NB) != 0 {
            Progress.say("waiting for another benchmark to end")
            while flock(descriptor, LOCK_EX) != 0 {
                guard errno == EINTR else { throw BenchError("can not lock \(path): \(lastError())") }
            }
        }
        return try body()
    }
}

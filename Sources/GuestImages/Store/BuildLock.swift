// The lock that keeps two builders of one store apart.
import Foundation

/// An exclusive `flock` on a file. The kernel releases it when the process ends, in whatever way.
final class BuildLock {
    private let descriptor: Int32

    /// Takes the lock.
    /// - Throws: `ImageError.locked` when another process has it.
    init(store: ImageStore) throws {
        let path = store.lockFile.path
        descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else { throw HostFiles.failure(path, errno) }
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            let holder = (try? String(contentsOfFile: path, encoding: .utf8)).flatMap {
                Int32($0.trimmingCharacters(in: .whitespacesAndNewlines))
            }
            close(descriptor)
            throw ImageError.locked(store: store.root.path, process: holder)
        }
        let holder = Array("\(getpid())\n".utf8)
        // Only for the message that another builder shows; the lock does not depend on it.
        if ftruncate(descriptor, 0) == 0 { _ = write(descriptor, holder, holder.count) }
    }

    deinit {
        // A child that is just being started may still have a copy of the descriptor.
        flock(descriptor, LOCK_UN)
        close(descriptor)
    }
}

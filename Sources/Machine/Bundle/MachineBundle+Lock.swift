// One process at a time runs a machine.
import HostOS

/// The right to run a machine, or to remove it; given back when the object goes, or when the process
/// ends, in whatever way.
public final class BundleLock: Sendable {
    private let file: File

    init(_ file: File) { self.file = file }

    /// Does nothing: a call at the end of its use keeps the object, and so the lock, until there.
    public func holdUntilHere() { withExtendedLifetime(self) {} }
}

extension MachineBundle {
    /// Takes the machine for this process.
    /// - Throws: `BundleError.running` when another one has it, `.notABundle` when it was removed, or
    ///   `.host`.
    public func lock() throws(BundleError) -> BundleLock {
        var holder: Int32?
        do throws(HostError) {
            // Somebody who only asks whether the machine runs has the lock for a moment.
            for attempt in 0..<5 {
                if attempt > 0 { HostProcess.sleep(milliseconds: 10) }
                try File.makeIfMissing(lockPath)
                let file = try File(opening: lockPath, .readWrite)
                guard try file.tryLock(.exclusive) else {
                    holder = lockHolder(file)
                    continue
                }
                // A lock on a file that was removed in the meantime keeps nobody away.
                guard file.isStillAtItsPath else { continue }
                file.writeHolder()
                return BundleLock(file)
            }
        } catch {
            if !Folder.exists(specPath) { throw .notABundle(path: path) }
            throw .host(error)
        }
        throw .running(name: name, process: holder)
    }

    /// Whether a machine runs, and where.
    public enum RunState: Equatable, Sendable {
        case stopped
        /// By this process, if the host tells.
        case running(process: Int32?)
    }

    /// Whether a process runs the machine now.
    public var runState: RunState {
        guard let file = try? File(opening: lockPath, .readOnly) else { return .stopped }
        if let holder = file.lockHolder() { return .running(process: holder) }
        // The host does not tell of locks, or there is none: trying tells.
        let isFree = (try? file.tryLock(.shared)) ?? true
        return isFree ? .stopped : .running(process: lockHolder(file))
    }

    /// Who has the lock that was refused: what the kernel says, or else what the holder has written.
    private func lockHolder(_ file: File) -> Int32? {
        if let holder = file.lockHolder() { return holder }
        guard let bytes = try? File.contents(of: lockPath, limit: 64) else { return nil }
        let written = Int32(String(decoding: bytes, as: UTF8.self).prefix { $0.isNumber })
        return written.flatMap { HostProcess.isAlive($0) ? $0 : nil }
    }
}

extension File {
    /// Makes an empty file; somebody else may have done so, or do so at the same time.
    fileprivate static func makeIfMissing(_ path: String) throws(HostError) {
        if Folder.exists(path) { return }
        do {
            _ = try File(creating: path)
        } catch {
            if error.code != HostError.Code.exists { throw error }
        }
    }

    /// Leaves this process's number for others' messages; the lock works without it.
    fileprivate func writeHolder() {
        let text = Array("\(HostProcess.current)\n".utf8)
        try? resize(to: 0)
        text.withUnsafeBytes { try? write([$0], at: 0) }
    }
}

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
    /// - Throws: `BundleError.running` when another one has it, or `.host`.
    public func lock() throws(BundleError) -> BundleLock {
        let file: File
        do throws(HostError) {
            if !Folder.exists(lockPath) { try File.makeIfMissing(lockPath) }
            file = try File(opening: lockPath, .readWrite)
            // Somebody who only asks whether the machine runs has the lock for a moment.
            for attempt in 0..<5 {
                if attempt > 0 { HostProcess.sleep(milliseconds: 10) }
                if try file.tryLock(.exclusive) { return BundleLock(file) }
            }
        } catch {
            throw .host(error)
        }
        throw .running(name: name, process: file.lockHolder())
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
        return isFree ? .stopped : .running(process: nil)
    }
}

extension File {
    /// Makes an empty file; somebody else may do so at the same time.
    fileprivate static func makeIfMissing(_ path: String) throws(HostError) {
        do {
            _ = try File(creating: path)
        } catch {
            if error.code != HostError.Code.exists { throw error }
        }
    }
}

// One process at a time changes the folder of snapshots.
import HostOS

extension SnapshotStore {
    /// How long a lock is waited for: what is done under it takes milliseconds.
    private static let attempts = 1000
    private static let attemptMilliseconds: UInt32 = 10

    /// Runs `body` while no other process, and no other thread, changes the folder, which is made if needed.
    /// - Throws: what `body` throws, `SnapshotError.busy`, `.host`.
    func withLock<Result>(_ body: () throws(SnapshotError) -> Result) throws(SnapshotError) -> Result {
        let file = try SnapshotError.wrapping { () throws(HostError) in try openLock() }
        for attempt in 0..<Self.attempts {
            if attempt > 0 { HostProcess.sleep(milliseconds: Self.attemptMilliseconds) }
            let isLocked = try SnapshotError.wrapping { () throws(HostError) in try file.tryLock(.exclusive) }
            guard isLocked else { continue }
            defer { withExtendedLifetime(file) {} }
            return try body()
        }
        throw .busy(path: folder, process: file.lockHolder())
    }

    private func openLock() throws(HostError) -> File {
        try Folder.makeAll(folder)
        let path = folder + "/lock"
        do {
            return try File(creating: path)
        } catch {
            if error.code != HostError.Code.exists { throw error }
            return try File(opening: path, .readWrite)
        }
    }
}

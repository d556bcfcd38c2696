// The file in a running machine's folder that `starling stats` reads.
import Foundation
import HostOS
import Machine

/// Writes reports on a thread of its own: a slow disk must not hold the machine up.
final class ReportFile: Sendable {
    private let path: String
    private let thread: WorkerThread

    /// - Parameter path: see `MachineBundle.reportPath`.
    init(_ path: String) throws(HostError) {
        self.path = path
        thread = try WorkerThread()
    }

    /// Replaces the file. What can not be written now will be the next time.
    func write(_ report: MachineReport) {
        _ = thread.submit { [path] in
            guard let bytes = try? JSONEncoder().encode(report) else { return }
            try? File.replace(path, with: Array(bytes))
        }
    }

    /// Removes the file: the machine does not run any more.
    func remove() {
        thread.finish()
        try? Folder.removeFile(path)
    }

    /// The last report of a machine that runs; nil before its first.
    static func read(_ path: String) throws -> MachineReport? {
        guard Folder.exists(path) else { return nil }
        let bytes = try File.contents(of: path, limit: 1 << 16)
        return try? JSONDecoder().decode(MachineReport.self, from: Data(bytes))
    }
}

// The folder for what can be made again.
import Foundation

enum Cache {
    /// `starling-bench` in `$XDG_CACHE_HOME` or `~/.cache`; made if it is not there.
    static func folder() throws(BenchError) -> URL {
        let home = FileManager.default.homeDirectoryForCurrentUser
        let base = ProcessInfo.processInfo.environment["XDG_CACHE_HOME"].map { URL(fileURLWithPath: $0) }
        let folder = (base ?? home.appendingPathComponent(".cache")).appendingPathComponent("starling-bench")
        try attempt("make the folder \(folder.path)") {
            try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        }
        return folder
    }
}

// A machine, and perhaps one of its snapshots, as an argument: NAME or NAME@SNAPSHOT.
import Machine

struct SnapshotTarget {
    let bundle: MachineBundle
    /// Nil where the argument names none.
    let snapshot: SnapshotManifest?

    init(_ argument: String) throws {
        // A path may have such a sign in a folder's name.
        let slash = argument.lastIndex(of: "/") ?? argument.startIndex
        guard let split = argument[slash...].lastIndex(of: "@"), split != argument.startIndex else {
            bundle = try MachineHome().bundle(argument)
            snapshot = nil
            return
        }
        bundle = try MachineHome().bundle(String(argument[..<split]))
        let name = String(argument[argument.index(after: split)...])
        snapshot = try SnapshotStore(bundlePath: bundle.path).find(name)
    }
}

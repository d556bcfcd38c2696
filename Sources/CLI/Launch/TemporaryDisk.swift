// The disk of a throw-away machine.
import HostOS
import Machine

/// A copy of an image's disk that exists for one run. It has a name only until the machine has opened
/// it: then it goes with the process, however that ends.
struct TemporaryDisk {
    let path: String
    private let interruption: Interruption

    /// Makes a copy of `source`, which takes no space for what is not written.
    init(copying source: String, home: MachineHome, _ interruption: Interruption) throws(HostError) {
        self.interruption = interruption
        path = "\(home.temporary)/\(HostProcess.current).raw"
        try Folder.makeAll(home.temporary)
        Self.removeAbandoned(in: home.temporary)
        try Folder.removeFile(path)
        interruption.begin(path)
        try File.copySparse(source, to: path)
    }

    /// Takes the name away.
    func removeName() {
        try? Folder.removeFile(path)
        interruption.finish(path)
    }

    /// Removes what a process left that was killed while it copied.
    private static func removeAbandoned(in folder: String) {
        for name in (try? Folder.names(in: folder)) ?? [] {
            guard let process = Int32(name.prefix { $0 != "." }), !HostProcess.isAlive(process) else { continue }
            try? Folder.removeFile("\(folder)/\(name)")
        }
    }
}

// `starling fork`.
import ArgumentParser
import ControlAPI
import HostOS
import Machine

struct ForkCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "fork",
        abstract: "Make machines that go on from where this one is.",
        discussion: """
            They begin at a snapshot, or at a new one of a running machine, which goes on. What they have
            alike is stored once; each writes to files of its own. They are called NAME-1, NAME-2 and so on.

            EXAMPLES:
              starling fork web
              starling fork web@before -n 10 --as lab

            \(ExitStatus.table)
            """)

    @Argument(help: ArgumentHelp("The machine, and perhaps the snapshot's id or name.", valueName: "name[@snapshot]"))
    var target: String

    @Option(name: .customShort("n"), help: ArgumentHelp("How many, 1 to 1000.", valueName: "count"))
    var count = 1

    @Option(name: .customLong("as"), help: ArgumentHelp("Call them NAME-1, NAME-2 and so on.", valueName: "name"))
    var newName: String?

    @Flag(help: "Do not start them; 'starling restore' does, at the snapshot.")
    var stopped = false

    @Flag(help: "Print the new machines as JSON.")
    var json = false

    func validate() throws {
        guard (1...1000).contains(count) else { throw ValidationError("-n takes 1 to 1000, not \(count)") }
    }

    func run() throws {
        let target = try SnapshotTarget(target)
        let manifest = try target.snapshot ?? takeSnapshot(of: target.bundle)
        var forks: [Fork] = []
        var launched: [BackgroundStart.Launched] = []
        for path in try newPaths(for: target.bundle) {
            let bundle = try target.bundle.fork(manifest, to: path)
            let fork = Fork(name: bundle.name, path: bundle.path, snapshot: "\(manifest.id)")
            forks.append(fork)
            if !stopped { launched.append(try BackgroundStart(bundle, from: fork.snapshot).launch()) }
        }
        for process in launched { try process.wait() }
        if json { return try Output.write(json: forks) }
        let verb = stopped ? "is made" : "runs"
        for fork in forks {
            Output.write("machine '\(fork.name)' \(verb), from \(target.bundle.name)@\(manifest.id)")
        }
    }

    private struct Fork: Encodable {
        let name: String
        let path: String
        let snapshot: String
    }

    private func takeSnapshot(of bundle: MachineBundle) throws -> SnapshotManifest {
        if case .stopped = bundle.runState {
            throw Failure(
                "machine '\(bundle.name)' does not run: start it, or name one of its snapshots: "
                    + "starling fork \(bundle.name)@SNAPSHOT")
        }
        let info = try ControlClient(bundle).send(
            "POST", "/v1/snapshots", SnapshotRequest(note: "forked"), as: SnapshotInfo.self)
        return try SnapshotStore(bundlePath: bundle.path).find(info.id)
    }

    /// The first that are free.
    private func newPaths(for bundle: MachineBundle) throws -> [String] {
        let home = try MachineHome()
        let isHere = Folder.parent(of: bundle.path) == home.machines
        let prefix = newName ?? (isHere ? bundle.name : "\(Folder.parent(of: bundle.path))/\(bundle.name)")
        var paths: [String] = []
        var number = 0
        while paths.count < count {
            number += 1
            do throws(BundleError) {
                paths.append(try home.newPath("\(prefix)-\(number)"))
            } catch {
                guard case .exists = error else { throw error }
            }
        }
        return paths
    }
}

// `starling snapshot`, `snapshots` and `restore`.
import ArgumentParser
import ControlAPI
import Foundation
import HostOS
import Machine

struct SnapshotCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "snapshot", abstract: "Keep the moment of a running machine, or remove such a moment.",
        subcommands: [SnapshotTakeCommand.self, SnapshotRmCommand.self], defaultSubcommand: SnapshotTakeCommand.self)
}

struct SnapshotTakeCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "take",
        abstract: "Keep the moment of a running machine: CPUs, devices, RAM and disks.",
        discussion: """
            Only what changed since the last snapshot is stored.

            EXAMPLES:
              starling snapshot web
              starling snapshot web -m "before the update" --name before

            \(ExitStatus.table)
            """)

    @OptionGroup var machine: RunningMachine

    @Option(name: .shortAndLong, help: "A remark, for people.")
    var message: String?

    @Option(name: .customLong("name"), help: ArgumentHelp("A name to find it by.", valueName: "snapshot"))
    var snapshotName: String?

    func run() throws {
        let request = SnapshotRequest(name: snapshotName, note: message)
        let info = try machine.client().send("POST", "/v1/snapshots", request, as: SnapshotInfo.self)
        let pause = String(format: "%.1f", Double(info.pause ?? 0) / 1e6)
        try machine.show(info, "snapshot \(info.id) is made; the machine stood still for \(pause) ms")
    }
}

struct SnapshotRmCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rm",
        abstract: "Remove a snapshot; others that were made of it keep what they need.",
        discussion: """
            EXAMPLES:
              starling snapshot rm web s3

            \(ExitStatus.table)
            """)

    @OptionGroup var machine: RunningMachine

    @Argument(help: ArgumentHelp("Its id or name.", valueName: "snapshot"))
    var snapshot: String

    func run() throws {
        let bundle = try machine.bundle()
        let manifest = try SnapshotStore(bundlePath: bundle.path).find(snapshot)
        if case .stopped = bundle.runState {
            let lock = try bundle.lock()
            defer { lock.holdUntilHere() }
            try MachineSnapshots.remove("\(manifest.id)", inBundleAt: bundle.path)
        } else {
            _ = try machine.client().send("DELETE", "/v1/snapshots/\(manifest.id)", as: Done.self)
        }
        try machine.show(Done(), "snapshot \(manifest.id) is removed")
    }
}

struct SnapshotsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "snapshots",
        abstract: "List the snapshots of a machine.",
        discussion: """
            EXAMPLES:
              starling snapshots web
              starling snapshots web --tree
              starling snapshots web --verify     # when the medium is in doubt

            \(ExitStatus.table)
            """)

    @OptionGroup var machine: RunningMachine

    @Flag(help: "Show which one was made of which.")
    var tree = false

    @Flag(help: "Read all of them, and compare them with their checksums, first.")
    var verify = false

    func run() throws {
        let bundle = try machine.bundle()
        if verify { try bundle.verifySnapshots() }
        let tree = try SnapshotStore(bundlePath: bundle.path).list()
        for problem in tree.problems { Message.say("\(problem.error)") }
        if machine.json { return try Output.write(json: tree.snapshots.map { SnapshotInfo($0, in: tree) }) }
        if tree.snapshots.isEmpty { return Output.write("no snapshots; make one: starling snapshot \(machine.name)") }
        if self.tree { return writeChildren(of: nil, tree, depth: 0) }
        for snapshot in tree.snapshots { write(snapshot, tree, depth: 0) }
    }

    private func writeChildren(of parent: SnapshotID?, _ tree: SnapshotTree, depth: Int) {
        for child in tree.children(of: parent) {
            write(child, tree, depth: depth)
            writeChildren(of: child.id, tree, depth: depth + 1)
        }
    }

    private func write(_ manifest: SnapshotManifest, _ tree: SnapshotTree, depth: Int) {
        let date = Date(timeIntervalSince1970: Double(manifest.createdNanoseconds) / 1e9)
        let current = tree.visiblePosition == manifest.id ? " (current)" : ""
        let words = [
            "\(manifest.id)", manifest.name.map { "'\($0)'" }, date.formatted(.iso8601), manifest.note,
        ].compactMap { $0 }.filter { !$0.isEmpty }
        Output.write(String(repeating: "  ", count: depth) + words.joined(separator: "  ") + current)
    }
}

struct RestoreCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "restore",
        abstract: "Put a machine into the state of a snapshot.",
        discussion: """
            A machine that runs goes on from there; one that does not is started. What it did since
            its last snapshot is lost.

            EXAMPLES:
              starling restore web@s3
              starling restore web@before

            \(ExitStatus.table)
            """)

    @Argument(help: ArgumentHelp("The machine and the snapshot's id or name.", valueName: "name@snapshot"))
    var target: String

    @Flag(help: "Print the machine's status as JSON.")
    var json = false

    func run() throws {
        let target = try SnapshotTarget(target)
        guard let manifest = target.snapshot else {
            throw ValidationError("which snapshot? write the machine and the snapshot: NAME@SNAPSHOT")
        }
        let (bundle, id) = (target.bundle, "\(manifest.id)")
        if case .stopped = bundle.runState {
            try BackgroundStart(bundle, from: id).start()
            if json { return try Output.write(json: ["name": bundle.name, "snapshot": id]) }
            return Output.write("machine '\(bundle.name)' runs from snapshot \(id)")
        }
        let status = try ControlClient(bundle).send(
            "POST", "/v1/restore", RestoreRequest(snapshot: id), as: MachineStatus.self)
        if json { return try Output.write(json: status) }
        Output.write("machine '\(bundle.name)' is \(status.state) from snapshot \(id)")
    }
}

// Snapshots of a running machine, from the side of those who ask for them.
import HostOS
import MachineCore
import StateCodec

/// Takes and restores snapshots of one machine; one at a time, from any thread but the machine's own.
public final class MachineSnapshots: Sendable {
    /// Where they are.
    public let store: SnapshotStore
    private let bundlePath: String
    private let overlays: DiskOverlays
    private let remote: MachineRemote
    private let mutex = HostMutex()

    /// The snapshots of the machine in the folder `bundlePath`.
    public init(bundlePath: String, _ remote: MachineRemote) {
        self.bundlePath = bundlePath
        store = SnapshotStore(bundlePath: bundlePath)
        overlays = DiskOverlays(bundlePath: bundlePath)
        self.remote = remote
    }

    /// How long the machine stood still for something, in nanoseconds.
    public typealias Pause = UInt64

    /// Takes a snapshot: CPUs, devices, RAM and disks of one moment. When this returns it is there as a whole.
    /// - Throws: `SnapshotError` and others, each with cause and next step; nothing is left of it then.
    public func take(_ label: SnapshotLabel = SnapshotLabel()) throws -> (SnapshotManifest, Pause) {
        try mutex.withLock {
            let parent = try store.position()
            let facts = try remote.perform { $0.snapshotFacts }
            let draft = try store.prepare(label, parent: parent, machine: facts)
            let overlays = overlays
            let capture = try remote.perform { try $0.capture(draft, overlays) }
            do {
                try overlays.seal(capture.moment.frozenDisks)
                let manifest = try capture.snapshot.commit(state: capture.state, moment: capture.moment)
                // Its checksums were computed from it: the first restore need not read it again.
                let ram = try? File(opening: store.path(of: manifest.id) + "/ram", .readOnly)
                if let ram { VerificationMark.set(for: ram) }
                return (manifest, capture.pause)
            } catch {
                // What was written before this moment is in no snapshot.
                try remote.perform { $0.context.memory.dirtyLog.markAll(for: .snapshots) }
                throw error
            }
        }
    }

    /// Puts the machine into the state of a snapshot; it goes on from there, or stays paused.
    /// - Throws: when the snapshot does not exist, does not fit the machine or is damaged; the machine goes on as
    ///   it was then.
    @discardableResult
    public func restore(_ nameOrID: String) throws -> (SnapshotManifest, Pause) {
        try mutex.withLock {
            let manifest = try store.find(nameOrID)
            let (store, overlays) = (store, overlays)
            let pause = try remote.perform { try $0.restore(manifest, from: store, overlays) }
            try store.setPosition(manifest.id)
            overlays.sweep(for: store)
            return (manifest, pause)
        }
    }

    /// Removes a snapshot; others that were made of it keep what they need.
    public func remove(_ nameOrID: String) throws {
        try mutex.withLock { try Self.remove(nameOrID, inBundleAt: bundlePath) }
    }

    /// Removes a snapshot of a machine that nobody runs.
    public static func remove(_ nameOrID: String, inBundleAt path: String) throws {
        let store = SnapshotStore(bundlePath: path)
        try store.remove(try store.find(nameOrID).id)
        DiskOverlays(bundlePath: path).sweep(for: store)
    }
}

/// What was taken while the machine stood still.
private struct Capture: Sendable {
    let snapshot: CapturedSnapshot
    let state: [UInt8]
    let moment: SnapshotManifest.Moment
    let pause: MachineSnapshots.Pause
}

extension Machine {
    /// What a snapshot of this machine must have been made of.
    var snapshotFacts: SnapshotManifest.MachineFacts {
        .init(ramByteCount: context.memory.byteCount, cpuCount: board.cpus.count, boardName: boardModel.rawValue)
    }

    fileprivate func capture(_ draft: SnapshotDraft, _ overlays: DiskOverlays) throws -> Capture {
        let start = HostClock.monotonicNanoseconds()
        try powerOnIfNeeded()
        drainDisks()
        let memory = context.memory
        let log = memory.dirtyLog
        let snapshot = try draft.capture(ram: UnsafeRawPointer(memory.hostBase)) { range in
            (Int(range.lowerBound >> 12)..<Int((range.upperBound + 4095) >> 12)).contains {
                log.isDirty(page: $0, for: .snapshots)
            }
        }
        let state = try stateTree().encoded()
        let frozen = try overlays.cut(disks, tag: "\(draft.id)")
        log.clear(for: .snapshots)
        for cpu in board.cpus { cpu.forgetWritablePages() }
        return Capture(
            snapshot: snapshot, state: state,
            moment: .init(
                instructionsExecuted: instructionsExecuted, virtualNanoseconds: context.clock.now,
                frozenDisks: frozen),
            pause: HostClock.monotonicNanoseconds() - start)
    }

    /// Puts the machine into the state of a snapshot. For the machine's thread, before or while it runs.
    func restore(
        _ manifest: SnapshotManifest, from store: SnapshotStore, _ overlays: DiskOverlays
    ) throws -> MachineSnapshots.Pause {
        let start = HostClock.monotonicNanoseconds()
        try manifest.check(against: snapshotFacts)
        let chain = try store.ram(of: manifest.id)
        let saved = try MachineState(encoded: try store.state(of: manifest.id))
        try chain.verifyOnce()
        try overlays.verify(manifest.moment.frozenDisks, trustsMarks: true)
        drainDisks()
        try stopRecording()
        let tag = "\(manifest.id)-\(HostClock.wallNanoseconds())"
        try replaceBoard(with: saved) {
            try overlays.restore(disks, to: manifest.moment.frozenDisks, tag: tag)
            try context.memory.replaceContents { memory throws(SnapshotError) in try chain.map(into: memory) }
        }
        return HostClock.monotonicNanoseconds() - start
    }

    /// Begins in the state of a snapshot instead of a power-on. To be called before the first `run`.
    /// - Throws: as `MachineSnapshots.restore`.
    public func begin(from nameOrID: String, inBundleAt path: String) throws {
        let (store, overlays) = (SnapshotStore(bundlePath: path), DiskOverlays(bundlePath: path))
        let manifest = try store.find(nameOrID)
        _ = try restore(manifest, from: store, overlays)
        try store.setPosition(manifest.id)
        try store.clean()
        overlays.sweep(for: store)
    }
}

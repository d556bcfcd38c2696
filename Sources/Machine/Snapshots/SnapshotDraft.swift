// A snapshot on its way: prepared, captured, committed.
import HostOS
import StateCodec

/// What the user says about a snapshot.
public struct SnapshotLabel: Equatable, Sendable {
    /// A name that is unique in the machine, or nil.
    public var name: String?
    /// A remark; at most 1024 bytes of UTF-8, may be empty.
    public var note: String

    /// A label.
    public init(name: String? = nil, note: String = "") {
        self.name = name
        self.note = note
    }
}

/// A folder that is removed with the object, unless it was renamed before.
final class SnapshotWorkFolder: Sendable {
    let path: String

    init(making path: String) throws(HostError) {
        self.path = path
        try Folder.removeTree(path)
        try Folder.make(path)
    }

    deinit { try? Folder.removeTree(path) }
}

/// A snapshot that has a number and a folder, but no contents yet. If it goes out of use without
/// being committed, nothing is left of it.
public struct SnapshotDraft: Sendable {
    /// The ID that the snapshot will have.
    public let id: SnapshotID
    let store: SnapshotStore
    let parent: SnapshotManifest?
    /// The parent's RAM; its files stay open, so that nobody can take them away.
    let parentRAM: RAMChain?
    let label: SnapshotLabel
    let machine: SnapshotManifest.MachineFacts
    let work: SnapshotWorkFolder
    let writer: RAMLayerWriter

    /// All of RAM is taken, whether dirty or not, because there is no parent to compare with.
    public var needsEveryChunk: Bool { parentRAM == nil }

    /// Takes RAM as it is now. The guest must be paused meanwhile, and may go on afterwards; 50 MiB take some
    /// 20 ms, because nothing waits for the medium.
    /// - Parameters:
    ///   - ram: the first byte of RAM, of the size given to `prepare`.
    ///   - isDirty: whether any byte of this range (offsets in RAM, in bytes) may differ from what it was
    ///     in the parent. Asked for ranges of 64 KiB or more, ascending. Saying true is always safe.
    /// - Throws: `SnapshotError.host`.
    public func capture(
        ram: UnsafeRawPointer, isDirty: (Range<UInt64>) -> Bool
    ) throws(SnapshotError) -> CapturedSnapshot {
        let layer = try SnapshotError.wrapping { () throws(HostError) in
            // The closure does not leave this call, which an optional parameter can not promise.
            try withoutActuallyEscaping(isDirty) { isDirty throws(HostError) in
                try writer.capture(ram, isDirty: needsEveryChunk ? nil : isDirty)
            }
        }
        return CapturedSnapshot(draft: self, layer: layer, createdNanoseconds: HostClock.wallNanoseconds())
    }
}

/// A snapshot whose RAM is written, but which is not there yet for others.
public struct CapturedSnapshot: Sendable {
    /// The ID that the snapshot will have.
    public var id: SnapshotID { draft.id }
    let draft: SnapshotDraft
    let layer: CapturedRAMLayer
    let createdNanoseconds: UInt64

    /// Completes the snapshot: when this returns it is there as a whole, and survives a power failure. May
    /// run on any thread, and take long.
    /// - Parameters:
    ///   - state: the encoded state tree of the moment at which RAM was captured, at most 64 MiB.
    ///   - moment: of the same moment.
    ///   - movesPosition: the machine derives from this snapshot now, as it does unless it was restored
    ///     to another one in the meantime.
    /// - Throws: `SnapshotError`; nothing is left of the snapshot then, unless only moving the position
    ///   failed.
    @discardableResult
    public func commit(
        state: [UInt8], moment: SnapshotManifest.Moment, movesPosition: Bool = true
    ) throws(SnapshotError) -> SnapshotManifest {
        guard state.count <= StateCodecLimits().maximumBytes else {
            throw .unstorable("the machine's state has \(state.count) bytes, at most 64 MiB are possible")
        }
        let stateFacts = SnapshotManifest.FileFacts(byteCount: UInt64(state.count), StateHash(hashing: state))
        let manifest = try complete { facts, layerCount in
            self.manifest(moment, layerCount: layerCount, state: stateFacts, ram: facts)
        }
        let bytes = try manifest.encoded()
        let path = draft.work.path
        try SnapshotError.wrapping { () throws(HostError) in
            try SnapshotFile.write(state, to: path + "/state")
            try SnapshotFile.write(bytes, to: path + "/manifest")
            try SnapshotFile.flushFolder(path)
        }
        try draft.store.publish(manifest, from: path, movesPosition: movesPosition)
        return manifest
    }

    /// Completes the layer, and merges it with those below when they have become too many.
    private func complete(
        _ manifest: (SnapshotManifest.FileFacts, _ layerCount: Int) -> SnapshotManifest
    ) throws(SnapshotError) -> SnapshotManifest {
        let path = draft.work.path + "/ram"
        let facts = try SnapshotError.wrapping { () throws(HostError) in try layer.finish() }
        guard layer.hasAbsentChunks, let parentRAM = draft.parentRAM else { return manifest(facts, 1) }
        let layers = [try RAMLayer(opening: path, of: manifest(facts, 2))] + parentRAM.layers
        let chain = RAMChain(layers, layout: parentRAM.layout)
        if layers.count <= RAMChain.maximumLayerCount && chain.runs.count <= draft.store.maximumRunCount {
            return manifest(facts, layers.count)
        }
        // What is merged gets new checksums, which must not make damage right.
        try parentRAM.verifyOnce()
        return manifest(try merge(chain, into: path), 1)
    }

    /// Replaces the layer by one with all chunks.
    private func merge(
        _ chain: RAMChain, into path: String
    ) throws(SnapshotError) -> SnapshotManifest.FileFacts {
        let memory = try SnapshotError.wrapping { () throws(HostError) in
            try MemoryMapping(anonymous: chain.layout.ramByteCount)
        }
        try chain.map(into: memory)
        return try SnapshotError.wrapping { () throws(HostError) in
            let whole = path + ".whole"
            let writer = try RAMLayerWriter(creating: whole, layout: chain.layout, number: id.number)
            let facts = try writer.capture(memory.pointer, isDirty: nil).finish()
            try Folder.rename(whole, to: path)
            return facts
        }
    }

    private func manifest(
        _ moment: SnapshotManifest.Moment, layerCount: Int, state: SnapshotManifest.FileFacts,
        ram: SnapshotManifest.FileFacts
    ) -> SnapshotManifest {
        SnapshotManifest(
            id: id, parent: draft.parent?.id, name: draft.label.name, note: draft.label.note,
            createdNanoseconds: createdNanoseconds, machine: draft.machine, moment: moment,
            layerCount: layerCount, state: state, ram: ram)
    }
}

// The file `manifest` of a snapshot: a state tree with one node.
import StateCodec

/// The form of a manifest in the file. IDs are numbers there.
private struct ManifestRecord: Codable {
    var number: UInt64
    var parent: UInt64?
    var name: String?
    var note: String
    var createdNanoseconds: UInt64
    var machine: SnapshotManifest.MachineFacts
    var moment: SnapshotManifest.Moment
    var layerCount: Int
    var state: SnapshotManifest.FileFacts
    var ram: SnapshotManifest.FileFacts
}

extension SnapshotManifest {
    /// The version of the manifest's contents; the tree around it has a version of its own.
    static let version: UInt16 = 1
    private static let node = "snapshot"
    /// In bytes; a manifest with the longest texts and the most disks is smaller.
    static let limits = StateCodecLimits(maximumBytes: 256 << 10, maximumValues: 4096, maximumDepth: 8)

    /// The bytes of the file.
    /// - Throws: `SnapshotError.unstorable` for values that `init(decoding:)` would refuse.
    func encoded() throws(SnapshotError) -> [UInt8] {
        if let fault { throw .unstorable(fault) }
        let record = ManifestRecord(
            number: id.number, parent: parent?.number, name: name, note: note,
            createdNanoseconds: createdNanoseconds, machine: machine, moment: moment, layerCount: layerCount,
            state: state, ram: ram)
        var tree = StateTree()
        do {
            try tree.add(Self.node, version: Self.version, value: record, limits: Self.limits)
        } catch {
            throw .unstorable("\(error)")
        }
        return tree.encoded()
    }

    /// Reads what `encoded` made.
    /// - Parameter path: where the bytes come from, for messages.
    /// - Throws: `SnapshotError.codec` or `.damaged`; nothing in the bytes is trusted.
    init(decoding bytes: [UInt8], path: String) throws(SnapshotError) {
        let record: ManifestRecord
        do throws(StateCodecError) {
            let tree = try StateTree(decoding: bytes, limits: Self.limits)
            if let other = tree.nodes.first(where: { $0.path != Self.node }) {
                throw .mismatch(path: other.path, why: "a snapshot's manifest has no such node")
            }
            record = try tree.decode(
                ManifestRecord.self, at: Self.node, versions: Self.version...Self.version,
                limits: Self.limits)
        } catch {
            throw .codec(path: path, error)
        }
        guard let id = SnapshotID(number: record.number) else {
            throw .damaged(path: path, why: "0 is not the number of a snapshot")
        }
        self.init(id: id, record)
        if let fault { throw .damaged(path: path, why: fault) }
    }

    private init(id: SnapshotID, _ record: ManifestRecord) {
        self.init(
            id: id, parent: record.parent.flatMap(SnapshotID.init(number:)), name: record.name,
            note: record.note, createdNanoseconds: record.createdNanoseconds, machine: record.machine,
            moment: record.moment,
            layerCount: record.layerCount, state: record.state, ram: record.ram)
    }

    /// What is wrong with the values, if anything.
    private var fault: String? {
        if let parent, parent >= id { return "its parent \(parent) is not older than \(id)" }
        if let name, !Self.isValidName(name) { return "'\(SpecText.shown(name))' can not be a name" }
        if note.utf8.count > Self.maximumNoteByteCount { return "its note has \(note.utf8.count) bytes" }
        if RAMLayout(ramByteCount: machine.ramByteCount) == nil {
            return "a machine can not have \(machine.ramByteCount) bytes of RAM"
        }
        guard (1...65536).contains(machine.cpuCount) else {
            return "a machine can not have \(machine.cpuCount) CPUs"
        }
        if !(1...64).contains(machine.boardName.utf8.count) || !SpecText.isPrintable(machine.boardName) {
            return "'\(SpecText.shown(machine.boardName))' can not be the name of a board"
        }
        let layers = 1...(parent == nil ? 1 : RAMChain.maximumLayerCount)
        if !layers.contains(layerCount) { return "it can not have \(layerCount) RAM layers" }
        if moment.frozenDisks.count > 256 { return "it has \(moment.frozenDisks.count) disks, more than 256" }
        if let disk = moment.frozenDisks.first(where: { !Self.isInside($0) }) {
            return "'\(SpecText.shown(disk))' is not a file in the machine's folder"
        }
        return [state, ram].contains { $0.hash.count != 2 } ? "a hash has not 128 bits" : nil
    }

    /// A relative path that stays below the folder it starts from.
    private static func isInside(_ path: String) -> Bool {
        guard (1...512).contains(path.utf8.count), SpecText.isPrintable(path) else { return false }
        return path.utf8.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false).allSatisfy {
            !$0.isEmpty && !$0.elementsEqual(".".utf8) && !$0.elementsEqual("..".utf8)
        }
    }
}

extension SnapshotManifest.FileFacts {
    init(byteCount: UInt64, _ hash: StateHash) {
        self.init(byteCount: byteCount, hash: [hash.high, hash.low])
    }

    func matches(_ other: StateHash) -> Bool { hash == [other.high, other.low] }
}

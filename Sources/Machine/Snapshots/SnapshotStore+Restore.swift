// Reading snapshots back.
import HostOS
import StateCodec

extension SnapshotStore {
    /// The encoded state tree of a snapshot, checked against its hash.
    /// - Throws: `SnapshotError.notFound`, `.damaged`, `.codec`, `.host`.
    public func state(of id: SnapshotID) throws(SnapshotError) -> [UInt8] {
        let manifest = try visible(id)
        let path = path(of: id) + "/state"
        let bytes = try SnapshotFile.contents(of: path, limit: StateCodecLimits().maximumBytes)
        guard UInt64(bytes.count) == manifest.state.byteCount else {
            let expected = manifest.state.byteCount
            throw .damaged(path: path, why: "it has \(bytes.count) bytes, the manifest says \(expected)")
        }
        guard manifest.state.matches(StateHash(hashing: bytes)) else {
            throw .damaged(path: path, why: "its checksum is wrong")
        }
        return bytes
    }

    /// The RAM of a snapshot, ready to be mapped. Manifests, headers and tables of all its layers are
    /// checked; the contents of RAM are not, see `verify`.
    /// - Throws: `SnapshotError.notFound`, `.damaged`, `.codec`, `.unsupportedVersion`, `.host`.
    public func ram(of id: SnapshotID) throws(SnapshotError) -> RAMChain {
        try ram(of: try visible(id))
    }

    /// The RAM of a snapshot that may be hidden.
    func ram(of manifest: SnapshotManifest) throws(SnapshotError) -> RAMChain {
        let (manifest, layer) = try layer(of: manifest.id)
        return try RAMChain(manifest, layer) { ancestor throws(SnapshotError) in
            try self.layer(of: ancestor)
        }
    }

    /// Reads everything that restoring the snapshot needs, RAM included, and compares all checksums. Takes
    /// as long as reading the files; before an export, after an import, or when the medium is in doubt.
    /// - Throws: as `state` and `ram`.
    public func verify(_ id: SnapshotID) throws(SnapshotError) {
        _ = try state(of: id)
        try ram(of: id).verifyChunks()
    }

    private func visible(_ id: SnapshotID) throws(SnapshotError) -> SnapshotManifest {
        guard Folder.exists(path(of: id)) else { throw .notFound(id.description, near: nil) }
        return try manifest(of: id, isHidden: false)
    }

    /// Manifest and layer of a snapshot that may be hidden. Somebody may remove it between the two, once.
    private func layer(of id: SnapshotID) throws(SnapshotError) -> (SnapshotManifest, RAMLayer) {
        do throws(SnapshotError) {
            let manifest = try manifest(of: id, isHidden: false)
            return (manifest, try RAMLayer(opening: path(of: id) + "/ram", of: manifest))
        } catch {
            if Folder.exists(path(of: id)) { throw error }
        }
        let manifest = try manifest(of: id, isHidden: true)
        return (manifest, try RAMLayer(opening: path(of: id, isHidden: true) + "/ram", of: manifest))
    }
}

// Several images of a chain as one.
import HostOS
import MachineCore

extension QCOW2Disk {
    /// Writes an image that reads as the first of `paths`, and is based on what the last of them is based on. It has
    /// the clusters that any of them has; what is below is not read. It is on the medium when this returns.
    /// - Parameters:
    ///   - paths: images, each based on the next one; locked for reading meanwhile.
    ///   - destination: the new image, in the same folder.
    /// - Throws: `QCOW2Error`; nothing is left behind then.
    public static func merge(_ paths: [String], into destination: String) throws(QCOW2Error) {
        var images: [QCOW2Image] = []
        var base: QCOW2Header?
        for path in paths {
            let file = try openLocked(path, readOnly: true)
            let opening = QCOW2Opening(file: file, readOnly: true, cacheByteCount: nil)
            let image = try opening.image { header in
                base = header
                return nil
            }
            // A part of a cluster could not show what is below.
            guard image.geometry.clusterBits == QCOW2Header.newClusterBits, !image.geometry.hasSubclusters else {
                throw .damaged(path: path, what: "its clusters are not those that overlays have")
            }
            images.append(image)
        }
        guard let top = images.first, let base else { return }
        try makeOverlay(destination, like: base, path: paths[paths.count - 1], byteCount: top.byteCount)
        do throws(QCOW2Error) {
            let file = try openLocked(destination, readOnly: false)
            let target = try QCOW2Opening(file: file, readOnly: false, cacheByteCount: nil).image { _ in
                Below(byteCount: top.byteCount)
            }
            do throws(HostError) {
                try Merging(images: images, target: target).run()
            } catch {
                throw .disk(.host(path: destination, error))
            }
        } catch {
            try? Folder.removeFile(destination)
            throw error
        }
    }

    private static func makeOverlay(
        _ destination: String, like base: QCOW2Header, path: String, byteCount: UInt64
    ) throws(QCOW2Error) {
        guard let name = base.backingName else { return try create(at: destination, byteCount: byteCount) }
        guard let format = base.backingFormat.flatMap(QCOW2BackingFormat.init) else {
            throw .backingFormat(image: path, name: name, format: base.backingFormat)
        }
        try createOverlay(at: destination, backing: name, backingFormat: format, byteCount: byteCount)
    }
}

/// What is below the images, and shows through where none of them has anything. Only whole clusters are written, so
/// it is never read.
private final class Below: SynchronousDisk {
    let name = "the file below merged images"
    let byteCount: UInt64
    let isReadOnly = true

    init(byteCount: UInt64) { self.byteCount = byteCount }

    func perform(_ operation: BlockRequest.Operation) throws(HostError) {
        throw HostError("read \(name)", code: HostError.Code.invalidArgument)
    }
}

/// Copies clusters, those of upper images before those of lower ones.
private struct Merging {
    /// With clusters of the same size as the target's.
    let images: [QCOW2Image]
    let target: QCOW2Image

    func run() throws(HostError) {
        guard let refcounts = target.refcounts else { return }
        let memory = MemorySlice.allocate(byteCount: Int(target.geometry.clusterByteCount), alignment: 4096)
        defer { memory.deallocate() }
        var position: UInt64 = 0
        while position < target.byteCount {
            if images.contains(where: { position < $0.byteCount && $0.mapping.hasTable($0.tableIndex(position)) }) {
                try copy(position, through: memory, refcounts)
                position = target.clusterEnd(position)
            } else {
                position = (position / target.geometry.bytesPerTable + 1) * target.geometry.bytesPerTable
            }
        }
        try target.flush()
    }

    /// Copies the cluster of the first image that has one.
    private func copy(_ position: UInt64, through memory: MemorySlice, _ refcounts: Refcounts) throws(HostError) {
        let count = min(target.geometry.clusterByteCount, target.byteCount - position)
        for image in images where position + count <= image.byteCount {
            guard let table = try image.table(position) else { continue }
            switch image.cluster(table[image.entryIndex(position)]) {
            case .unallocated: continue
            case .zero: try target.writeZeroes(at: position, count: count, refcounts)
            case .data, .parts, .compressed, .malformed:
                let part = [MemorySlice(rebasing: memory.prefix(Int(count)))]
                try image.read(part, at: position)
                try target.write(part, at: position, refcounts)
            }
            return
        }
    }
}

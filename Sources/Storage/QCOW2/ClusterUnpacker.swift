// Reading packed clusters of an image.
import HostOS

/// Unpacks clusters, and keeps the last one: guests read in pieces that are smaller than a cluster.
final class ClusterUnpacker {
    private let store: ImageStore
    private let byteCount: Int
    private let method: DiskCompression
    /// The unpacked cluster, and where in the file it is packed.
    private var cluster: [UInt8] = []
    private var place: UInt64?

    init(_ store: ImageStore, _ header: QCOW2Header) {
        self.store = store
        byteCount = Int(header.geometry.clusterByteCount)
        method = header.compression
    }

    /// Fills `slices` with what starts `skip` bytes into the cluster that is packed at `offset`.
    /// - Parameter count: the bytes from `offset` on that may belong to it, at most two clusters.
    func read(
        into slices: [MemorySlice], from offset: UInt64, count: UInt64, skip: UInt64
    ) throws(HostError) {
        if place != offset { try load(offset, count) }
        var position = Int(skip)
        for slice in slices {
            slice.copyBytes(from: cluster[position..<position + slice.count])
            position += slice.count
        }
    }

    /// Forgets the cluster that was read last: its place is used for something else soon.
    func forget() { place = nil }

    private func load(_ offset: UInt64, _ count: UInt64) throws(HostError) {
        let there = min(count, store.end - min(store.end, offset))
        let packed = try store.bytes(at: offset, count: Int(there))
        place = nil
        if cluster.isEmpty { cluster = [UInt8](repeating: 0, count: byteCount) }
        let isWhole = packed.withUnsafeBytes { input in
            cluster.withUnsafeMutableBytes { output in method.unpack(input, into: output) }
        }
        guard isWhole else {
            throw .damagedImage(store.path, "what is packed at byte \(offset) of the file can not be unpacked")
        }
        place = offset
    }
}

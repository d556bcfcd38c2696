// Another name for the backing file of an image, for a copy that lives elsewhere.
import HostOS

extension QCOW2Disk {
    /// What the image at `path` has to begin with to name `backing` as its backing file, whose contents must be the
    /// same. Nothing is written, no other file is opened, and no lock is taken.
    ///
    /// The new name takes the place of the old one ("Qcow2 Image File Format": anywhere in the first cluster). It may
    /// be longer where zeros follow, as they do in the images that `createOverlay` makes.
    /// - Returns: the first bytes of the file, at most a cluster; nil when there is no old name, or no room.
    /// - Throws: `QCOW2Error` when the header is damaged or can not be read.
    public static func beginning(
        of path: String, naming backing: String
    ) throws(QCOW2Error) -> [UInt8]? {
        let (header, bytes) = try firstCluster(of: path)
        guard let old = header.backingName else { return nil }
        let (start, name) = (Int(BigEndianBytes(bytes)[8]), Array(backing.utf8))
        let (oldEnd, newEnd) = (start + old.utf8.count, start + name.count)
        guard (1...QCOW2Header.maximumBackingNameLength).contains(name.count), !name.contains(0),
            newEnd <= oldEnd || newEnd <= bytes.count && bytes[oldEnd..<newEnd].allSatisfy({ $0 == 0 })
        else { return nil }
        var result = Array(bytes.prefix(max(oldEnd, newEnd)))
        for index in start..<result.count { result[index] = index < newEnd ? name[index - start] : 0 }
        var length = BigEndianWriter()
        length.append(UInt32(name.count))
        result.replaceSubrange(16..<20, with: length.bytes)
        return result
    }

    /// The header, which was checked, and the bytes around it.
    private static func firstCluster(of path: String) throws(QCOW2Error) -> (QCOW2Header, [UInt8]) {
        func host<Value>(_ work: () throws(HostError) -> Value) throws(QCOW2Error) -> Value {
            do { return try work() } catch { throw .disk(.host(path: path, error)) }
        }
        let file = try host { () throws(HostError) in try File(opening: path, .readOnly) }
        let store = try host { () throws(HostError) in try ImageStore(file) }
        let header = try QCOW2Opening(file: file, readOnly: true, cacheByteCount: nil).readHeader(store)
        let count = Int(min(header.geometry.clusterByteCount, store.end))
        return (header, try host { () throws(HostError) in try store.bytes(at: 0, count: count) })
    }
}

// What an image says that it is based on.
import HostOS

extension QCOW2Disk {
    /// The name of the backing file that the image at `path` has in its header, which may be anything; nil when it
    /// has none. Opens no other file and takes no lock.
    /// - Throws: `QCOW2Error` when the header is damaged or can not be read.
    public static func backingName(of path: String) throws(QCOW2Error) -> String? {
        do throws(HostError) {
            let file = try File(opening: path, .readOnly)
            let store = try ImageStore(file)
            let opening = QCOW2Opening(file: file, readOnly: true, cacheByteCount: nil)
            return try? opening.readHeader(store).backingName
        } catch {
            throw .disk(.host(path: path, error))
        }
    }
}

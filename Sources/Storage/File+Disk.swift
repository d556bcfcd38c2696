// Opening and locking the file of a disk.
import HostOS

extension File {
    /// Opens and locks the file of a disk: for many who read, or for one who writes.
    /// - Parameter allowsDevices: block devices of the host will do.
    /// - Throws: `DiskError`, which says what to do.
    static func openDisk(_ path: String, readOnly: Bool, allowsDevices: Bool) throws(DiskError) -> File {
        let file = try openKnownKind(path, readOnly, allowsDevices)
        let isLocked: Bool
        do {
            isLocked = try file.tryLock(readOnly ? .shared : .exclusive)
        } catch {
            throw .host(path: path, error)
        }
        guard !isLocked else { return file }
        let holder = file.lockHolder()
        guard holder != File.thisProcess else { throw .inUseHere(path: path) }
        throw .inUse(path: path, process: holder)
    }

    private static func openKnownKind(
        _ path: String, _ readOnly: Bool, _ allowsDevices: Bool
    ) throws(DiskError) -> File {
        do throws(HostError) {
            let file = try File(opening: path, readOnly ? .readOnly : .readWrite)
            switch try file.kind() {
            case .regular: return file
            case .blockDevice where allowsDevices: return file
            case .directory: throw HostError("open \(path)", code: HostError.Code.isDirectory)
            case .blockDevice, .other: throw HostError("open \(path)", code: HostError.Code.noSuchDevice)
            }
        } catch {
            throw refusal(of: path, readOnly, allowsDevices, error)
        }
    }

    /// What an error of open(2) means for somebody who wants a disk.
    private static func refusal(
        of path: String, _ readOnly: Bool, _ allowsDevices: Bool, _ error: HostError
    ) -> DiskError {
        typealias Code = HostError.Code
        switch error.code {
        case Code.noSuchFile: return .missing(path: path)
        case Code.isDirectory: return .notAFile(path: path, what: "a directory")
        case Code.noSuchDevice, Code.noSuchDeviceKind:
            return .notAFile(path: path, what: allowsDevices ? "neither a file nor a block device" : "no regular file")
        case Code.accessDenied, Code.notPermitted, Code.readOnlyFileSystem, Code.textBusy:
            return readOnly ? .host(path: path, error) : .notWritable(path: path)
        default: return .host(path: path, error)
        }
    }
}

// Opening and locking the file of an image.
import HostOS

extension QCOW2Disk {
    /// Opens a file, for one user when it may be written.
    static func openLocked(_ path: String, readOnly: Bool) throws(QCOW2Error) -> File {
        let file = try open(path, readOnly: readOnly)
        let isLocked: Bool
        do {
            isLocked = try file.tryLock(readOnly ? .shared : .exclusive)
        } catch {
            throw .disk(.host(path: path, error))
        }
        guard !isLocked else { return file }
        let holder = file.lockHolder()
        guard holder != File.thisProcess else { throw .disk(.inUseHere(path: path)) }
        throw .disk(.inUse(path: path, process: holder))
    }

    private static func open(_ path: String, readOnly: Bool) throws(QCOW2Error) -> File {
        do throws(HostError) {
            let file = try File(opening: path, readOnly ? .readOnly : .readWrite)
            switch try file.kind() {
            case .regular: return file
            case .directory: throw HostError("open \(path)", code: HostError.Code.isDirectory)
            // A device has no end that could move, so where it was never written is not known.
            case .blockDevice, .other: throw HostError("open \(path)", code: HostError.Code.noSuchDevice)
            }
        } catch {
            throw .disk(refusal(of: path, readOnly: readOnly, error))
        }
    }

    /// What an error of open(2) means for somebody who wants a disk.
    private static func refusal(of path: String, readOnly: Bool, _ error: HostError) -> DiskError {
        typealias Code = HostError.Code
        switch error.code {
        case Code.noSuchFile: return .missing(path: path)
        case Code.isDirectory: return .notAFile(path: path, what: "a directory")
        case Code.noSuchDevice, Code.noSuchDeviceKind: return .notAFile(path: path, what: "no regular file")
        case Code.accessDenied, Code.notPermitted, Code.readOnlyFileSystem, Code.textBusy:
            return readOnly ? .host(path: path, error) : .notWritable(path: path)
        default: return .host(path: path, error)
        }
    }
}

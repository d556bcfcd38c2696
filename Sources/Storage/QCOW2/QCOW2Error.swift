// Why a qcow2 image can not be opened or made, and what to do about it.
import HostOS

/// A qcow2 image that could not be opened or made. The description is for people: cause, then next step.
public enum QCOW2Error: Error, Equatable, Sendable, CustomStringConvertible {
    /// The file itself can not be used, whatever is in it.
    case disk(DiskError)
    /// The file does not start like a qcow2 image.
    case notQCOW2(path: String)
    /// A version of the format other than 2 and 3.
    case unsupportedVersion(path: String, version: UInt32)
    /// The image needs something that is not built, or not known at all.
    case unsupportedFeature(path: String, feature: String)
    /// The image can be read only; why.
    case mustNotBeWritten(path: String, why: String)
    /// The metadata contradicts itself; where.
    case damaged(path: String, what: String)
    /// The backing file that the image names is not one of those allowed.
    case backingRefused(image: String, name: String)
    /// The backing file has no stated format, or one that is neither raw nor qcow2.
    case backingFormat(image: String, name: String, format: String?)
    /// The chain of backing files leads back to an image that is in it already.
    case backingLoop(image: String, name: String)
    /// The chain of backing files has more than `QCOW2Disk.maximumBackingLevels` files.
    case backingTooDeep(image: String)
    /// The backing file of `image` could not be opened.
    indirect case backing(of: String, QCOW2Error)
    /// A new image can not have this size in bytes.
    case badSize(path: String, byteCount: UInt64)
    /// A new image can not name this backing file.
    case badBackingName(path: String, name: String)
    /// There is something at the path of a new image.
    case exists(path: String)
    /// The image has no internal snapshot of this number or name.
    case noSuchSnapshot(path: String, name: String)

    public var description: String {
        switch self {
        case .disk(let error): error.description
        case .notQCOW2(let path):
            "disk \(path) is no qcow2 image; if it is a raw image, give its format as raw"
        case .unsupportedVersion(let path, let version):
            "disk \(path) has version \(version) of the qcow2 format, not 2 or 3; convert it: "
                + "qemu-img convert -O qcow2 '\(path)' new.qcow2"
        case .unsupportedFeature(let path, let feature):
            "disk \(path) uses \(feature), which is not supported; convert it: "
                + "qemu-img convert -O qcow2 '\(path)' new.qcow2"
        case .mustNotBeWritten(let path, let why):
            "disk \(path) can not be written: \(why), or use readOnly"
        case .damaged(let path, let what):
            "disk \(path) is damaged: \(what); look at it with: qemu-img check '\(path)', or restore a copy"
        case .badSize(let path, let byteCount):
            "disk \(path) can not have \(byteCount) bytes; take a multiple of 512 from 512 up to 2 PiB"
        case .noSuchSnapshot(let path, let name):
            "disk \(path) has no internal snapshot '\(name)'; list them: qemu-img snapshot -l '\(path)'"
        case .exists(let path):
            "disk \(path) exists already; remove it first, or take another name"
        case .backingRefused, .backingFormat, .backingLoop, .backingTooDeep, .backing, .badBackingName:
            backingDescription
        }
    }

    /// What is wrong with a backing file.
    private var backingDescription: String {
        switch self {
        case .backingRefused(let image, let name):
            "disk \(image) has the backing file \(name), which is not allowed here; allow that file, or "
                + "make an image of its own: qemu-img convert -O qcow2 '\(image)' new.qcow2"
        case .backingFormat(let image, let name, let format):
            "disk \(image) has the backing file \(name) "
                + (format.map { "of format \($0)" } ?? "without a format")
                + "; state raw or qcow2: qemu-img rebase -u -F raw -b '\(name)' '\(image)'"
        case .backingLoop(let image, let name):
            "disk \(image) has the backing file \(name), which is above it in the same chain; correct it: "
                + "qemu-img rebase -u -F qcow2 -b FILE '\(image)'"
        case .backingTooDeep(let image):
            "disk \(image) has a chain of more than \(QCOW2Disk.maximumBackingLevels) backing files; "
                + "shorten it: qemu-img commit '\(image)'"
        case .backing(let image, let error): "the backing file of \(image) can not be used: \(error)"
        case .badBackingName(let path, let name):
            "disk \(path) can not have a backing file named '\(name.prefix(64))'; take a path of 1 to "
                + "\(QCOW2Header.maximumBackingNameLength) bytes"
        default: ""
        }
    }
}

extension QCOW2Error {
    /// An image that was left in a state that only a thorough repair could make good.
    static func needsRepair(_ path: String) -> QCOW2Error {
        let why = "it was not closed, or found corrupt; repair it: qemu-img check -r all '\(path)'"
        return .mustNotBeWritten(path: path, why: why)
    }
}

extension HostError {
    /// Metadata of `path` that makes no sense, found while the disk is in use.
    static func damagedImage(_ path: String, _ what: String) -> HostError {
        let step = "look at it with: qemu-img check '\(path)', or restore a copy"
        return HostError("use disk \(path): it is damaged: \(what); \(step)", code: Code.inputOutput)
    }
}

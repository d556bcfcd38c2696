// Which files an image may have behind it: the caller decides, never the image.
import HostOS

/// What an image says of its backing file.
public struct QCOW2BackingReference: Equatable, Sendable {
    /// The path of the image that names the file.
    public let image: String
    /// The file as the image names it. Nobody vouches for it.
    public let name: String
    /// The format as the image states it.
    public let format: QCOW2BackingFormat

    /// The path that the name means: relative ones start in the image's folder.
    public var path: String {
        name.hasPrefix("/") ? name : "\(Folder.parent(of: image))/\(name)"
    }
}

/// The formats of backing files.
public enum QCOW2BackingFormat: String, Sendable {
    /// The bytes of the file are those of the disk.
    case raw
    /// The file is a qcow2 image, perhaps with a backing file of its own.
    case qcow2
}

/// Decides which backing files are opened. An image may come from anywhere, and the files that it names
/// may be anything that this process can read.
public struct QCOW2BackingPolicy: Sendable {
    private let decide: @Sendable (QCOW2BackingReference) -> String?

    /// - Parameter decide: the path to open for a reference; nil refuses it. It is asked again for the
    ///   backing file's own reference.
    public init(_ decide: @escaping @Sendable (QCOW2BackingReference) -> String?) { self.decide = decide }

    /// No backing files.
    public static let none = QCOW2BackingPolicy { _ in nil }

    /// Only these files. Paths are compared as text, without what `.` and `//` add to them.
    public static func only(_ paths: [String]) -> QCOW2BackingPolicy {
        QCOW2BackingPolicy { reference in
            let wanted = plain(reference.path)
            return paths.first { plain($0) == wanted }
        }
    }

    func path(for reference: QCOW2BackingReference) -> String? { decide(reference) }

    static func plain(_ path: String) -> String {
        Folder.absolute(path).split(separator: "/").filter { $0 != "." }.joined(separator: "/")
    }
}

/// The images from the top of a chain down to where it is being opened.
struct QCOW2BackingChain {
    let policy: QCOW2BackingPolicy
    private var paths: Set<String> = []

    init(_ policy: QCOW2BackingPolicy) { self.policy = policy }

    /// Opens, for reading, the file that `image` names.
    func open(_ name: String, format: String?, of image: String) throws(QCOW2Error) -> any SynchronousDisk {
        guard let known = format.flatMap(QCOW2BackingFormat.init) else {
            throw .backingFormat(image: image, name: name, format: format)
        }
        let reference = QCOW2BackingReference(image: image, name: name, format: known)
        guard let path = policy.path(for: reference) else { throw .backingRefused(image: image, name: name) }
        var below = self
        below.paths.insert(QCOW2BackingPolicy.plain(image))
        guard below.paths.count <= QCOW2Disk.maximumBackingLevels else { throw .backingTooDeep(image: image) }
        guard !below.paths.contains(QCOW2BackingPolicy.plain(path)) else {
            throw .backingLoop(image: image, name: name)
        }
        do throws(QCOW2Error) {
            return try below.open(path, known)
        } catch {
            // Only the image that is next to the problem is of interest.
            switch error {
            case .backing, .backingLoop, .backingTooDeep, .backingRefused, .backingFormat: throw error
            default: throw .backing(of: image, error)
            }
        }
    }

    private func open(
        _ path: String, _ format: QCOW2BackingFormat
    ) throws(QCOW2Error) -> any SynchronousDisk {
        switch format {
        case .qcow2: return try QCOW2Disk(path: path, readOnly: true, chain: self)
        case .raw:
            do { return try RawDisk(path: path, readOnly: true) } catch { throw .disk(error) }
        }
    }
}

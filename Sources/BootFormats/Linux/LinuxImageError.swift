// Why a Linux Image can not be used, each case with its cause and the next step.

/// What is wrong with a kernel file.
public enum LinuxImageError: Error, Equatable, Sendable {
    /// The bytes are something else.
    case notImage(KernelKind)
    /// The headers promise at least `needed` bytes, the file has `size`.
    case truncated(needed: UInt64, size: Int)
    /// The kernel is for another machine.
    case wrongArchitecture(found: LinuxImage.Architecture, wanted: LinuxImage.Architecture)
    /// The kernel wants a sort of boot or machine that is not offered.
    case unsupported(String)
    /// The headers contradict themselves or the documentation.
    case malformed(String)
}

extension LinuxImageError: CustomStringConvertible {
    /// One line: the cause, then the next step.
    public var description: String {
        switch self {
        case .notImage(let kind):
            "the kernel file is \(kind), not a Linux Image; \(kind.advice)"
        case .truncated(let needed, let size):
            "the kernel is truncated: it has \(size) bytes, its headers promise \(needed); copy it again"
        case .wrongArchitecture(let found, let wanted):
            "the kernel is for \(found), this machine is \(wanted); give a kernel for \(wanted)"
        case .unsupported(let what):
            "the kernel is \(what), which this machine can not start; give a newer or little-endian kernel"
        case .malformed(let why):
            "the kernel's header is damaged: \(why); copy it again"
        }
    }
}

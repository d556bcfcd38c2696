// Why an ELF file can not be used, each case with its cause and the next step.

/// What is wrong with an ELF file.
public enum ELFError: Error, Equatable, Sendable {
    /// The bytes are something else.
    case notELF(KernelKind)
    /// An ELF file of a sort that is not read here, such as a big-endian one.
    case unsupported(String)
    /// `what` ends at byte `end`, the file has `size` bytes.
    case truncated(what: String, end: UInt64, size: Int)
    /// The headers contradict themselves or the specification.
    case malformed(String)
    /// There are `count` of `what`, which no real file has.
    case tooMany(what: String, count: Int, limit: Int)
    /// The file is for another machine.
    case wrongMachine(found: String, wanted: String)
    /// The file is right, but nothing that can be started.
    case notLoadable(String)
}

extension ELFError: CustomStringConvertible {
    /// One line: the cause, then the next step.
    public var description: String {
        switch self {
        case .notELF(let kind):
            "the file is \(kind), not an ELF file; \(kind.advice)"
        case .unsupported(let what):
            "the file is \(what); give a little-endian ELF file"
        case .truncated(let what, let end, let size):
            "the file is truncated: \(what) ends at byte \(end) of \(size); copy it again"
        case .malformed(let why):
            "the ELF file is damaged: \(why); copy it again or link it again"
        case .tooMany(let what, let count, let limit):
            "the ELF file is damaged: it has \(count) \(what), at most \(limit) make sense; copy it again"
        case .wrongMachine(let found, let wanted):
            "the file is for \(found), this machine is \(wanted); give a file built for \(wanted)"
        case .notLoadable(let why):
            "the ELF file can not be started: \(why); give a linked, static executable"
        }
    }
}

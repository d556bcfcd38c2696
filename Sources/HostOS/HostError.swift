// An error of the host's operating system, with what was tried.
import Glibc

/// A system call that failed.
public struct HostError: Error, Equatable, Sendable, CustomStringConvertible {
    /// What was tried, for instance `open /tmp/disk.raw`.
    public let operation: String
    /// The `errno` value.
    public let code: Int32

    /// Says that `operation` failed with `code`.
    public init(_ operation: String, code: Int32) {
        self.operation = operation
        self.code = code
    }

    /// Takes the calling thread's `errno`.
    public static func last(_ operation: String) -> HostError { HostError(operation, code: errno) }

    public var description: String { "\(operation): \(String(cString: strerror(code)))" }
}

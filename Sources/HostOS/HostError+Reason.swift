// The bare reason of an error, for messages that name the operation themselves.
import Glibc

extension HostError {
    /// What `code` means, for instance `No such file or directory`.
    public var reason: String { String(cString: strerror(code)) }
}

extension HostError.Code {
    /// Something is at the path already.
    public static let exists = EEXIST
    /// A folder has something in it.
    public static let notEmpty = ENOTEMPTY
    /// More bytes than expected.
    public static let fileTooLarge = EFBIG
    /// Something is at the path of a socket already.
    public static let addressInUse = EADDRINUSE
    /// Nobody listens at the socket.
    public static let connectionRefused = ECONNREFUSED
}

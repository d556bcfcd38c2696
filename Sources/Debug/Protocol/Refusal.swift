// Why a packet is answered with an error.

/// An error answer, `E` and two hexadecimal digits. The protocol gives the numbers no meaning; these
/// are errno's, as in other stubs.
enum Refusal: UInt8, Error {
    /// No such thread (ESRCH).
    case noThread = 3
    /// The memory or register can not be accessed (EFAULT).
    case inaccessible = 14
    /// The packet can not be understood or asks for what does not exist (EINVAL).
    case malformed = 22
    /// All breakpoints that a session can have are taken (ENOSPC).
    case tooMany = 28

    var reply: [UInt8] { Array("E\(Hexadecimal.text(UInt64(rawValue), width: 2))".utf8) }
}

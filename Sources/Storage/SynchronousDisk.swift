// A disk that does one request at a time, on whatever thread asks.
import HostOS
import MachineCore

/// The contents of a disk, without a policy for when requests run. `AsynchronousDisk` and
/// `DeterministicDisk` make a block back end of it.
public protocol SynchronousDisk: AnyObject, Sendable {
    /// What the log calls the disk.
    var name: String { get }
    /// The size in bytes, a multiple of 512.
    var byteCount: UInt64 { get }
    /// Writes are refused.
    var isReadOnly: Bool { get }
    /// Does `operation` and returns when it is done.
    /// - Throws: `HostError` with the cause; EOPNOTSUPP when this disk can not do such an operation.
    func perform(_ operation: BlockRequest.Operation) throws(HostError)
}

/// What became of a request, and what the log should say about it.
struct BlockOutcome: Sendable {
    let status: BlockStatus
    /// The cause of an error.
    let cause: HostError?
}

extension SynchronousDisk {
    /// Does `operation`, and sorts what can go wrong.
    func outcome(of operation: BlockRequest.Operation) -> BlockOutcome {
        do {
            try perform(operation)
            return BlockOutcome(status: .success, cause: nil)
        } catch {
            if error.isUnsupported { return BlockOutcome(status: .unsupported, cause: nil) }
            return BlockOutcome(status: .ioError, cause: error)
        }
    }
}

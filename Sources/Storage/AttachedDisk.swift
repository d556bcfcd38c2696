// A block back end that the machine can wait for and end.
import HostOS
import MachineCore

/// What the machine needs of a disk's back end beyond requests of the guest.
public protocol AttachedDisk: BlockBackend {
    /// The requests whose completion was not called yet.
    var requestsInFlight: Int { get }
    /// Completes what is in flight and makes everything durable; the back end is not used afterwards.
    /// - Throws: `HostError` when data may not be on the medium.
    func close() throws(HostError)
    /// Ends without a trace: what waits for virtual time never happens. Nothing may be on its way in the host.
    func abandon()
}

// What a network device and the thing that it is plugged into know of each other.

/// What a network device is plugged into: a switch, the host's network, another machine.
///
/// All functions are for the machine's runner thread, and none waits. A back end that works on a thread
/// of its own brings frames through the machine's mailbox; one for machines whose time is counted in
/// instructions brings them by a `VirtualTimer`, so that they come at the same instruction in every run.
/// Frames on the way in a back end are on the wire: a snapshot of the machine may lose them, unless the
/// back end has a state of its own that is saved with the machine's.
public protocol NetworkBackend: AnyObject {
    /// The cable is in, and the other end is there.
    var isLinkUp: Bool { get }
    /// There is room for a frame. When it is false, `NetworkDevice.sendingPossible` is called later.
    var isReadyToSend: Bool { get }
    /// Connects the device, which has to be the only one. It is not kept alive.
    func attach(_ device: any NetworkDevice)
    /// Sends a valid frame, with any offload: if the other end can not take it so, the back end finishes
    /// it. A frame that comes while the link is down or there is no room is lost. Never calls the device
    /// from inside.
    func send(_ frame: NetworkFrame)
    /// The device has room again, after it had taken less than it was offered. May call the device.
    func receivingPossible()
}

/// A network device, as its back end sees it. All functions are for the machine's runner thread.
public protocol NetworkDevice: AnyObject {
    /// Unfinished frames that the device takes now; others it drops. The guest may change this at any time.
    var receiveOffloads: NetworkOffloads { get }
    /// Offers valid frames, in order. A device whose guest does not listen takes and drops them.
    /// - Returns: how many were taken, from the front. The others may be offered again when the device
    ///   calls `receivingPossible`.
    func receive(_ frames: ArraySlice<NetworkFrame>) -> Int
    /// `isLinkUp` of the back end has changed.
    func linkChanged()
    /// `isReadyToSend` of the back end has become true.
    func sendingPossible()
}

// What a guest may ask of its machine as a whole.

/// A request of the guest that ends or restarts its run.
public enum MachineEvent: Equatable, Sendable, Codable {
    /// The guest switched itself off; 0 means success, other values are the guest's own.
    case powerOff(status: UInt16)
    /// The guest asks for a reset.
    case reset
}

/// Takes requests of the guest. The machine acts on them at the next instruction boundary.
public protocol MachineControl: AnyObject {
    /// The guest asks for `event`.
    func request(_ event: MachineEvent)
}

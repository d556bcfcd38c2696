// What a driver can notice of the entropy device itself: nothing, and what it is told about it.
import MachineCore

extension VirtioEntropy {
    /// The device has no state beside that of its transport. A source that repeats itself
    /// (deterministic machines) is saved by whoever owns it.
    public struct State: Codable, Equatable, Sendable {}

    public static let stateVersion: UInt8 = 1
    public static var powerOn: State { State() }

    public static let deviceID: UInt16 = 4
    /// A device that fits no class.
    public static let classCode: UInt32 = 0xff_00_00
    public static let queueSizes: [UInt16] = [64]
    public static let configurationByteCount = 0

    static let requestQueue = 0

    public static func features(_ resources: Resources) -> UInt64 { 0 }
}

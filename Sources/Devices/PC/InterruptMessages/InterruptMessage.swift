// What travels to local APICs: from I/O APICs, from devices with message-signalled interrupts, and between CPUs.
import MachineCore

/// An interrupt message (Intel SDM volume 3, 10.6.1 and 10.11).
public struct InterruptMessage: Equatable, Sendable {
    /// What the receiver does with it.
    public enum Mode: UInt8, Sendable {
        case fixed = 0
        /// Goes to the one among its receivers that does the least important work.
        case lowestPriority = 1
        case systemManagement = 2
        case nonmaskable = 4
        case initialize = 5
        case startUp = 6
        /// The vector comes from the 8259s.
        case external = 7
    }

    /// The number of an APIC or, for logical messages, a set of them.
    public var destination: UInt32
    public var isLogical: Bool
    public var mode: Mode
    public var vector: UInt8
    /// The end of the interrupt is told to the I/O APICs.
    public var isLevelTriggered: Bool

    /// A message.
    public init(
        destination: UInt32, isLogical: Bool, mode: Mode, vector: UInt8, isLevelTriggered: Bool
    ) {
        self.destination = destination
        self.isLogical = isLogical
        self.mode = mode
        self.vector = vector
        self.isLevelTriggered = isLevelTriggered
    }

    /// The message that a device sends by a write of `data` to `address` (Intel SDM volume 3, 10.11); nil when it means
    /// nothing to a local APIC.
    public init?(address: UInt64, data: UInt32) {
        guard address >> 20 == 0xfee, let mode = Mode(rawValue: UInt8(data >> 8 & 7)) else { return nil }
        self.init(
            destination: UInt32(address >> 12 & 0xff), isLogical: address & 4 != 0, mode: mode,
            vector: UInt8(data & 0xff), isLevelTriggered: data & 0x8000 != 0)
    }
}

// What a driver can notice of the console itself, and what it is told about it.
import MachineCore

extension VirtioConsole {
    /// The guest-visible state of a console.
    public struct State: Codable, Equatable, Sendable {
        /// Characters in a line of the terminal; 0 when unknown.
        public internal(set) var columns: UInt16 = 0
        /// Lines of the terminal; 0 when unknown.
        public internal(set) var rows: UInt16 = 0
    }

    public static let stateVersion: UInt8 = 1
    public static var powerOn: State { State() }

    public static let deviceID: UInt16 = 3
    /// Communication controller, other.
    public static let classCode: UInt32 = 0x07_80_00
    /// Receive and transmit queue of port 0 (virtio 1.2, 5.3.2).
    public static let queueSizes: [UInt16] = [64, 64]
    /// `cols`, `rows`, `max_nr_ports` and `emerg_wr` (virtio 1.2, 5.3.4); the last two are of features
    /// that are not offered.
    public static let configurationByteCount = 12

    static let receiveQueue = 0
    static let transmitQueue = 1
    /// VIRTIO_CONSOLE_F_SIZE: the configuration holds the terminal's size.
    static let sizeFeature: UInt64 = 1 << 0

    public static func features(_ resources: Resources) -> UInt64 { sizeFeature }

    public var configuration: [UInt8] {
        var bytes = [UInt8](repeating: 0, count: Self.configurationByteCount)
        bytes.storeLittleEndian(UInt64(state.columns), at: 0, byteCount: 2)
        bytes.storeLittleEndian(UInt64(state.rows), at: 2, byteCount: 2)
        return bytes
    }
}

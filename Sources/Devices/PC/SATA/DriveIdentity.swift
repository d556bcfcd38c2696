// The texts by which a guest knows a drive.

/// Model, serial number and firmware revision of a drive, as ATA and SCSI commands report them.
public struct DriveIdentity: Equatable, Sendable {
    /// The length limits in bytes (ATA/ATAPI Command Set, ACS-3, 7.12.7).
    public static let maximumModelLength = 40
    /// See `maximumModelLength`.
    public static let maximumSerialLength = 20
    /// See `maximumModelLength`.
    public static let maximumFirmwareLength = 8

    /// The model's name.
    public let model: String
    /// The serial number.
    public let serial: String
    /// The revision of the drive's firmware.
    public let firmware: String

    /// Takes texts of printable ASCII within the length limits; nil for any others.
    public init?(model: String, serial: String, firmware: String = "1.0") {
        let limits = [
            (model, Self.maximumModelLength), (serial, Self.maximumSerialLength),
            (firmware, Self.maximumFirmwareLength),
        ]
        for (text, limit) in limits {
            guard text.utf8.count <= limit, text.utf8.allSatisfy({ (0x20...0x7e).contains($0) }) else {
                return nil
            }
        }
        self.model = model
        self.serial = serial
        self.firmware = firmware
    }

    /// `text` in `byteCount` bytes, padded with spaces.
    static func padded(_ text: String, _ byteCount: Int) -> [UInt8] {
        let bytes = Array(text.utf8.prefix(byteCount))
        return bytes + [UInt8](repeating: 0x20, count: byteCount - bytes.count)
    }

    /// Writes the texts into IDENTIFY data: serial number from word 10, firmware from 23, model from 27; ATA
    /// has the first character of each pair in the high byte.
    func store(in words: inout [UInt16]) {
        let fields = [
            (10, serial, Self.maximumSerialLength), (23, firmware, Self.maximumFirmwareLength),
            (27, model, Self.maximumModelLength),
        ]
        for (word, text, byteCount) in fields {
            let bytes = Self.padded(text, byteCount)
            for index in 0..<(byteCount / 2) {
                words[word + index] = UInt16(bytes[2 * index]) << 8 | UInt16(bytes[2 * index + 1])
            }
        }
    }
}

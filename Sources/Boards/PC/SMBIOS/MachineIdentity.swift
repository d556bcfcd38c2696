// The names and numbers by which a guest, or its owner, knows the machine.

/// What a PC says about itself in its SMBIOS tables.
public struct MachineIdentity: Equatable, Sendable {
    public var manufacturer = "Starling"
    public var product = "PC"
    public var version = ""
    public var serial = ""
    public var sku = ""
    public var family = ""
    /// The UUID's 16 bytes in the order in which it is written (RFC 4122); all zeros for none.
    public var uuid = [UInt8](repeating: 0, count: 16)

    /// The most bytes of one of the texts.
    public static let maximumTextByteCount = 64

    /// An identity without numbers.
    public init() {}

    /// What is wrong with the texts or the UUID, or nil. Texts are printable ASCII of up to 64 bytes, because tables
    /// are read by firmware.
    public var problem: String? {
        let texts = [
            ("manufacturer", manufacturer), ("product", product), ("version", version), ("serial", serial),
            ("sku", sku), ("family", family),
        ]
        for (name, text) in texts
        where text.utf8.count > Self.maximumTextByteCount || !text.utf8.allSatisfy({ (0x20...0x7e).contains($0) }) {
            return "the machine's \(name) must be printable ASCII of at most \(Self.maximumTextByteCount) letters"
        }
        return uuid.count == 16 ? nil : "the machine's UUID must have 16 bytes"
    }
}

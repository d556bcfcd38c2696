// Which frames a driver wants to get (virtio 1.2, 5.1.6.5.1 to 5.1.6.5.3).
import MachineCore

/// The driver's choice of frames. A new card takes every frame; drivers narrow that.
public struct ReceiveFilter: Codable, Equatable, Sendable {
    /// The six switches of the receive mode, as commands 0 to 5 of the control queue set them.
    public struct Mode: OptionSet, Codable, Sendable, Hashable {
        public let rawValue: UInt8
        public init(rawValue: UInt8) { self.rawValue = rawValue }

        /// Every frame.
        public static let promiscuous = Mode(rawValue: 1 << 0)
        /// Every multicast frame.
        public static let allMulticast = Mode(rawValue: 1 << 1)
        /// Every unicast frame.
        public static let allUnicast = Mode(rawValue: 1 << 2)
        /// No multicast frame.
        public static let noMulticast = Mode(rawValue: 1 << 3)
        /// No unicast frame.
        public static let noUnicast = Mode(rawValue: 1 << 4)
        /// No broadcast frame.
        public static let noBroadcast = Mode(rawValue: 1 << 5)
    }

    /// The switches that are on.
    public internal(set) var mode: Mode = .promiscuous
    /// Further addresses of the driver; nil when it gave more than the card can hold: then all pass.
    public internal(set) var unicast: [MACAddress]? = []
    /// Groups that the driver listens to; nil as above.
    public internal(set) var multicast: [MACAddress]? = []
    /// A bit for each VLAN whose frames pass: empty (none) or 64 words.
    public internal(set) var vlans: [UInt64] = []

    /// The longest table of addresses.
    static let maximumAddresses = 64
    private static let vlanWords = 64

    var isPossible: Bool {
        (unicast?.count ?? 0) <= Self.maximumAddresses && (multicast?.count ?? 0) <= Self.maximumAddresses
            && (vlans.isEmpty || vlans.count == Self.vlanWords)
    }

    /// Lets frames of a VLAN (0 to 4095) pass, or no more.
    mutating func setVLAN(_ vlan: Int, to passes: Bool) {
        if vlans.isEmpty { vlans = [UInt64](repeating: 0, count: Self.vlanWords) }
        let bit: UInt64 = 1 << UInt64(vlan % 64)
        vlans[vlan / 64] = passes ? vlans[vlan / 64] | bit : vlans[vlan / 64] & ~bit
    }

    private func passes(vlan: Int) -> Bool { !vlans.isEmpty && vlans[vlan / 64] >> UInt64(vlan % 64) & 1 != 0 }

    /// Does the driver want this frame, of 14 bytes at least?
    /// - Parameters:
    ///   - own: the card's address.
    ///   - filtersVLANs: frames of VLANs that were not asked for do not pass. Frames without a tag always do.
    func wants(_ bytes: [UInt8], own: MACAddress, filtersVLANs: Bool) -> Bool {
        if mode.contains(.promiscuous) && !filtersVLANs { return true }
        if filtersVLANs, bytes[12] == 0x81, bytes[13] == 0, bytes.count >= 16 {
            guard passes(vlan: Int(bytes[14] & 0xf) << 8 | Int(bytes[15])) else { return false }
        }
        if mode.contains(.promiscuous) { return true }
        guard let target = MACAddress(bytes) else { return false }
        return wants(target, own: own)
    }

    private func wants(_ target: MACAddress, own: MACAddress) -> Bool {
        if target == .broadcast { return !mode.contains(.noBroadcast) }
        if target.isGroup {
            if mode.contains(.noMulticast) { return false }
            return mode.contains(.allMulticast) || multicast?.contains(target) ?? true
        }
        if mode.contains(.noUnicast) { return false }
        return target == own || mode.contains(.allUnicast) || unicast?.contains(target) ?? true
    }
}

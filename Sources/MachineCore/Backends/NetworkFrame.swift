// An Ethernet frame on its way between a network device and what it is plugged into.

/// What a sender left to whoever comes later: finishing a checksum, cutting a large segment into frames.
/// The terms are those of virtio 1.2, 5.1.6, which the host's TAP devices use as well.
public struct FrameOffload: Equatable, Hashable, Sendable, Codable {
    /// What is known about the checksum of TCP or UDP.
    public enum Checksum: Equatable, Hashable, Sendable, Codable {
        /// Nothing: the frame is as it would be on a wire.
        case unknown
        /// Somebody who is trusted has computed or checked it.
        case verified
        /// The field, `offset` bytes behind `start`, holds the sum of the pseudo header only; the rest of
        /// the sum goes from `start`, counted in bytes from the frame's beginning, to the frame's end.
        case partial(start: UInt16, offset: UInt16)
    }

    /// The kind of a frame that is too long for the wire.
    public enum Segmentation: UInt8, Sendable, Codable {
        /// The frame is sent as it is.
        case none
        /// One TCP segment over IPv4, to be cut.
        case tcp4
        /// One TCP segment over IPv6, to be cut.
        case tcp6
    }

    /// The state of the checksum.
    public var checksum: Checksum
    /// How the frame has to be cut before it goes onto a wire.
    public var segmentation: Segmentation
    /// The greatest number of payload bytes in each piece; 0 exactly when `segmentation` is `none`.
    public var segmentByteCount: UInt16

    /// Describes what is left to do.
    public init(
        checksum: Checksum = .unknown, segmentation: Segmentation = .none, segmentByteCount: UInt16 = 0
    ) {
        self.checksum = checksum
        self.segmentation = segmentation
        self.segmentByteCount = segmentByteCount
    }

    /// Nothing is left to do.
    public static let none = FrameOffload()

    /// What a receiver has to be able to do to take such a frame.
    public var needs: NetworkOffloads {
        var needs: NetworkOffloads = []
        if case .partial = checksum { needs.insert(.checksum) }
        if segmentation == .tcp4 { needs.insert(.tcp4) }
        if segmentation == .tcp6 { needs.insert(.tcp6) }
        return needs
    }
}

/// Kinds of unfinished frames that a receiver takes.
public struct NetworkOffloads: OptionSet, Sendable, Codable, Hashable {
    public let rawValue: UInt8

    public init(rawValue: UInt8) { self.rawValue = rawValue }

    /// Frames with a partial checksum.
    public static let checksum = NetworkOffloads(rawValue: 1)
    /// Large TCP segments over IPv4.
    public static let tcp4 = NetworkOffloads(rawValue: 2)
    /// Large TCP segments over IPv6.
    public static let tcp6 = NetworkOffloads(rawValue: 4)
    /// All of them.
    public static let all: NetworkOffloads = [.checksum, .tcp4, .tcp6]
}

/// One Ethernet frame, from the destination address to the end of the payload, without the frame check
/// sequence. Copies share the bytes.
public struct NetworkFrame: Equatable, Hashable, Sendable, Codable {
    /// The frame.
    public var bytes: [UInt8]
    /// What is left to do with it.
    public var offload: FrameOffload

    /// A frame; `isValid` says whether it is one.
    public init(_ bytes: [UInt8], _ offload: FrameOffload = .none) {
        self.bytes = bytes
        self.offload = offload
    }

    /// Destination, source and type.
    public static let minimumByteCount = 14
    /// A header, and the greatest IP packet rounded up: what virtio 1.2, 5.1.6.3.1 has drivers provide for.
    public static let maximumByteCount = 65550

    /// The length is one that a frame can have, and what is left to do names bytes inside it. Whoever takes
    /// frames from outside checks this; whoever takes a `NetworkFrame` from a contract may count on it.
    public var isValid: Bool {
        guard (Self.minimumByteCount...Self.maximumByteCount).contains(bytes.count) else { return false }
        if case .partial(let start, let offset) = offload.checksum {
            guard Int(start) >= Self.minimumByteCount, Int(start) + Int(offset) + 2 <= bytes.count else {
                return false
            }
        }
        if offload.segmentation == .none { return offload.segmentByteCount == 0 }
        // Each piece gets a checksum of its own, so it is known where that is.
        guard case .partial = offload.checksum else { return false }
        return offload.segmentByteCount > 0
    }
}

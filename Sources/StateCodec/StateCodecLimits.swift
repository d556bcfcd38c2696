// The bounds inside which state is encoded and decoded.

/// How large encoded state may be. The encoder keeps the same limits as the decoder, so that nothing
/// is written that can not be read back.
public struct StateCodecLimits: Equatable, Sendable {
    /// The largest encoding, in bytes.
    public var maximumBytes: Int
    /// The largest number of values (scalars and containers) in one encoding. A value of one byte
    /// takes about 24 bytes in memory, so this bounds what a small hostile file can make us allocate.
    public var maximumValues: Int
    /// The deepest nesting of containers, 1 to 256: both directions recurse on the thread's stack.
    public let maximumDepth: Int

    /// - Parameters:
    ///   - maximumBytes: in bytes; RAM and disks are not part of a state tree, so 64 MiB is ample.
    ///   - maximumDepth: in levels; brought into 1...256.
    public init(maximumBytes: Int = 64 << 20, maximumValues: Int = 4 << 20, maximumDepth: Int = 64) {
        self.maximumBytes = maximumBytes
        self.maximumValues = maximumValues
        self.maximumDepth = min(max(maximumDepth, 1), 256)
    }
}

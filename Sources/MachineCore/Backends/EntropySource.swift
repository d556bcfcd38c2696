// Random bytes for devices: from the host, or from a seed in deterministic mode.

/// Gives random bytes. A deterministic machine gets a seeded source, so that runs repeat.
public protocol EntropySource: AnyObject {
    /// `count` random bytes (0 to 65536).
    func bytes(_ count: Int) -> [UInt8]
}

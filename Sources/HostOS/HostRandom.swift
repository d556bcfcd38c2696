// Random bytes from the host's kernel.
import CStarling

/// The host's source of random bytes.
public enum HostRandom {
    /// `count` bytes from the kernel's generator.
    public static func bytes(_ count: Int) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: max(count, 0))
        var filled = 0
        bytes.withUnsafeMutableBytes { buffer in
            while filled < buffer.count, let base = buffer.baseAddress {
                // Interrupted calls are repeated; once the kernel's generator is seeded nothing else fails.
                let got = starling_getrandom(base + filled, buffer.count - filled)
                if got > 0 { filled += got }
            }
        }
        return bytes
    }
}

extension HostRandom {
    /// A random number.
    public static var number: UInt64 { bytes(8).reduce(0) { $0 << 8 | UInt64($1) } }
}

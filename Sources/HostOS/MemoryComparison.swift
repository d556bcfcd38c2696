// Comparing large areas of memory.
import Glibc

/// Bytewise comparison by the host's library, which is as fast as memory.
public enum MemoryComparison {
    /// Whether `count` bytes at both places are equal.
    public static func areEqual(_ a: UnsafeRawPointer, _ b: UnsafeRawPointer, count: Int) -> Bool {
        memcmp(a, b, count) == 0
    }
}

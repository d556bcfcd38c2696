// Hashes state as it streams by.

import CXXHash

/// Computes a `StateHash` of bytes that come in pieces of any size; how they are cut does not matter.
///
/// One thread at a time may use a hasher.
public final class StateHasher {
    private let state: OpaquePointer

    /// A hasher that has seen no bytes.
    public init() {
        guard let state = XXH3_createState() else {
            // The C library's malloc failed; Swift's own allocations end the process just so.
            fatalError("no memory for the state of a hash (about 600 bytes)")
        }
        XXH3_128bits_reset(state)
        self.state = state
    }

    deinit {
        XXH3_freeState(state)
    }

    /// Adds bytes at the end.
    public func update(_ bytes: UnsafeRawBufferPointer) {
        // The library accepts no null pointer, not even for no bytes.
        guard let start = bytes.baseAddress, !bytes.isEmpty else { return }
        XXH3_128bits_update(state, start, bytes.count)
    }

    /// The hash of all bytes so far; more may follow.
    public func finalize() -> StateHash {
        let digest = XXH3_128bits_digest(state)
        return StateHash(high: digest.high64, low: digest.low64)
    }

    /// The XXH3 hash of 64 bits, which guards stored state against damage.
    static func checksum(_ bytes: ArraySlice<UInt8>) -> UInt64 {
        bytes.withUnsafeBytes { XXH3_64bits($0.baseAddress, $0.count) }
    }
}

// Where a machine's randomness comes from.
import HostOS
import MachineCore

/// A source whose next bytes are a function of a state, if it has one.
protocol StatefulEntropy: EntropySource {
    /// Where the source is; 0 for one that is not a function of anything.
    var state: UInt64 { get set }
}

/// The host's random bytes.
final class HostEntropy: StatefulEntropy {
    var state: UInt64 {
        get { 0 }
        set {}
    }

    func bytes(_ count: Int) -> [UInt8] { HostRandom.bytes(count) }
}

/// A seeded sequence, so that runs of a deterministic machine are equal. Not for secrets.
final class SeededEntropy: StatefulEntropy {
    var state: UInt64

    init(seed: UInt64) { state = seed }

    /// SplitMix64 (Steele, Lea, Flood: "Fast splittable pseudorandom number generators", 2014).
    func bytes(_ count: Int) -> [UInt8] {
        var result: [UInt8] = []
        result.reserveCapacity(count)
        while result.count < count {
            state &+= 0x9e37_79b9_7f4a_7c15
            var mixed = state
            mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
            mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
            mixed ^= mixed >> 31
            for byte in 0..<min(8, count - result.count) {
                result.append(UInt8(truncatingIfNeeded: mixed >> UInt64(byte * 8)))
            }
        }
        return result
    }
}

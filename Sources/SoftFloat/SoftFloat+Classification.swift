// The class of a number as a one-hot mask.

extension SoftFloat {
    /// The class of `a` as one set bit (RISC-V Unprivileged ISA manual, chapter "F", section
    /// "Single-Precision Floating-Point Classify Instruction"): 0 -infinity, 1 negative normal,
    /// 2 negative subnormal, 3 -0, 4 +0, 5 positive subnormal, 6 positive normal, 7 +infinity,
    /// 8 signalling NaN, 9 quiet NaN. Sets no flags.
    public static func classify(_ a: UInt64, _ format: FloatFormat) -> UInt64 {
        switch format {
        case .single: classMask(Binary32.self, a)
        case .double: classMask(Binary64.self, a)
        }
    }

    @inline(__always)
    private static func classMask<F: BinaryFormat>(_: F.Type, _ a: UInt64) -> UInt64 {
        if F.isNaN(a) { return F.isSignaling(a) ? 1 &<< 8 : 1 &<< 9 }
        let magnitude = F.magnitude(a)
        // 0 for zeros to 3 for infinities; the negative classes are the positive ones mirrored.
        let size: UInt64
        if magnitude == F.infinity {
            size = 3
        } else if magnitude >= F.exponentUnit {
            size = 2
        } else {
            size = magnitude == 0 ? 0 : 1
        }
        return 1 &<< (F.sign(a) != 0 ? 3 &- size : 4 &+ size)
    }
}

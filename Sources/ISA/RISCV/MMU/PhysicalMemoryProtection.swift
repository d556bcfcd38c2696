// PMP: which physical addresses machine-mode software lets lower privileges reach.

/// What an access wants.
enum AccessKind: UInt8 {
    case read, write, fetch
}

/// The verdict of physical memory protection on a range.
struct ProtectionVerdict {
    var allowed: Bool
    /// The verdict is the same for every byte of the range.
    var uniform: Bool
}

/// Physical memory protection (Privileged ISA 3.7): 16 entries, granularity 4 bytes.
enum PhysicalMemoryProtection {
    static let entryCount = 16
    private static let locked: UInt8 = 1 << 7

    /// Whether an access of `privilege` to `range` is allowed. The lowest-numbered entry that matches
    /// any byte decides; it must match all.
    static func check(
        _ state: UnsafeMutablePointer<HartState>, _ range: Range<UInt64>, _ kind: AccessKind, privilege: UInt8
    ) -> ProtectionVerdict {
        for index in 0..<entryCount {
            let configuration = state.pointee.pmpConfiguration[index]
            guard let matched = matchedRange(state, index, configuration), matched.overlaps(range) else {
                continue
            }
            let whole = matched.lowerBound <= range.lowerBound && range.upperBound <= matched.upperBound
            if !whole { return ProtectionVerdict(allowed: false, uniform: false) }
            if privilege == 3 && configuration & locked == 0 {
                return ProtectionVerdict(allowed: true, uniform: true)
            }
            return ProtectionVerdict(allowed: configuration & permission(kind) != 0, uniform: true)
        }
        return ProtectionVerdict(allowed: privilege == 3, uniform: true)
    }

    private static func permission(_ kind: AccessKind) -> UInt8 {
        switch kind {
        case .read: 1
        case .write: 2
        case .fetch: 4
        }
    }

    /// The addresses of entry `index`; nil when it matches none (Privileged ISA 3.7.1.1).
    private static func matchedRange(
        _ state: UnsafeMutablePointer<HartState>, _ index: Int, _ configuration: UInt8
    ) -> Range<UInt64>? {
        let address = state.pointee.pmpAddress[index]
        switch (configuration >> 3) & 3 {
        case 1:
            let bottom = index == 0 ? 0 : state.pointee.pmpAddress[index - 1] << 2
            let top = address << 2
            return bottom < top ? bottom..<top : nil
        case 2:
            return (address << 2)..<((address << 2) + 4)
        case 3:
            let ones = UInt64((~address).trailingZeroBitCount)
            if ones >= 54 { return 0..<(1 << 57) }
            let base = (address & ~((1 << ones) - 1)) << 2
            return base..<(base + (8 << ones))
        default:
            return nil
        }
    }
}

// What a guest can see of an ACLINT, and which of it can be true.
import MachineCore

extension ACLINT {
    /// All registers; `mtime` is virtual time plus an offset.
    public struct State: Codable, Equatable, Sendable {
        /// MSIP of each hart.
        public var softwareInterrupts: [Bool]
        /// MTIMECMP of each hart, in ticks.
        public var timeCompare: [UInt64]
        /// MTIME less the ticks of virtual time, modulo 2^64.
        public var timeOffset: UInt64

        /// The state at power-on. The specification leaves MTIMECMP open; the latest moment keeps a
        /// timer interrupt from being due before a guest asks for one.
        /// - Parameter hartCount: the number of harts, brought into 0...4095.
        public init(hartCount: Int) {
            let hartCount = min(max(hartCount, 0), ACLINT.maximumHartCount)
            softwareInterrupts = Array(repeating: false, count: hartCount)
            timeCompare = Array(repeating: .max, count: hartCount)
            timeOffset = 0
        }
    }
}

extension ACLINT.State {
    func validate(hartCount: Int) throws(StateError) {
        guard softwareInterrupts.count == hartCount, timeCompare.count == hartCount,
            hartCount <= ACLINT.maximumHartCount
        else {
            throw StateError(
                part: "aclint", reason: "\(timeCompare.count) harts in a machine with \(hartCount)")
        }
    }
}

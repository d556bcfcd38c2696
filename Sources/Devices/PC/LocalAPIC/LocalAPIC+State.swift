// What a guest can see of a local APIC, and which of it can be true.
import MachineCore

extension LocalAPIC {
    /// A set of vectors: four words of 64.
    public struct VectorSet: Codable, Equatable, Sendable {
        private var words: [UInt64] = [0, 0, 0, 0]

        /// No vectors.
        public init() {}

        var isValid: Bool { words.count == 4 }

        subscript(_ vector: UInt8) -> Bool {
            get { words[Int(vector >> 6)] >> UInt64(vector & 63) & 1 != 0 }
            set {
                let bit: UInt64 = 1 << UInt64(vector & 63)
                if newValue { words[Int(vector >> 6)] |= bit } else { words[Int(vector >> 6)] &= ~bit }
            }
        }

        /// The highest vector.
        var highest: UInt8? {
            for index in (0..<4).reversed() where words[index] != 0 {
                return UInt8(index * 64 + 63 - words[index].leadingZeroBitCount)
            }
            return nil
        }

        /// 32 vectors as a register shows them.
        func register(_ index: Int) -> UInt32 { UInt32(truncatingIfNeeded: words[index / 2] >> UInt64(index % 2 * 32)) }
    }

    /// All registers of a local APIC.
    public struct State: Codable, Equatable, Sendable {
        /// IA32_APIC_BASE.
        public var base: UInt64
        /// The number in messages; in x2APIC mode it is that of the CPU.
        public var identifier: UInt8
        /// LDR and DFR.
        public var logicalDestination: UInt32 = 0
        public var destinationFormat: UInt32 = .max
        /// SVR.
        public var spurious: UInt32 = 0xff
        /// TPR.
        public var taskPriority: UInt8 = 0
        /// ESR as it shows, and what it will show after the next write.
        public var errors: UInt32 = 0
        public var newErrors: UInt32 = 0
        /// ICR.
        public var command: UInt64 = 0
        /// The local vector table: timer, thermal sensor, performance counters, LINT0, LINT1, error.
        public var localVectors: [UInt32] = Array(repeating: 0x1_0000, count: LocalAPIC.localVectorCount)
        /// IRR, ISR and TMR.
        public var requested = VectorSet()
        public var inService = VectorSet()
        public var levelTriggered = VectorSet()
        /// The timer's initial count, its divider as written, and the virtual time at which the count began.
        public var timerCount: UInt32 = 0
        public var timerDivider: UInt32 = 0
        public var timerStart: UInt64 = 0
        /// The time stamp at which the timer fires in that mode, or 0.
        public var timestampDeadline: UInt64 = 0
        /// The wire from the 8259s.
        public var externalLine = false

        /// A local APIC after power-on.
        /// - Parameter index: the number of its CPU, 0 to 254.
        public init(index: Int) {
            identifier = UInt8(clamping: index)
            // Switched on; the first CPU is the one that boots.
            base = 0xfee0_0000 | 0x800 | (index == 0 ? 0x100 : 0)
        }
    }
}

extension LocalAPIC.State {
    func validate() throws(StateError) {
        let isWhole = localVectors.count == LocalAPIC.localVectorCount && requested.isValid && inService.isValid
            && levelTriggered.isValid
        guard isWhole else { throw StateError(part: "local APIC", reason: "a table has a wrong size") }
        guard base & ~LocalAPIC.Base.writable == 0 else {
            throw StateError(part: "local APIC", reason: "its base register has undefined bits")
        }
    }
}

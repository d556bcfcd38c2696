// One counter of the 8254: a count that is a function of time.

extension Timer8254 {
    /// A counter. Its count is not stored: it follows from when it began.
    public struct Counter: Codable, Equatable, Sendable {
        /// 0 to 5.
        var mode: UInt8 = 0
        /// Which bytes are read and written: 1 low, 2 high, 3 both.
        var access: UInt8 = 3
        var isDecimal = false
        /// The count that was written, 1 to 65536; nil until one was.
        var initial: UInt32?
        /// The low byte of a count that is being written.
        var lowByte: UInt8?
        /// The tick at which the count began; nil while it waits for its gate or for a count.
        var start: UInt64?
        /// The count at which it stands still, while the gate is low.
        var held: UInt32?
        var latchedCount: UInt16?
        var latchedStatus: UInt8?
        /// The high byte is read next.
        var readsHigh = false

        var isValid: Bool { mode < 6 && (1...3).contains(access) && initial.map { (1...65536).contains($0) } != false }

        private var isPeriodic: Bool { mode == 2 || mode == 3 }
        private var isTriggered: Bool { mode == 1 || mode == 5 }

        // MARK: What it counts

        private func elapsed(_ now: UInt64) -> UInt64? { start.map { now &- min($0, now) } }

        /// The count now: 0 stands for 65536 (or 10000 where it counts in decimal).
        private func count(at now: UInt64) -> UInt16 {
            if let held { return UInt16(truncatingIfNeeded: held) }
            guard let initial, let elapsed = elapsed(now) else { return UInt16(truncatingIfNeeded: initial ?? 0) }
            let whole = UInt64(initial)
            if mode == 3 {
                // Counts in twos, twice for each period.
                return UInt16(truncatingIfNeeded: whole &- (elapsed &* 2) % (whole | whole & 1))
            }
            if isPeriodic { return UInt16(truncatingIfNeeded: whole &- elapsed % whole) }
            return UInt16(truncatingIfNeeded: whole &- elapsed % (isDecimal ? 10_000 : 65536))
        }

        /// The level of the output (data sheet, "Mode Definitions").
        func output(at now: UInt64) -> Bool {
            guard let initial, held == nil, let elapsed = elapsed(now) else { return mode != 0 }
            let whole = UInt64(initial)
            switch mode {
            case 0, 1: return elapsed >= whole
            case 2: return elapsed % whole != whole - 1
            case 3: return elapsed % whole < (whole + 1) / 2
            default: return elapsed != whole
            }
        }

        /// The tick at which the output changes next.
        func nextChange(after now: UInt64) -> UInt64? {
            guard let initial, held == nil, let start, let elapsed = elapsed(now) else { return nil }
            let whole = UInt64(initial)
            let begin = start &+ elapsed / whole &* whole
            switch mode {
            case 0, 1: return elapsed < whole ? start &+ whole : nil
            case 2: return elapsed % whole < whole - 1 ? begin &+ whole - 1 : begin &+ whole
            case 3: return elapsed % whole < (whole + 1) / 2 ? begin &+ (whole + 1) / 2 : begin &+ whole
            default: return elapsed < whole ? start &+ whole : elapsed == whole ? start &+ whole + 1 : nil
            }
        }

        // MARK: Programming

        /// A control word for this counter; access 0 latches its count.
        mutating func control(_ value: UInt8, at now: UInt64, gate: Bool) {
            let access = value >> 4 & 3
            if access == 0 { return latchCount(at: now) }
            self = Counter()
            self.access = access
            // Modes 6 and 7 are 2 and 3.
            mode = value >> 1 & 7 > 5 ? value >> 1 & 3 : value >> 1 & 7
            isDecimal = value & 1 != 0
        }

        mutating func write(_ value: UInt8, at now: UInt64, gate: Bool) {
            switch access {
            case 1: load(UInt16(value), now, gate)
            case 2: load(UInt16(value) << 8, now, gate)
            default:
                guard let low = lowByte else {
                    lowByte = value
                    return
                }
                lowByte = nil
                load(UInt16(value) << 8 | UInt16(low), now, gate)
            }
        }

        private mutating func load(_ value: UInt16, _ now: UInt64, _ gate: Bool) {
            let count = isDecimal ? Self.fromDecimal(value) : UInt32(value)
            initial = count == 0 ? (isDecimal ? 10_000 : 65536) : count
            held = nil
            // Counters with a trigger wait for it, others begin at once.
            if isTriggered { return }
            if gate {
                start = now &+ 1
            } else {
                start = nil
                held = initial
            }
        }

        mutating func gateRises(at now: UInt64) {
            guard let initial else { return }
            switch mode {
            // These go on where they stopped.
            case 0, 4:
                guard let held else { return }
                start = now &- min(UInt64(initial - min(held, initial)), now)
            default: start = now &+ 1
            }
            held = nil
        }

        mutating func gateFalls(at now: UInt64) {
            guard !isTriggered, initial != nil else { return }
            held = UInt32(count(at: now))
        }

        // MARK: Reading

        mutating func latchCount(at now: UInt64) {
            if latchedCount == nil { latchedCount = shown(count(at: now)) }
        }

        mutating func latchStatus(at now: UInt64) {
            guard latchedStatus == nil else { return }
            let isNull: UInt8 = initial == nil ? 0x40 : 0
            latchedStatus = (output(at: now) ? 0x80 : 0) | isNull | access << 4 | mode << 1 | (isDecimal ? 1 : 0)
        }

        mutating func read(at now: UInt64) -> UInt8 {
            if let status = latchedStatus {
                latchedStatus = nil
                return status
            }
            let value = latchedCount ?? shown(count(at: now))
            switch access {
            case 1:
                latchedCount = nil
                return UInt8(value & 0xff)
            case 2:
                latchedCount = nil
                return UInt8(value >> 8)
            default:
                readsHigh.toggle()
                if readsHigh { return UInt8(value & 0xff) }
                latchedCount = nil
                return UInt8(value >> 8)
            }
        }

        private func shown(_ count: UInt16) -> UInt16 {
            guard isDecimal else { return count }
            return UInt16((0..<4).reduce(0) { $0 | UInt32(count) / Self.powers[$1] % 10 << UInt32($1 * 4) })
        }

        private static let powers: [UInt32] = [1, 10, 100, 1000]

        private static func fromDecimal(_ value: UInt16) -> UInt32 {
            (0..<4).reduce(0) { $0 + min(UInt32(value >> UInt16($1 * 4) & 15), 9) * powers[$1] }
        }
    }
}

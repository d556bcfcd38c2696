// One 8259A: requests, priorities, and the commands that set them.

extension InterruptController8259 {
    /// One of the two controllers: its state, and what it does.
    public struct Chip: Codable, Equatable, Sendable {
        /// Inputs by bits: as they are now, asked for, served, and masked.
        var levels: UInt8 = 0
        var requested: UInt8 = 0
        var inService: UInt8 = 0
        var masked: UInt8 = 0xff
        /// Inputs that ask as long as they are high.
        var elcr: UInt8 = 0
        /// The upper five bits of vectors.
        var vectorBase: UInt8 = 0
        /// The input with the lowest priority.
        var lowest: UInt8 = 7
        /// The initialization word that comes next, or 0.
        var initialization: UInt8 = 0
        var expectsFourth = false
        var isSingle = false
        var endsAutomatically = false
        var rotatesAutomatically = false
        var hasSpecialMask = false
        var isFullyNested = false
        var readsInService = false
        var isPolled = false

        var isValid: Bool { lowest < 8 && initialization <= 4 && vectorBase & 7 == 0 }

        func vector(_ input: Int) -> UInt8 { vectorBase | UInt8(input & 7) }

        /// Inputs in order of their priority.
        private func input(priority: Int) -> Int { (Int(lowest) + 1 + priority) & 7 }

        mutating func setInput(_ input: Int, to level: Bool) {
            let bit: UInt8 = 1 << UInt8(input)
            if level && (levels & bit == 0 || elcr & bit != 0) { requested |= bit }
            // A request that goes before it was taken was none.
            if !level { requested &= ~bit }
            levels = level ? levels | bit : levels & ~bit
        }

        /// The input whose interrupt is to be taken next.
        var pendingInput: Int? {
            let wanted = requested & ~masked
            guard wanted != 0 else { return nil }
            for priority in 0..<8 {
                let input = input(priority: priority)
                let bit: UInt8 = 1 << UInt8(input)
                if wanted & bit != 0 {
                    // With the special mask, what is served keeps only itself away.
                    return hasSpecialMask && inService & bit != 0 ? nil : input
                }
                let blocks = inService & bit != 0 && !(hasSpecialMask && masked & bit != 0)
                // Fully nested, a second interrupt of the cascade may interrupt the first.
                if blocks && !(isFullyNested && input == 2) { return nil }
            }
            return nil
        }

        mutating func acknowledge() -> Int? {
            guard let input = pendingInput else { return nil }
            let bit: UInt8 = 1 << UInt8(input)
            if elcr & bit == 0 { requested &= ~bit }
            if endsAutomatically {
                if rotatesAutomatically { lowest = UInt8(input) }
            } else {
                inService |= bit
            }
            return input
        }

        // MARK: Ports

        mutating func read(at offset: UInt64) -> UInt8 {
            if isPolled {
                isPolled = false
                return acknowledge().map { 0x80 | UInt8($0) } ?? 0
            }
            if offset & 1 != 0 { return masked }
            return readsInService ? inService : requested
        }

        mutating func write(_ value: UInt8, at offset: UInt64) {
            if offset & 1 != 0 {
                writeUpper(value)
            } else if value & 0x10 != 0 {
                initialize(value)
            } else if value & 8 != 0 {
                setModes(value)
            } else {
                command(value)
            }
        }

        /// ICW1.
        private mutating func initialize(_ value: UInt8) {
            let kept = (levels, elcr)
            self = Chip()
            (levels, elcr) = kept
            // Inputs that are levels ask again.
            requested = levels & elcr
            masked = 0
            initialization = 2
            isSingle = value & 2 != 0
            expectsFourth = value & 1 != 0
        }

        /// ICW2 to ICW4, or the mask.
        private mutating func writeUpper(_ value: UInt8) {
            switch initialization {
            case 2:
                vectorBase = value & 0xf8
                initialization = isSingle ? (expectsFourth ? 4 : 0) : 3
            case 3: initialization = expectsFourth ? 4 : 0
            case 4:
                endsAutomatically = value & 2 != 0
                isFullyNested = value & 0x10 != 0
                initialization = 0
            default: masked = value
            }
        }

        /// OCW3.
        private mutating func setModes(_ value: UInt8) {
            if value & 4 != 0 { isPolled = true }
            if value & 2 != 0 { readsInService = value & 1 != 0 }
            if value & 0x40 != 0 { hasSpecialMask = value & 0x20 != 0 }
        }

        /// OCW2.
        private mutating func command(_ value: UInt8) {
            let number = value & 7
            switch value >> 5 {
            case 0: rotatesAutomatically = false
            case 4: rotatesAutomatically = true
            case 1, 5:
                guard let ended = highestInService else { return }
                inService &= ~(1 << UInt8(ended))
                if value >> 5 == 5 { lowest = UInt8(ended) }
            case 3, 7:
                inService &= ~(1 << number)
                if value >> 5 == 7 { lowest = number }
            case 6: lowest = number
            default: break
            }
        }

        private var highestInService: Int? {
            (0..<8).lazy.map { input(priority: $0) }.first {
                let bit: UInt8 = 1 << UInt8($0)
                return inService & bit != 0 && !(hasSpecialMask && masked & bit != 0)
            }
        }
    }
}

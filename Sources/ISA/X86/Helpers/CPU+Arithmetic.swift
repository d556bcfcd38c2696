// Helpers that compute: wide division, 16 bytes at once, bits, checksums, decimal digits.
import MachineCore

extension CPU {
    /// RDX:RAX divided by `divisor`: quotient in RAX, remainder in RDX (Intel SDM volume 2, DIV and IDIV).
    func divide128(by divisor: UInt64, isSigned: Bool) throws(FaultTaken) {
        let (high, low) = (state.pointee.registers[2], state.pointee.registers[0])
        guard divisor != 0 else { throw fault(Fault.divideError) }
        if !isSigned {
            guard high < divisor else { throw fault(Fault.divideError) }
            let (quotient, remainder) = divisor.dividingFullWidth((high, low))
            state.pointee.registers[0] = quotient
            state.pointee.registers[2] = remainder
            return
        }
        // Magnitudes first: the quotient of the smallest number by -1 has no representation.
        let isNegative = Int64(bitPattern: high) < 0
        let magnitude = isNegative ? Self.negated(high, low) : (high: high, low: low)
        let by = Int64(bitPattern: divisor).magnitude
        guard magnitude.high < by else { throw fault(Fault.divideError) }
        let (quotient, remainder) = by.dividingFullWidth((magnitude.high, magnitude.low))
        let isQuotientNegative = isNegative != (Int64(bitPattern: divisor) < 0)
        guard quotient <= UInt64(Int64.max) + (isQuotientNegative ? 1 : 0) else { throw fault(Fault.divideError) }
        state.pointee.registers[0] = isQuotientNegative ? 0 &- quotient : quotient
        state.pointee.registers[2] = isNegative ? 0 &- remainder : remainder
    }

    private static func negated(_ high: UInt64, _ low: UInt64) -> (high: UInt64, low: UInt64) {
        (high: ~high &+ (low == 0 ? 1 : 0), low: 0 &- low)
    }

    /// `cmpxchg16b` at a linear address, which must be a multiple of 16.
    func compareAndExchange16(at address: UInt64) throws(FaultTaken) {
        guard address & 15 == 0 else { throw fault(Fault.generalProtection) }
        // The write is what may fault, whether the values are equal or not.
        _ = try physicalAddress(of: address, .write)
        let (low, high) = (try slowLoad(address, .double), try slowLoad(address &+ 8, .double))
        let registers = state.pointee.registers
        let isEqual = low == registers[0] && high == registers[2]
        try slowStore(address, isEqual ? registers[3] : low, .double)
        try slowStore(address &+ 8, isEqual ? registers[1] : high, .double)
        if !isEqual {
            state.pointee.registers[0] = low
            state.pointee.registers[2] = high
        }
        state.pointee.statusFlags = state.pointee.statusFlags & ~RFlags.zero | (isEqual ? RFlags.zero : 0)
    }

    /// The bits of `value` that `mask` has, together at the bottom (PEXT).
    static func extractBits(_ value: UInt64, _ mask: UInt64) -> UInt64 {
        var (result, rest, position): (UInt64, UInt64, UInt64) = (0, mask, 0)
        while rest != 0 {
            result |= (value >> UInt64(rest.trailingZeroBitCount) & 1) << position
            position += 1
            rest &= rest - 1
        }
        return result
    }

    /// The low bits of `value`, spread to where `mask` has ones (PDEP).
    static func depositBits(_ value: UInt64, _ mask: UInt64) -> UInt64 {
        var (result, rest, position): (UInt64, UInt64, UInt64) = (0, mask, 0)
        while rest != 0 {
            result |= (value >> position & 1) << UInt64(rest.trailingZeroBitCount)
            position += 1
            rest &= rest - 1
        }
        return result
    }

    /// CRC-32C, reflected, of the low bytes of `value`; `packed` has the sum so far and, above it, their number
    /// (Intel SDM volume 2, CRC32: polynomial 0x11EDC6F41).
    static func checksum(_ packed: UInt64, _ value: UInt64) -> UInt64 {
        var sum = UInt32(truncatingIfNeeded: packed)
        for index in 0..<(packed >> 32 & 15) {
            sum ^= UInt32(truncatingIfNeeded: value >> (index * 8) & 0xff)
            for _ in 0..<8 { sum = sum >> 1 ^ (sum & 1 == 0 ? 0 : 0x82f6_3b78) }
        }
        return UInt64(sum)
    }
}

// MARK: Decimal digits

extension CPU {
    /// `daa`, `das`, `aaa`, `aas`, `aam` and `aad` (Intel SDM volume 2). Flags that the manual leaves undefined are as
    /// of the result.
    func adjustDecimal(_ operation: Operation, _ immediate: UInt64) throws(FaultTaken) {
        let accumulator = state.pointee.registers[0]
        let (low, high) = (accumulator & 0xff, accumulator >> 8 & 0xff)
        switch operation {
        case .aam:
            let base = immediate & 0xff
            guard base != 0 else { throw fault(Fault.divideError) }
            setAccumulator(low % base, low / base, carries: 0)
        case .aad: setAccumulator(low &+ high &* (immediate & 0xff), 0, carries: 0)
        case .aaa, .aas: adjustUnpacked(low, high, adds: operation == .aaa)
        default: adjustPacked(low, high, adds: operation == .daa)
        }
    }

    private func adjustUnpacked(_ low: UInt64, _ high: UInt64, adds: Bool) {
        let isAdjusted = low & 15 > 9 || state.pointee.statusFlags & RFlags.adjust != 0
        var sum = low | high << 8
        if isAdjusted { sum = adds ? sum &+ 0x106 : sum &- 0x106 }
        setAccumulator(sum & 15, sum >> 8 & 0xff, carries: isAdjusted ? RFlags.carry | RFlags.adjust : 0)
    }

    private func adjustPacked(_ low: UInt64, _ high: UInt64, adds: Bool) {
        let flags = state.pointee.statusFlags
        var (result, carries) = (low, UInt64(0))
        if low & 15 > 9 || flags & RFlags.adjust != 0 {
            result = adds ? result &+ 6 : result &- 6
            carries |= RFlags.adjust
            if !adds && low < 6 { carries |= RFlags.carry }
        }
        if low > 0x99 || flags & RFlags.carry != 0 {
            result = adds ? result &+ 0x60 : result &- 0x60
            carries |= RFlags.carry
        }
        setAccumulator(result & 0xff, high, carries: carries)
    }

    private func setAccumulator(_ low: UInt64, _ high: UInt64, carries: UInt64) {
        let kept = state.pointee.registers[0] & ~0xffff
        state.pointee.registers[0] = kept | (high & 0xff) << 8 | low & 0xff
        var flags = carries
        if low & 0xff == 0 { flags |= RFlags.zero }
        if low & 0x80 != 0 { flags |= RFlags.sign }
        if (low & 0xff).nonzeroBitCount % 2 == 0 { flags |= RFlags.parity }
        state.pointee.statusFlags = flags
    }
}

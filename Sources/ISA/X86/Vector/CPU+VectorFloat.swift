// Floating-point operations on vectors: lanes, results, and the exceptions that follow.
import MachineCore
import SoftFloat

extension CPU {
    /// Performs a floating-point operation on `a` and `b`; gives the result where it goes to a general register.
    /// - Throws: the exception, when one happens that is not masked; no register has changed then.
    func performVectorFloat(_ call: VectorCall, _ a: Vector128, _ b: Vector128) throws(FaultTaken) -> UInt64 {
        var unit = VectorFloatUnit(state.pointee.mxcsr)
        if let flags = VectorFloatComparison.flags(call, a, b, &unit) {
            try report(unit)
            state.pointee.statusFlags = flags
            return 0
        }
        if let value = VectorFloatConversion.toGeneral(call, b, &unit) {
            try report(unit)
            return value
        }
        let result = VectorFloatArithmetic.result(call, a, b, &unit)
            ?? VectorFloatComparison.mask(call, a, b, &unit) ?? VectorFloatConversion.result(call, a, b, &unit)
        guard let result else { throw fault(Fault.invalidOpcode) }
        try report(unit)
        setFirst(call, result)
        return 0
    }

    /// Notes what happened in MXCSR, and raises what is not masked (Intel SDM volume 1, 11.5.2).
    private func report(_ unit: VectorFloatUnit) throws(FaultTaken) {
        // What is found before the operation keeps it from being carried out.
        let early = unit.flags & VectorFloatUnit.Flag.early
        let masked = state.pointee.mxcsr >> 7 & 0x3f
        state.pointee.mxcsr |= early & ~masked != 0 ? early : unit.flags
        guard unit.isStopped else { return }
        let isReported = state.pointee.cr4 & CR4.vectorExceptions != 0
        throw fault(isReported ? Fault.vectorFloat : Fault.invalidOpcode)
    }
}

/// How an operation's lanes are formed: of packed ones all, of scalar ones the lowest.
struct FloatLanes {
    let format: FloatFormat
    let isScalar: Bool

    /// The lowest lane or all lanes made by `body`; the others are those of `a`.
    func make(_ a: Vector128, _ body: (Int) -> UInt64) -> Vector128 {
        var result = a
        if format == .single {
            for lane in 0..<(isScalar ? 1 : 4) { result.setLane(lane, UInt32(truncatingIfNeeded: body(lane))) }
        } else {
            for lane in 0..<(isScalar ? 1 : 2) { result.setLane(lane, body(lane)) }
        }
        return result
    }

    func lane(_ vector: Vector128, _ index: Int) -> UInt64 {
        format == .single ? UInt64(vector.lane(index, UInt32.self)) : vector.lane(index, UInt64.self)
    }
}

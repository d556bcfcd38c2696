// Floating-point operations on vectors: lanes, results, and the exceptions that follow.
import MachineCore
import SoftFloat

extension CPU {
    /// Performs an operation on `a` and `b` whose result is a vector.
    /// - Throws: the exception, when one happens that is not masked; no register has changed then.
    func computeVectorFloat(_ call: VectorCall, _ a: Vector128, _ b: Vector128) throws(FaultTaken) {
        var unit = VectorFloatUnit(state.pointee.mxcsr)
        guard let family = VectorFamilies.float(call.operation), let result = family(call, a, b, &unit) else {
            throw fault(Fault.invalidOpcode)
        }
        try report(&unit)
        setFirst(call, result)
    }

    /// Performs a conversion whose result is a general register's.
    func convertToGeneral(_ call: VectorCall, _ b: Vector128) throws(FaultTaken) -> UInt64 {
        var unit = VectorFloatUnit(state.pointee.mxcsr)
        guard let value = VectorFloatConversion.toGeneral(call, b, &unit) else { throw fault(Fault.invalidOpcode) }
        try report(&unit)
        return value
    }

    /// Performs `comiss` and its like.
    func compareFloats(_ call: VectorCall, _ a: Vector128, _ b: Vector128) throws(FaultTaken) {
        var unit = VectorFloatUnit(state.pointee.mxcsr)
        let flags = VectorFloatComparison.flags(call, a, b, &unit)
        try report(&unit)
        state.pointee.statusFlags = flags
    }

    /// Notes what happened in MXCSR, and raises what is not masked (Intel SDM volume 1, 11.5.2).
    private func report(_ unit: inout VectorFloatUnit) throws(FaultTaken) {
        unit.finishStep()
        state.pointee.mxcsr |= unit.flags
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

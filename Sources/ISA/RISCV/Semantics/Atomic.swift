// A: load-reserved, store-conditional and atomic memory operations (Unprivileged ISA, chapter A).
import MachineCore

extension Semantics {
    @inline(__always)
    mutating func checkAlignment(_ address: Value, _ width: AccessWidth, _ cause: UInt64) throws(Interruption) {
        let misalignment = and(address, constant(width.byteCount - 1))
        try raise(if: not(isEqual(misalignment, constant(0))), cause, address)
    }

    /// What is remembered of a reserved address: with the width in its lowest bit, so that a
    /// store-conditional of another width does not match.
    @inline(__always)
    mutating func reservation(_ address: Value, _ width: AccessWidth) -> Value {
        width == .double ? or(address, constant(1)) : address
    }

    @inline(__always)
    mutating func loadReserved(_ i: Instruction, _ width: AccessWidth) throws(Interruption) {
        let address = x(i.rs1)
        try checkAlignment(address, width, ExceptionCause.loadAddressMisaligned)
        let value = try load(address, width)
        storeState(StateField.reservationAddress, reservation(address, width), .double)
        storeState(StateField.reservationValue, value, .double)
        setX(i.rd, signExtend(value, from: width))
    }

    /// Succeeds when the reservation is for this address and width, and memory still holds what was read there:
    /// a write of the same value in between is not noticed, which no lock can tell from none.
    @inline(__always)
    mutating func storeConditional(_ i: Instruction, _ width: AccessWidth) throws(Interruption) {
        let address = x(i.rs1)
        try checkAlignment(address, width, ExceptionCause.storeAddressMisaligned)
        let reserved = isEqual(reservation(address, width), loadState(StateField.reservationAddress, .double))
        let expected = loadState(StateField.reservationValue, .double)
        let stored = try compareAndStore(
            if: reserved, address, expected: expected, desired: x(i.rs2), width)
        storeState(StateField.reservationAddress, constant(HartState.noReservation), .double)
        setX(i.rd, select(stored, constant(0), constant(1)))
    }

    @inline(__always)
    mutating func atomic(
        _ i: Instruction, _ operation: AtomicOperation, _ width: AccessWidth
    ) throws(Interruption) {
        let address = x(i.rs1)
        try checkAlignment(address, width, ExceptionCause.storeAddressMisaligned)
        let old = try atomicUpdate(operation, address, x(i.rs2), width)
        setX(i.rd, signExtend(old, from: width))
    }
}

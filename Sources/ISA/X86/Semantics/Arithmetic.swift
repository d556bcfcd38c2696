// Addition, subtraction, logic, and what else reads one place and writes it back.
import IR
import MachineCore

extension Instruction {
    /// The destination is memory and the update of it must be atomic. There are atomic verbs for 4 and 8
    /// bytes.
    @inline(__always)
    var isLocked: Bool { prefixes.contains(.lock) && a.kind == .memory && a.width >= 4 }
}

/// A place that is read and then written.
struct Place<Value> {
    /// The linear address, where the place is memory.
    let address: Value
    let old: Value
}

extension X86Semantics {
    /// Reads the first operand, to write it later.
    @inline(__always)
    mutating func place(_ i: Instruction) throws(Interruption) -> Place<Value> {
        guard i.a.kind == .memory else { return Place(address: constant(0), old: try read(i.a, i)) }
        let address = try writeAddress(i, i.a.width)
        return Place(address: address, old: try load(address, i.size))
    }

    @inline(__always)
    mutating func replace(_ place: Place<Value>, _ value: Value, _ i: Instruction) throws(Interruption) {
        if i.a.kind == .memory {
            try store(place.address, value, i.size)
        } else {
            try write(i.a, value, i)
        }
    }

    /// Reads the first operand and replaces it by what `operation` makes of it, atomically.
    @inline(__always)
    private mutating func lockedPlace(
        _ i: Instruction, _ operation: AtomicOperation, _ operand: Value
    ) throws(Interruption) -> Value {
        try atomicUpdate(operation, writeAddress(i, i.a.width), operand, i.size)
    }

    // MARK: Sums

    mutating func addition(_ i: Instruction, withCarry: Bool) throws(Interruption) {
        let b = try read(i.b, i)
        let addend = withCarry ? add(b, carry()) : b
        if i.isLocked {
            let a = try lockedPlace(i, .add, addend)
            return setSumFlags(.add, a, b, add(a, addend), withCarry, i)
        }
        let place = try place(i)
        let sum = add(place.old, addend)
        try replace(place, sum, i)
        setSumFlags(.add, place.old, b, sum, withCarry, i)
    }

    private mutating func setSumFlags(
        _ operation: FlagOperation, _ a: Value, _ b: Value, _ result: Value, _ withCarry: Bool, _ i: Instruction
    ) {
        setFlags(
            withCarry ? statusFlags(operation, a, b, result, i.size) : statusFlags(operation, a, b, i.size))
    }

    mutating func subtraction(_ i: Instruction, withBorrow: Bool) throws(Interruption) {
        let b = try read(i.b, i)
        let subtrahend = withBorrow ? add(b, carry()) : b
        if i.isLocked {
            let a = try lockedPlace(i, .add, subtract(constant(0), subtrahend))
            return setSumFlags(.subtract, a, b, subtract(a, subtrahend), withBorrow, i)
        }
        let place = try place(i)
        let difference = subtract(place.old, subtrahend)
        try replace(place, difference, i)
        setSumFlags(.subtract, place.old, b, difference, withBorrow, i)
    }

    mutating func compare(_ i: Instruction) throws(Interruption) {
        let a = try read(i.a, i)
        let b = try read(i.b, i)
        setFlags(statusFlags(.subtract, a, b, i.size))
    }

    /// `inc` and `dec`, which leave CF alone.
    mutating func step(_ i: Instruction, up: Bool) throws(Interruption) {
        let one = constant(1)
        let operation: FlagOperation = up ? .add : .subtract
        let old: Value
        let result: Value
        if i.isLocked {
            old = try lockedPlace(i, .add, constant(up ? 1 : .max))
            result = up ? add(old, one) : subtract(old, one)
        } else {
            let place = try place(i)
            old = place.old
            result = up ? add(old, one) : subtract(old, one)
            try replace(place, result, i)
        }
        let flags = statusFlags(operation, old, one, i.size)
        setFlags(or(and(flags, constant(RFlags.status & ~RFlags.carry)), carry()))
    }

    mutating func negate(_ i: Instruction) throws(Interruption) {
        let place = try place(i)
        let result = subtract(constant(0), place.old)
        try replace(place, result, i)
        setFlags(statusFlags(.subtract, constant(0), place.old, i.size))
    }

    // MARK: Logic

    private mutating func combine(_ operation: AtomicOperation, _ a: Value, _ b: Value) -> Value {
        switch operation {
        case .and: and(a, b)
        case .or: or(a, b)
        default: xor(a, b)
        }
    }

    mutating func logic(_ i: Instruction, _ operation: AtomicOperation) throws(Interruption) {
        let b = try read(i.b, i)
        let result: Value
        if i.isLocked {
            let old = try lockedPlace(i, operation, b)
            result = combine(operation, old, b)
        } else {
            let place = try place(i)
            result = combine(operation, place.old, b)
            try replace(place, result, i)
        }
        setFlags(resultFlags(result, i.size))
    }

    mutating func testBits(_ i: Instruction) throws(Interruption) {
        let a = try read(i.a, i)
        let b = try read(i.b, i)
        setFlags(statusFlags(.and, a, b, i.size))
    }

    mutating func complement(_ i: Instruction) throws(Interruption) {
        if i.isLocked {
            _ = try lockedPlace(i, .xor, constant(.max))
            return
        }
        let place = try place(i)
        try replace(place, invert(place.old), i)
    }

    /// `adcx` and `adox`: a sum with one flag as carry in and out.
    mutating func addWithFlag(_ i: Instruction, _ flag: UInt64) throws(Interruption) {
        let a = try read(i.a, i)
        let b = try read(i.b, i)
        let carryIn = truth(not(isClear(flags(), flag)))
        let sum = add(add(a, b), carryIn)
        let made = statusFlags(.add, a, b, sum, i.size)
        let out = select(isClear(made, RFlags.carry), constant(0), constant(flag))
        try write(i.a, sum, i)
        setFlags(flag, out)
    }

    // MARK: Exchanges

    /// An exchange with memory is atomic without a prefix too.
    mutating func exchange(_ i: Instruction) throws(Interruption) {
        let b = try read(i.b, i)
        let old: Value
        if i.a.kind == .memory && i.a.width >= 4 {
            old = try atomicUpdate(.exchange, writeAddress(i, i.a.width), b, i.size)
        } else {
            let place = try place(i)
            old = place.old
            try replace(place, b, i)
        }
        try write(i.b, old, i)
    }

    mutating func exchangeAndAdd(_ i: Instruction) throws(Interruption) {
        let b = try read(i.b, i)
        let old: Value
        if i.isLocked {
            old = try lockedPlace(i, .add, b)
            try write(i.b, old, i)
        } else {
            let place = try place(i)
            old = place.old
            // With the same register twice the sum is what stays.
            if i.a.kind == .memory {
                try replace(place, add(old, b), i)
                try write(i.b, old, i)
            } else {
                try write(i.b, old, i)
                try write(i.a, add(old, b), i)
            }
        }
        setFlags(statusFlags(.add, old, b, i.size))
    }

    /// Compares the accumulator with the first operand; if they are equal the second replaces it, else the
    /// accumulator takes its value. Memory is written in any case, as faults show.
    mutating func compareAndExchange(_ i: Instruction) throws(Interruption) {
        let expected = register(0, i.size)
        let desired = try read(i.b, i)
        let old: Value
        let equals: Condition
        if i.isLocked {
            let address = try writeAddress(i, i.a.width)
            old = try load(address, i.size)
            equals = try compareAndStore(
                if: isEqual(constant(0), constant(0)), address, expected: expected, desired: desired, i.size)
        } else {
            let place = try place(i)
            old = place.old
            equals = isEqual(old, expected)
            if i.a.kind == .memory || i.a.width < 4 {
                try replace(place, select(equals, desired, old), i)
            } else {
                // A 32-bit register that stays keeps its upper half as well.
                let whole = register(i.a.number)
                setRegister(i.a.number, select(equals, zeroExtend(desired, from: i.size), whole))
            }
        }
        setFlags(statusFlags(.subtract, expected, old, i.size))
        let whole = register(0)
        let taken = i.size == .double || i.size == .word
            ? old : or(and(whole, constant(~i.size.mask)), old)
        setRegister(0, select(equals, whole, taken))
    }

    /// `cmpxchg8b`; that of 16 bytes is a helper's.
    mutating func compareAndExchangePair(_ i: Instruction) throws(Interruption) {
        if i.a.width == 16 {
            _ = try help(.compareAndExchange16, writeAddress(i, 16), constant(0))
            return
        }
        let address = try writeAddress(i, 8)
        let expected = or(register(0, .word), shiftLeft(register(2), by: constant(32)))
        let desired = or(register(3, .word), shiftLeft(register(1), by: constant(32)))
        let old = try load(address, .double)
        let equals = try compareAndStore(
            if: isEqual(constant(0), constant(0)), address, expected: expected, desired: desired, .double)
        setRegister(0, select(equals, register(0), zeroExtend(old, from: .word)))
        setRegister(2, select(equals, register(2), shiftRightLogical(old, by: constant(32))))
        setFlags(RFlags.zero, select(equals, constant(RFlags.zero), constant(0)))
    }
}

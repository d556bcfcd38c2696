// The meaning of the verbs, written a second time with plain integers: the oracle of these tests.
//
// On purpose not written like the IR's own arithmetic: bit by bit or in halves where that is another way.
import MachineCore
import SoftFloat

struct ReferenceSemantics: Semantics {
    typealias Value = UInt64
    typealias Condition = Bool
    typealias Interruption = TestFault

    var host: TestHost
    /// The current instruction and the next, decided so far.
    var current: UInt64 = 0
    var next: UInt64 = 0
    var mustExit = false

    init(host: TestHost) { self.host = host }

    mutating func start(length: Int) {
        current = host.state.programCounter
        next = current &+ UInt64(length)
    }

    mutating func complete() { host.state.programCounter = next }

    func constant(_ value: UInt64) -> UInt64 { value }
    func programCounter(plus offset: Int64) -> UInt64 { current &+ UInt64(bitPattern: offset) }

    func loadState(_ offset: Int, _ width: AccessWidth) -> UInt64 {
        (0..<Int(width.rawValue)).reduce(0) { result, index in
            let byte = host.state.pointer.load(fromByteOffset: offset + index, as: UInt8.self)
            return result | UInt64(byte) << UInt64(8 * index)
        }
    }

    func storeState(_ offset: Int, _ value: UInt64, _ width: AccessWidth) {
        for index in 0..<Int(width.rawValue) {
            let byte = UInt8((value >> UInt64(8 * index)) & 0xff)
            host.state.pointer.storeBytes(of: byte, toByteOffset: offset + index, as: UInt8.self)
        }
    }

    func add(_ a: UInt64, _ b: UInt64) -> UInt64 {
        var (sum, carry) = (a, b)
        while carry != 0 { (sum, carry) = (sum ^ carry, (sum & carry) << 1) }
        return sum
    }
    func subtract(_ a: UInt64, _ b: UInt64) -> UInt64 { add(add(a, ~b), 1) }
    func and(_ a: UInt64, _ b: UInt64) -> UInt64 { ~(~a | ~b) }
    func or(_ a: UInt64, _ b: UInt64) -> UInt64 { ~(~a & ~b) }
    func xor(_ a: UInt64, _ b: UInt64) -> UInt64 { (a | b) & ~(a & b) }

    func shiftLeft(_ a: UInt64, by amount: UInt64) -> UInt64 {
        (0..<amount % 64).reduce(a) { value, _ in value &+ value }
    }
    func shiftRightLogical(_ a: UInt64, by amount: UInt64) -> UInt64 {
        (0..<amount % 64).reduce(a) { value, _ in value / 2 }
    }
    func shiftRightArithmetic(_ a: UInt64, by amount: UInt64) -> UInt64 {
        (0..<amount % 64).reduce(a) { value, _ in value / 2 | value & (1 << 63) }
    }

    func multiply(_ a: UInt64, _ b: UInt64) -> UInt64 { wideProduct(a, b).low }
    func multiplyHighUnsigned(_ a: UInt64, _ b: UInt64) -> UInt64 { wideProduct(a, b).high }
    func multiplyHighSigned(_ a: UInt64, _ b: UInt64) -> UInt64 {
        // Hacker's Delight, section 8-3: correct the unsigned product.
        var high = wideProduct(a, b).high
        if a >> 63 == 1 { high = high &- b }
        if b >> 63 == 1 { high = high &- a }
        return high
    }
    private func wideProduct(_ a: UInt64, _ b: UInt64) -> (low: UInt64, high: UInt64) {
        let (a0, a1, b0, b1) = (a & 0xffff_ffff, a >> 32, b & 0xffff_ffff, b >> 32)
        let middle = a1 * b0 + (a0 * b0) >> 32
        let other = a0 * b1 + (middle & 0xffff_ffff)
        return (other << 32 | (a0 * b0) & 0xffff_ffff, a1 * b1 + middle >> 32 + other >> 32)
    }

    func divideUnsigned(_ a: UInt64, _ b: UInt64) -> UInt64 { b == 0 ? .max : longDivision(a, b).0 }
    func remainderUnsigned(_ a: UInt64, _ b: UInt64) -> UInt64 { b == 0 ? a : longDivision(a, b).1 }
    func divideSigned(_ a: UInt64, _ b: UInt64) -> UInt64 {
        if b == 0 { return .max }
        let quotient = longDivision(magnitude(a), magnitude(b)).0
        return isNegative(a) != isNegative(b) ? 0 &- quotient : quotient
    }
    func remainderSigned(_ a: UInt64, _ b: UInt64) -> UInt64 {
        if b == 0 { return a }
        let remainder = longDivision(magnitude(a), magnitude(b)).1
        return isNegative(a) ? 0 &- remainder : remainder
    }
    private func isNegative(_ a: UInt64) -> Bool { a >> 63 == 1 }
    private func magnitude(_ a: UInt64) -> UInt64 { isNegative(a) ? 0 &- a : a }
    private func longDivision(_ a: UInt64, _ b: UInt64) -> (UInt64, UInt64) {
        var (quotient, remainder): (UInt64, UInt64) = (0, 0)
        for bit in (0..<64).reversed() {
            let carry = remainder >> 63
            remainder = remainder << 1 | (a >> UInt64(bit)) & 1
            if carry == 1 || remainder >= b {
                remainder = remainder &- b
                quotient |= 1 << UInt64(bit)
            }
        }
        return (quotient, remainder)
    }

    private func bits(_ a: UInt64) -> [UInt64] { (0..<64).map { (a >> UInt64($0)) & 1 } }
    func countLeadingZeros(_ a: UInt64) -> UInt64 { UInt64(bits(a).reversed().prefix { $0 == 0 }.count) }
    func countTrailingZeros(_ a: UInt64) -> UInt64 { UInt64(bits(a).prefix { $0 == 0 }.count) }
    func countOnes(_ a: UInt64) -> UInt64 { bits(a).reduce(0, +) }
    func reverseBytes(_ a: UInt64) -> UInt64 {
        (0..<8).reduce(0) { result, index in result << 8 | (a >> UInt64(8 * index)) & 0xff }
    }
    func zeroExtend(_ a: UInt64, from width: AccessWidth) -> UInt64 {
        width == .double ? a : a % (1 << (8 * UInt64(width.rawValue)))
    }
    func signExtend(_ a: UInt64, from width: AccessWidth) -> UInt64 {
        if width == .double { return a }
        let sign: UInt64 = 1 << (8 * UInt64(width.rawValue) - 1)
        return (zeroExtend(a, from: width) ^ sign) &- sign
    }

    func isEqual(_ a: UInt64, _ b: UInt64) -> Bool { a ^ b == 0 }
    func isLessSigned(_ a: UInt64, _ b: UInt64) -> Bool { a ^ (1 << 63) < b ^ (1 << 63) }
    func isLessUnsigned(_ a: UInt64, _ b: UInt64) -> Bool { a.subtractingReportingOverflow(b).overflow }
    func not(_ condition: Bool) -> Bool { condition ? false : true }
    func select(_ condition: Bool, _ ifTrue: UInt64, _ ifFalse: UInt64) -> UInt64 {
        if condition { return ifTrue } else { return ifFalse }
    }
}

extension ReferenceSemantics {
    mutating func load(_ address: UInt64, _ width: AccessWidth) throws(TestFault) -> UInt64 {
        try host.load(address, width)
    }
    mutating func store(_ address: UInt64, _ value: UInt64, _ width: AccessWidth) throws(TestFault) {
        try host.store(address, value, width)
    }
    mutating func atomicUpdate(
        _ operation: AtomicOperation, _ address: UInt64, _ operand: UInt64, _ width: AccessWidth
    ) throws(TestFault) -> UInt64 {
        try host.atomicUpdate(operation, address, operand, width)
    }
    mutating func compareAndStore(
        if condition: Bool, _ address: UInt64, expected: UInt64, desired: UInt64, _ width: AccessWidth
    ) throws(TestFault) -> Bool {
        try host.compareAndStore(if: condition, address, expected: expected, desired: desired, width)
    }
    mutating func fence(_ kind: FenceKind) { host.fence(kind) }

    func float(
        _ operation: FloatOperation, rounding: UInt64, _ a: UInt64, _ b: UInt64, _ c: UInt64
    ) -> UInt64 {
        var flags = FloatFlags(rawValue: 0)
        let mode = RoundingMode(rawValue: UInt8(rounding)) ?? .nearestEven
        let result = operation.evaluate(rounding: mode, a, b, c, &flags)
        host.state.flags |= flags.rawValue
        return result
    }

    func unboxSingle(_ a: UInt64) -> UInt64 {
        let (high, low) = a.quotientAndRemainder(dividingBy: 1 << 32)
        return high == 0xffff_ffff ? low : 0x7fc0_0000
    }

    mutating func jump(to target: UInt64) { next = target }
    mutating func jump(offset: Int64) { jump(to: programCounter(plus: offset)) }
    mutating func branch(if condition: Bool, offset: Int64) {
        if condition { next = programCounter(plus: offset) }
    }
    mutating func raise(_ cause: UInt64, _ value: UInt64) throws(TestFault) { try host.raise(cause, value) }
    mutating func raise(if condition: Bool, _ cause: UInt64, _ value: UInt64) throws(TestFault) {
        if condition { try raise(cause, value) }
    }
    mutating func callHelper(_ helper: UInt16, _ a: UInt64, _ b: UInt64) throws(TestFault) -> UInt64 {
        try host.callHelper(helper, a, b)
    }
    mutating func endBlock() { mustExit = true }
}

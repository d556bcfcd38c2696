// Guest memory, helpers and exceptions for tests, with a log of all that was asked.
import IR
import MachineCore

struct TestFault: Error, Hashable {
    let cause: UInt64
    let value: UInt64
}

/// One call of the host, with what it could see of the CPU.
struct HostCall: Hashable {
    let name: String
    let arguments: [UInt64]
    /// All state bytes; empty for calls that are not allowed to look.
    let state: [UInt8]
}

/// Memory of 1 KiB at address 0; everything else faults with cause 5 (load) or 7 (store).
struct TestHost: IRHost {
    static let memorySize = 1024
    let state: TestState
    var memory: [UInt8]
    var log: [HostCall] = []
    var starts: [[UInt64]] = []

    init(state: TestState, memory: [UInt8] = [UInt8](repeating: 0, count: memorySize)) {
        self.state = state
        self.memory = memory
    }

    private mutating func note(_ name: String, _ arguments: UInt64..., looks: Bool = true) {
        log.append(HostCall(name: name, arguments: arguments, state: looks ? state.bytes : []))
    }

    private func check(
        _ address: UInt64, _ width: AccessWidth, _ cause: UInt64
    ) throws(TestFault) -> Range<Int> {
        let limit = UInt64(memory.count) - width.byteCount
        guard address <= limit else { throw TestFault(cause: cause, value: address) }
        return Int(address)..<Int(address + width.byteCount)
    }

    private func peek(_ range: Range<Int>) -> UInt64 {
        range.reversed().reduce(0) { $0 << 8 | UInt64(memory[$1]) }
    }

    private mutating func poke(_ range: Range<Int>, _ value: UInt64) {
        for (shift, index) in range.enumerated() { memory[index] = UInt8(value >> UInt64(8 * shift) & 0xff) }
    }

    mutating func startInstruction(at programCounter: UInt64, retired: Int) {
        starts.append([programCounter, UInt64(retired)])
    }

    mutating func load(_ address: UInt64, _ width: AccessWidth) throws(TestFault) -> UInt64 {
        note("load", address, width.byteCount)
        return peek(try check(address, width, 5))
    }

    mutating func store(_ address: UInt64, _ value: UInt64, _ width: AccessWidth) throws(TestFault) {
        note("store", address, value & width.mask, width.byteCount)
        poke(try check(address, width, 7), value)
    }

    mutating func atomicUpdate(
        _ operation: AtomicOperation, _ address: UInt64, _ operand: UInt64, _ width: AccessWidth
    ) throws(TestFault) -> UInt64 {
        note("atomic", UInt64(operation.rawValue), address, operand & width.mask, width.byteCount)
        let range = try check(address, width, 7)
        let old = peek(range)
        poke(range, old &* 3 &+ operand &+ UInt64(operation.rawValue))
        return old
    }

    mutating func compareAndStore(
        if condition: Bool, _ address: UInt64, expected: UInt64, desired: UInt64, _ width: AccessWidth
    ) throws(TestFault) -> Bool {
        guard condition else { return false }
        note("compare", address, expected & width.mask, desired & width.mask, width.byteCount)
        let range = try check(address, width, 7)
        guard peek(range) == expected & width.mask else { return false }
        poke(range, desired)
        return true
    }

    mutating func fence(_ kind: FenceKind) { note("fence", UInt64(kind.rawValue), looks: false) }

    /// Changes a register and a scratch byte; faults for some numbers.
    mutating func callHelper(_ helper: UInt16, _ a: UInt64, _ b: UInt64) throws(TestFault) -> UInt64 {
        note("helper", UInt64(helper), a, b)
        if helper % 8 == 7, a & 1 == 1 { throw TestFault(cause: 100 + UInt64(helper), value: b) }
        state[register: Int(helper % 32)] = a &+ b &+ 1
        let scratch = TestLayout.scratch.lowerBound + Int(a % 40)
        state.pointer.storeBytes(of: UInt8(truncatingIfNeeded: b), toByteOffset: scratch, as: UInt8.self)
        return a ^ (b << 1) ^ UInt64(helper)
    }

    mutating func raise(_ cause: UInt64, _ value: UInt64) throws(TestFault) {
        note("raise", cause, value)
        throw TestFault(cause: cause, value: value)
    }
}

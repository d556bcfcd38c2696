// The CPU state block that the tests work on.
import IR
import MachineCore

/// 32 registers, a program counter, float flags and rounding, and a scratch area for accesses that overlap.
enum TestLayout {
    static let programCounter = 256
    static let flags = 264
    static let rounding = 265
    static let scratch = 272..<320
    static let byteCount = 320
    static let environment = IREnvironment(
        stateByteCount: byteCount, programCounterOffset: programCounter, floatFlagsOffset: flags,
        floatRoundingOffset: rounding)

    static func register(_ number: Int) -> Int { number * 8 }
}

/// A block of CPU state in memory of its own.
final class TestState {
    let pointer: UnsafeMutableRawPointer

    init() {
        pointer = .allocate(byteCount: TestLayout.byteCount, alignment: 16)
        pointer.initializeMemory(as: UInt8.self, repeating: 0, count: TestLayout.byteCount)
    }

    /// Random registers and scratch, at `programCounter`.
    convenience init(_ random: inout SplitMix, programCounter: UInt64) {
        self.init()
        for offset in stride(from: 0, to: TestLayout.byteCount, by: 8) {
            pointer.storeBytes(of: random.operand(), toByteOffset: offset, as: UInt64.self)
        }
        pointer.storeBytes(of: programCounter, toByteOffset: TestLayout.programCounter, as: UInt64.self)
        pointer.storeBytes(of: UInt8(random.next() & 31), toByteOffset: TestLayout.flags, as: UInt8.self)
    }

    deinit { pointer.deallocate() }

    var bytes: [UInt8] { Array(UnsafeRawBufferPointer(start: pointer, count: TestLayout.byteCount)) }

    func copy() -> TestState {
        let other = TestState()
        other.pointer.copyMemory(from: pointer, byteCount: TestLayout.byteCount)
        return other
    }

    subscript(register number: Int) -> UInt64 {
        get { pointer.load(fromByteOffset: number * 8, as: UInt64.self) }
        set { pointer.storeBytes(of: newValue, toByteOffset: number * 8, as: UInt64.self) }
    }

    var programCounter: UInt64 {
        get { pointer.load(fromByteOffset: TestLayout.programCounter, as: UInt64.self) }
        set { pointer.storeBytes(of: newValue, toByteOffset: TestLayout.programCounter, as: UInt64.self) }
    }

    var flags: UInt8 {
        get { pointer.load(fromByteOffset: TestLayout.flags, as: UInt8.self) }
        set { pointer.storeBytes(of: newValue, toByteOffset: TestLayout.flags, as: UInt8.self) }
    }
}

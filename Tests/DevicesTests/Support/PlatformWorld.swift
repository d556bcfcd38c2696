// The surroundings of one device under test: time, wires and a source of random numbers.
import Devices
import MachineCore

/// Virtual time that only the test moves.
struct PlatformWorld {
    let clock: VirtualClock
    let timers = TimerQueue()
    let context: DeviceContext

    init(epochOffset: UInt64 = 0) throws {
        let mode = ClockMode.deterministic(nanosecondsPerInstruction: 1)
        let state = VirtualClock.State(mode: mode, epochOffset: epochOffset)
        clock = VirtualClock(state: state, hostNanoseconds: { 0 })
        let memory = try GuestMemory(base: 0x8000_0000, byteCount: 4096)
        context = DeviceContext(memory: memory, clock: clock, timers: timers, log: MachineLog { _ in })
    }

    /// Goes to virtual time `nanoseconds`, and fires the timers that are due on the way.
    func advance(to nanoseconds: UInt64) {
        while let deadline = timers.nextDeadline, deadline <= nanoseconds {
            clock.skip(to: deadline)
            timers.fire(until: clock.now)
        }
        clock.skip(to: nanoseconds)
    }
}

/// The far end of interrupt wires.
final class PlatformWires: InterruptSink {
    private var levels: [Int: Bool] = [:]
    /// How often a wire was seen to rise.
    private(set) var rises = 0

    func setInput(_ input: Int, to level: Bool) {
        if level, levels[input] != true { rises += 1 }
        levels[input] = level
    }

    subscript(input: Int) -> Bool { levels[input] ?? false }

    func line(_ input: Int = 0) -> InterruptLine { InterruptLine(to: self, input: input) }
    func lines(_ count: Int) -> [InterruptLine] { (0..<count).map(line) }
}

/// SplitMix64: the same numbers in every run.
struct PlatformRandom: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
        return mixed ^ (mixed >> 31)
    }
}

extension Device {
    /// Reads and writes the registers in `offsets` and, less often, anywhere, with all widths.
    func fuzz(
        count: Int = 200_000, seed: UInt64, offsets: [UInt64],
        between: (inout PlatformRandom) -> Void = { _ in }
    ) {
        var random = PlatformRandom(seed: seed)
        let widths: [AccessWidth] = [.byte, .half, .word, .word, .word, .double]
        for _ in 0..<count {
            let known = offsets.randomElement(using: &random) ?? 0
            let offset: UInt64
            switch random.next() % 16 {
            case 0: offset = random.next()
            case 1: offset = known &+ random.next() % 16
            default: offset = known
            }
            let width = widths.randomElement(using: &random) ?? .word
            if random.next() & 1 == 0 {
                _ = read(at: offset, width: width)
            } else {
                let value = random.next() >> (random.next() % 64)
                write(value & width.mask, at: offset, width: width)
            }
            between(&random)
        }
    }
}

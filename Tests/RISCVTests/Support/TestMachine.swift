// A hart with RAM and a clock, and shorthands to look at what it does.
import MachineCore
@testable import RISCV

/// What the tests of memory, traps and registers run on: one hart and its RAM.
final class TestMachine {
    let memory: GuestMemory
    let bus = Bus()
    let hart: Hart
    let clock: VirtualClock
    let timebase: Timebase

    /// - Parameters:
    ///   - base: where RAM starts.
    ///   - byteCount: its size.
    init(base: UInt64 = 0x8000_0000, byteCount: UInt64 = 1 << 24, servesSupervisorCalls: Bool = false) throws {
        memory = try GuestMemory(base: base, byteCount: byteCount)
        clock = VirtualClock(state: .init(mode: .deterministic(nanosecondsPerInstruction: 10), epochOffset: 0)) { 0 }
        timebase = Timebase(clock: clock, nanosecondsPerTick: 100)
        let environment = HartEnvironment(
            memory: memory, bus: bus, timebase: timebase, servesSupervisorCalls: servesSupervisorCalls)
        hart = try Hart(index: 0, environment: environment)
    }
}

// The surroundings of a PC device under test: RAM at address 0 and what the device asked of its machine.
import Devices
import MachineCore

/// Notes what a guest asked of its machine.
final class PCControlRecorder: MachineControl {
    var events: [MachineEvent] = []
    func request(_ event: MachineEvent) { events.append(event) }
}

/// RAM from address 0 on, and virtual time that only the test moves.
struct PCIOWorld {
    let memory: GuestMemory
    let clock: VirtualClock
    let timers = TimerQueue()
    let context: DeviceContext
    let control = PCControlRecorder()
    let wires = PlatformWires()

    init(byteCount: UInt64 = 1 << 20, at time: UInt64 = 0) throws {
        memory = try GuestMemory(base: 0, byteCount: byteCount)
        let mode = ClockMode.deterministic(nanosecondsPerInstruction: 1)
        clock = VirtualClock(state: .init(mode: mode, epochOffset: 0), hostNanoseconds: { 0 })
        clock.skip(to: time)
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

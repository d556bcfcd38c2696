// The real-time clock: reading and setting the time, and the alarm.
import Devices
import MachineCore
import Testing

/// 2026-01-02 03:04:05 UTC in nanoseconds.
private let epoch: UInt64 = 1_767_323_045_000_000_000

private final class Bench {
    let world: PlatformWorld
    let wires = PlatformWires()
    let clock: GoldfishRTC

    init(restoring state: GoldfishRTC.State = .init(), at time: UInt64 = 0) throws {
        world = try PlatformWorld(epochOffset: epoch)
        world.advance(to: time)
        clock = try GoldfishRTC(.init(context: world.context, interrupt: wires.line()), restoring: state)
    }

    subscript(offset: UInt64) -> UInt64 {
        get { clock.read(at: offset, width: .word) }
        set { clock.write(newValue, at: offset, width: .word) }
    }

    /// The time as Linux reads it: low half first.
    var time: UInt64 {
        let low = self[0x00]
        return self[0x04] << 32 | low
    }

    /// The alarm as Linux sets it: high half first, because the low half arms it.
    func setAlarm(_ time: UInt64) {
        self[0x0c] = time >> 32
        self[0x08] = time & 0xffff_ffff
        self[0x10] = 1
    }
}

struct GoldfishRTCTests {
    @Test func snapshotConformance() throws {
        var benches: [Bench] = []
        try expectSnapshotConformance(
            powerOn: GoldfishRTC.State(),
            make: { state in
                benches.append(try Bench(restoring: state, at: 1_000))
                return benches[benches.count - 1].clock
            },
            mutate: { clock in
                _ = clock.read(at: 0, width: .word)
                let writes: [(UInt64, UInt64)] = [(4, 0x1234), (0, 0x5678), (0xc, 0x2345), (8, 9), (0x10, 1)]
                for (offset, value) in writes { clock.write(value, at: offset, width: .word) }
            },
            observe: { clock in (0..<8).map { clock.read(at: $0 * 4, width: .word) } })
    }

    @Test func showsTheMachinesTime() throws {
        let bench = try Bench()
        #expect(bench.time == epoch)
        bench.world.advance(to: 5_000_000_000)
        #expect(bench.time == epoch + 5_000_000_000)
    }

    @Test func readingTheLowHalfHoldsTheHighHalf() throws {
        let bench = try Bench()
        bench[0x04] = 7
        bench[0x00] = 0xffff_ffff
        #expect(bench[0x00] == 0xffff_ffff)
        bench.world.advance(to: 1)
        #expect(bench[0x04] == 7)
        #expect(bench.time == 8 << 32)
    }

    @Test func aGuestSetsTheTime() throws {
        let bench = try Bench(at: 1_000)
        let wanted: UInt64 = 0x1234_5678_9abc_def0
        bench[0x04] = wanted >> 32
        bench[0x00] = wanted & 0xffff_ffff
        bench.world.advance(to: 1_500)
        #expect(bench.time == wanted + 500)
        bench.clock.reset()
        #expect(bench.time == wanted + 500, "the clock has a battery")
    }

    @Test func alarm() throws {
        let bench = try Bench()
        bench.setAlarm(epoch + 700)
        #expect(bench[0x18] == 1 && bench[0x0c] << 32 | bench[0x08] == epoch + 700)
        bench.world.advance(to: 699)
        #expect(!bench.wires[0])
        bench.world.advance(to: 700)
        #expect(bench.wires[0] && bench[0x18] == 0)
        bench[0x1c] = 1
        #expect(!bench.wires[0])
        bench.world.advance(to: 10_000)
        #expect(bench.wires.rises == 1)
    }

    @Test func anAlarmInThePastComesAtOnce() throws {
        let bench = try Bench(at: 100)
        bench.setAlarm(epoch + 50)
        #expect(bench.wires[0] && bench[0x18] == 0)
    }

    @Test func clearedAndDisabledAlarms() throws {
        let bench = try Bench()
        bench.setAlarm(epoch + 100)
        bench[0x14] = 1
        #expect(bench[0x18] == 0 && bench.world.timers.nextDeadline == nil)
        bench.setAlarm(epoch + 100)
        bench[0x10] = 0
        bench.world.advance(to: 200)
        #expect(!bench.wires[0])
        bench[0x10] = 1
        #expect(bench.wires[0], "the event waited for its interrupt to be enabled")
    }

    @Test func settingTheTimeMovesTheAlarm() throws {
        let bench = try Bench()
        bench.setAlarm(epoch + 1_000_000)
        let later = epoch + 999_990
        bench[0x04] = later >> 32
        bench[0x00] = later & 0xffff_ffff
        #expect(bench.world.timers.nextDeadline == 10)
        bench.world.advance(to: 10)
        #expect(bench.wires[0])
    }

    @Test func restoringArmsTheTimerAndDrivesTheWire() throws {
        var state = GoldfishRTC.State()
        state.alarm = epoch + 500
        state.alarmIsArmed = true
        #expect(try Bench(restoring: state, at: 100).world.timers.nextDeadline == 500)
        // Due already, but it is the timer's turn: a restore alone changes nothing.
        let late = try Bench(restoring: state, at: 900)
        #expect(late.clock.state == state && late.world.timers.nextDeadline == 900)
        state.interruptIsEnabled = true
        state.interruptIsPending = true
        #expect(try Bench(restoring: state).wires[0])
    }

    @Test func fuzz() throws {
        let bench = try Bench()
        var time: UInt64 = 0
        bench.clock.fuzz(seed: 0x601d, offsets: (0..<9).map { $0 * 4 }) {
            time += $0.next() % 1_000
            bench.world.advance(to: time)
        }
    }
}

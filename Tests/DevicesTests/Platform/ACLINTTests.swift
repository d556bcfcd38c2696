// The ACLINT: software interrupts, the timer's comparison and a writable mtime.
import Devices
import MachineCore
import Testing

/// An ACLINT for three harts at 10 MHz; inputs 0... are software wires, 10... timer wires.
private final class Bench {
    let world: PlatformWorld
    let wires = PlatformWires()
    let aclint: ACLINT
    var jumps = 0

    init(restoring state: ACLINT.State = .init(hartCount: 3), at time: UInt64 = 0) throws {
        let world = try PlatformWorld()
        world.advance(to: time)
        self.world = world
        let wires = wires
        var onJump: () -> Void = {}
        aclint = try ACLINT(
            .init(
                context: world.context, softwareLines: wires.lines(3),
                timerLines: (10..<13).map(wires.line), timeChanged: { onJump() }),
            restoring: state)
        onJump = { [unowned self] in jumps += 1 }
    }
}

private let mtime: UInt64 = 0xbff8
private func mtimecmp(_ hart: UInt64) -> UInt64 { 0x4000 + hart * 8 }

struct ACLINTTests {
    @Test func snapshotConformance() throws {
        var benches: [Bench] = []
        try expectSnapshotConformance(
            powerOn: ACLINT.State(hartCount: 3),
            make: { state in
                benches.append(try Bench(restoring: state, at: 12_345))
                return benches[benches.count - 1].aclint
            },
            mutate: { aclint in
                aclint.write(1, at: 4, width: .word)
                aclint.write(1_000, at: mtimecmp(2), width: .double)
                aclint.write(77_777, at: mtime, width: .double)
            },
            observe: { aclint in
                let words: [UInt64] = [0, 4, 8]
                let doubles = [mtimecmp(0), mtimecmp(1), mtimecmp(2), mtime]
                return words.map { aclint.read(at: $0, width: .word) }
                    + doubles.map { aclint.read(at: $0, width: .double) }
            })
    }

    @Test func softwareInterruptsFollowBitZero() throws {
        let bench = try Bench()
        bench.aclint.write(0xffff_ffff, at: 4, width: .word)
        #expect(bench.wires[1] && !bench.wires[0] && !bench.wires[2])
        #expect(bench.aclint.read(at: 4, width: .word) == 1)
        bench.aclint.write(0xffff_fffe, at: 4, width: .word)
        #expect(!bench.wires[1])
        bench.aclint.write(1, at: 12, width: .word)
        #expect(bench.aclint.read(at: 12, width: .word) == 0, "there is no hart 3")
    }

    @Test func timeCountsHundredsOfNanoseconds() throws {
        let bench = try Bench()
        bench.world.advance(to: 99)
        #expect(bench.aclint.read(at: mtime, width: .double) == 0)
        bench.world.advance(to: 100)
        #expect(bench.aclint.read(at: mtime, width: .double) == 1)
        bench.world.advance(to: 1_000_000_000)
        #expect(bench.aclint.read(at: mtime, width: .double) == 10_000_000)
    }

    @Test func theInterruptComesInTheVeryTickAndGoesWithTheComparison() throws {
        let bench = try Bench()
        bench.aclint.write(50, at: mtimecmp(0), width: .double)
        bench.aclint.write(70, at: mtimecmp(2), width: .double)
        #expect(bench.world.timers.nextDeadline == 5_000)
        bench.world.advance(to: 4_999)
        #expect(!bench.wires[10])
        bench.world.advance(to: 5_000)
        #expect(bench.wires[10] && !bench.wires[12])
        #expect(bench.world.timers.nextDeadline == 7_000)
        bench.aclint.write(60, at: mtimecmp(0), width: .double)
        #expect(!bench.wires[10])
        bench.world.advance(to: 10_000)
        #expect(bench.wires[10] && bench.wires[12] && !bench.wires[11])
        #expect(bench.world.timers.nextDeadline == nil)
    }

    /// The order that the privileged manual gives for 32-bit harts: no interrupt in between.
    @Test func comparisonIsWrittenInHalves() throws {
        let bench = try Bench(at: 1_000_000)
        bench.aclint.write(0xffff_ffff, at: mtimecmp(1), width: .word)
        bench.aclint.write(1, at: mtimecmp(1) + 4, width: .word)
        bench.aclint.write(0x89ab_cdef, at: mtimecmp(1), width: .word)
        #expect(bench.aclint.read(at: mtimecmp(1), width: .double) == 0x1_89ab_cdef)
        #expect(bench.aclint.read(at: mtimecmp(1) + 4, width: .word) == 1)
        #expect(bench.wires.rises == 0)
        bench.aclint.write(0, at: mtimecmp(1) + 4, width: .word)
        bench.aclint.write(10_000, at: mtimecmp(1), width: .word)
        #expect(bench.wires[11])
    }

    @Test func writingTheTimeMovesAllTimers() throws {
        let bench = try Bench(at: 500)
        bench.aclint.write(1_000_010, at: mtimecmp(0), width: .double)
        bench.aclint.write(1_000_000, at: mtime, width: .double)
        #expect(bench.jumps == 1)
        #expect(bench.aclint.time == 1_000_000)
        #expect(bench.world.timers.nextDeadline == 1_500)
        bench.world.advance(to: 1_500)
        #expect(bench.wires[10])
        bench.aclint.write(5, at: mtime, width: .double)
        #expect(!bench.wires[10])
        bench.aclint.write(1, at: mtime + 4, width: .word)
        #expect(bench.aclint.read(at: mtime, width: .double) == 0x1_0000_0005)
        #expect(bench.aclint.read(at: mtime + 4, width: .word) == 1 && bench.wires[10])
    }

    @Test func momentsBeyondAllTimeArmNothing() throws {
        let bench = try Bench()
        bench.aclint.write(.max - 1, at: mtimecmp(0), width: .double)
        #expect(bench.world.timers.nextDeadline == nil)
        bench.aclint.write(.max, at: mtime, width: .double)
        #expect(bench.wires[10])
    }

    @Test func resetSetsTheTimeToZero() throws {
        let bench = try Bench(at: 123_456_789)
        bench.aclint.write(0, at: mtimecmp(0), width: .double)
        bench.aclint.write(1, at: 0, width: .word)
        #expect(bench.wires[0] && bench.wires[10])
        bench.aclint.reset()
        #expect(!bench.wires[0] && !bench.wires[10] && bench.aclint.time == 0 && bench.jumps == 1)
    }

    @Test func restoringDrivesWiresAndTimers() throws {
        var state = ACLINT.State(hartCount: 3)
        state.softwareInterrupts[2] = true
        state.timeCompare = [10, 1_000, .max]
        let bench = try Bench(restoring: state, at: 5_000)
        #expect(bench.wires[2] && bench.wires[10] && !bench.wires[11])
        #expect(bench.world.timers.nextDeadline == 100_000)
    }

    @Test func otherWidthsAndPlacesDoNothing() throws {
        let bench = try Bench(at: 1_000)
        let before = bench.aclint.state
        for (offset, width) in [
            (mtime, AccessWidth.byte), (mtime, .half), (mtime + 4, .double), (mtime + 2, .word), (0, .double),
            (0x4000 - 4, .word), (mtimecmp(3), .double), (0xc000, .double), (.max - 7, .double),
        ] {
            bench.aclint.write(1, at: offset, width: width)
            #expect(bench.aclint.read(at: offset, width: width) == 0)
        }
        #expect(bench.aclint.state == before)
    }

    @Test func impossibleStatesAreRefused() {
        #expect(throws: StateError.self) { try Bench(restoring: .init(hartCount: 2)) }
        var state = ACLINT.State(hartCount: 3)
        state.softwareInterrupts = [false]
        #expect(throws: StateError.self) { try Bench(restoring: state) }
    }

    @Test func fuzz() throws {
        let bench = try Bench()
        var time: UInt64 = 0
        let offsets = [0, 4, 8, 12, mtimecmp(0), mtimecmp(0) + 4, mtimecmp(1), mtimecmp(2) + 4, mtime]
        bench.aclint.fuzz(seed: 0xac1, offsets: offsets) {
            time += $0.next() % 1_000
            bench.world.advance(to: time)
            for hart in 0..<3 {
                let isDue = bench.aclint.time >= bench.aclint.state.timeCompare[hart]
                if bench.wires[10 + hart] != isDue { Issue.record("hart \(hart) at \(bench.aclint.time)") }
            }
        }
    }
}

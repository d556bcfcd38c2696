// Power management, used as ACPI drivers use it.
import Devices
import MachineCore
import Testing

private final class Bench {
    let world: PCIOWorld
    let device: PowerManagement
    let ports: any Device

    init(restoring state: PowerManagement.State = .init(), at time: UInt64 = 0) throws {
        world = try PCIOWorld(at: time)
        device = try PowerManagement(
            .init(context: world.context, interrupt: world.wires.line(), control: world.control),
            restoring: state)
        ports = device.makeCommandPorts()
    }

    var interrupt: Bool { world.wires[0] }

    subscript(offset: UInt64, width: AccessWidth) -> UInt64 {
        get { device.read(at: offset, width: width) }
        set { device.write(newValue, at: offset, width: width) }
    }
}

private let second: UInt64 = 1_000_000_000

struct PowerManagementTests {
    @Test(arguments: [(0, true), (7, true), (6, true), (5, false), (1, false)] as [(UInt64, Bool)])
    func sleepTypes(type: UInt64, switchesOff: Bool) throws {
        let bench = try Bench()
        bench[4, .half] = type << 10
        #expect(bench.world.control.events.isEmpty)
        bench[4, .half] = type << 10 | 1 << 13
        #expect(bench.world.control.events == (switchesOff ? [.powerOff(status: 0)] : []))
        #expect(bench[4, .half] == type << 10, "SLP_EN reads as 0")
    }

    @Test func byteWritesSleepToo() throws {
        let bench = try Bench()
        bench[5, .byte] = 0x3c
        #expect(bench.world.control.events == [.powerOff(status: 0)])
    }

    @Test func theTimerCountsAtItsRate() throws {
        let bench = try Bench()
        #expect(bench[8, .word] == 0)
        bench.world.advance(to: second)
        #expect(bench[8, .word] == 3_579_545)
        bench.world.advance(to: 10 * second)
        #expect(bench[8, .word] == 35_795_450 % (1 << 24))
        bench.world.advance(to: .max)
        #expect(bench[8, .word] < 1 << 24)
    }

    @Test func theTimerCarriesEvery2343Milliseconds() throws {
        let bench = try Bench()
        bench[2, .half] = 1
        bench[4, .half] = 1
        let carry = (UInt64(1) << 23) * second / 3_579_545
        bench.world.advance(to: carry)
        #expect(!bench.interrupt && bench[0, .half] == 0)
        bench.world.advance(to: carry + 1)
        #expect(bench.interrupt && bench[0, .half] == 1)
        bench[0, .half] = 1
        #expect(!bench.interrupt && bench[0, .half] == 0)
        bench.world.advance(to: 2 * carry + 2)
        #expect(bench.interrupt)
        bench[0, .half] = 1
        bench[2, .half] = 0
        bench.world.advance(to: 10 * carry)
        #expect(!bench.interrupt && bench.world.timers.nextDeadline == nil && bench[0, .half] == 1)
    }

    @Test func eventsInterruptOnceAllowed() throws {
        let bench = try Bench()
        bench.device.pressPowerButton()
        #expect(bench[0, .half] == 0x100 && !bench.interrupt)
        bench[2, .half] = 0x0100
        #expect(!bench.interrupt, "before SCI_EN")
        bench.ports.write(2, at: 0, width: .byte)
        #expect(bench.interrupt && bench[4, .half] & 1 == 1)
        bench[0, .word] = 0x0100_0100
        #expect(!bench.interrupt && bench[0, .word] == 0x0100_0000)
        bench.device.raise(generalPurposeEvent: 34)
        bench[0x2c, .byte] = 0x04
        #expect(bench.interrupt && bench[0x24, .byte] == 4)
        bench[0x24, .byte] = 4
        #expect(!bench.interrupt)
        bench.device.raise(generalPurposeEvent: 64)
        bench.device.raise(generalPurposeEvent: -1)
        bench.ports.write(3, at: 0, width: .byte)
        #expect(bench[4, .half] & 1 == 0)
    }

    /// SeaBIOS skips system management mode when this bit is set, and waits for it forever otherwise.
    @Test func firmwareFindsSystemManagementDone() throws {
        let bench = try Bench()
        #expect(bench[0x30, .word] & 0x20 != 0)
        bench[0x30, .word] = 0
        #expect(bench[0x30, .word] == 0x20)
        bench.ports.write(0x55, at: 1, width: .byte)
        #expect(bench.ports.read(at: 1, width: .byte) == 0x55 && bench.ports.read(at: 0, width: .byte) == 0)
    }

    @Test func resetKeepsTheTimer() throws {
        let bench = try Bench(at: 5 * second)
        let before = bench[8, .word]
        bench[2, .half] = 0x0521
        bench.device.reset()
        #expect(bench[8, .word] == before && bench[0, .word] == 0)
    }

    @Test func snapshotConformance() throws {
        var benches: [Bench] = []
        try expectSnapshotConformance(
            powerOn: PowerManagement.State(),
            make: { (state: PowerManagement.State) -> PowerManagement in
                benches.append(try Bench(restoring: state, at: 3 * second))
                return benches[benches.count - 1].device
            },
            mutate: { (device: PowerManagement) in
                _ = device.read(at: 0, width: .word)
                device.write(0x101, at: 2, width: .half)
                device.write(device.read(at: 0x28, width: .word) + 5, at: 0x28, width: .word)
                device.pressPowerButton()
            },
            observe: { device in (0..<16).map { device.read(at: $0 * 4, width: .word) } })
        #expect(benches[0].interrupt == benches[1].interrupt)
        var bad = PowerManagement.State()
        bad.status = 0x4000
        #expect(throws: StateError.self) { try Bench(restoring: bad) }
    }

    @Test func fuzz() throws {
        let bench = try Bench()
        bench.device.fuzz(count: 100_000, seed: 0x600, offsets: (0..<32).map { $0 * 4 }) { random in
            bench.world.advance(to: bench.world.clock.now &+ random.next() % second)
        }
        bench.ports.fuzz(count: 20_000, seed: 0xb2, offsets: [0, 1])
    }
}

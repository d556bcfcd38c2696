// The keyboard controller, used as SeaBIOS and Linux use it.
import Devices
import MachineCore
import Testing

struct KeyboardControllerTests {
    /// What SeaBIOS does to set up a keyboard.
    @Test func firmwareSetsUpTheKeyboard() throws {
        let bench = try KeyboardBench()
        #expect(bench.status & 3 == 0)
        bench.command(0xaa)
        #expect(bench.status & 1 == 1 && bench.read() == [0x55])
        bench.command(0xab)
        #expect(bench.read() == [0x00])
        bench.command(0x60, 0x30)
        bench.command(0x60, 0x20)
        #expect(bench.ask(0xff) == [0xfa, 0xaa])
        #expect(bench.ask(0xf5) == [0xfa])
        #expect(bench.ask(0xf0) == [0xfa] && bench.ask(2) == [0xfa])
        bench.command(0x60, 0x61)
        #expect(bench.ask(0xf4) == [0xfa])
        bench.command(0x20)
        #expect(bench.read() == [0x61])
        #expect(bench.press(Key(rawValue: 0x04)) == [0x1e] && bench.release(Key(rawValue: 0x04)) == [0x9e])
    }

    /// Linux's `i8042_check_aux` and its tests for an active multiplexer.
    @Test func linuxFindsTheMousePort() throws {
        let bench = try KeyboardBench()
        bench.command(0xd3, 0x5a)
        #expect(bench.status & 0x21 == 0x21 && bench.world.wires[12])
        #expect(bench.read() == [0x5a])
        for byte in [0xf0, 0x56, 0xa4] as [UInt8] {
            bench.command(0xd3, byte)
            #expect(bench.read() == [byte], "the multiplexer would answer something else")
        }
        bench.command(0xa7)
        bench.command(0x20)
        #expect(bench.read()[0] & 0x20 != 0)
        bench.command(0xa8)
        bench.command(0x20)
        #expect(bench.read()[0] & 0x20 == 0)
        bench.command(0xa9)
        #expect(bench.read() == [0])
    }

    @Test func interruptsFollowTheOutputBuffer() throws {
        let bench = try KeyboardBench()
        let before = bench.world.wires.rises
        bench.controller.send(KeyEvent(.right, isPress: true))
        #expect(bench.world.wires[1] && bench.world.wires.rises == before + 1)
        #expect(bench.read(limit: 1) == [0xe0])
        #expect(bench.world.wires[1] && bench.world.wires.rises == before + 2, "an edge for each byte")
        #expect(bench.read() == [0x4d] && !bench.world.wires[1])
        bench.command(0x60, 0x46)
        bench.controller.send(KeyEvent(.right, isPress: true))
        #expect(!bench.world.wires[1] && bench.status & 1 == 1)
        bench.command(0x60, 0x47)
        #expect(bench.world.wires[1])
    }

    @Test func aDisabledKeyboardWaits() throws {
        let bench = try KeyboardBench()
        bench.command(0xad)
        #expect(bench.press(.enter) == [])
        bench.command(0xae)
        #expect(bench.read() == [0x1c])
        bench.command(0xad)
        #expect(bench.ask(0xee) == [0xee], "sending to it enables it")
    }

    @Test func theOutputPortHasA20AndReset() throws {
        let bench = try KeyboardBench()
        #expect(bench.world.wires[20])
        bench.command(0xd0)
        #expect(bench.read() == [0xcf])
        bench.command(0xd1, 0xdd)
        #expect(!bench.world.wires[20])
        bench.command(0xdf)
        #expect(bench.world.wires[20] && bench.world.control.events.isEmpty)
        bench.command(0xfe)
        bench.command(0xd1, 0xde)
        bench.command(0xff)
        #expect(bench.world.control.events == [.reset, .reset])
        bench.command(0xc0)
        #expect(bench.read() == [0x80])
    }

    @Test func typingIsPacedByTimeAndByTheReader() throws {
        let bench = try KeyboardBench()
        #expect(try bench.controller.type("Ab") == 6)
        #expect(bench.read() == [], "the first key comes with the next look at the timers")
        bench.world.advance(to: 0)
        #expect(bench.read() == [0x2a])
        bench.world.advance(to: 100 * KeyboardController.typingInterval)
        #expect(bench.read() == [0x1e] && bench.read() == [], "no more before the guest has read")
        var typed: [UInt8] = []
        for step in 101..<110 as Range<UInt64> {
            bench.world.advance(to: step * KeyboardController.typingInterval)
            typed += bench.read()
        }
        #expect(typed == [0x9e, 0xaa, 0x30, 0xb0] && bench.world.timers.nextDeadline == nil)
        let many = [KeyEvent](repeating: KeyEvent(.space, isPress: true), count: 20_000)
        #expect(bench.controller.type(many) == KeyboardController.typingCapacity)
        #expect(throws: UntypableCharacter(character: "ä")) { try bench.controller.type("ä") }
    }

    @Test func snapshotConformance() throws {
        var benches: [KeyboardBench] = []
        try expectSnapshotConformance(
            powerOn: KeyboardController.State(),
            make: { (state: KeyboardController.State) -> KeyboardController in
                benches.append(try KeyboardBench(restoring: state, at: 5))
                return benches[benches.count - 1].controller
            },
            mutate: { (controller: KeyboardController) in
                let data = controller.makeDataPort()
                let command = controller.makeCommandPort()
                for byte in [0xed, 7, 0xf0] as [UInt64] { data.write(byte, at: 0, width: .byte) }
                command.write(0xd4, at: 0, width: .byte)
                data.write(0xf4, at: 0, width: .byte)
                controller.moveMouse(right: 300, down: -5, wheel: 1)
                controller.send(KeyEvent(.pageUp, isPress: true))
                _ = try controller.type("x")
            },
            observe: { (controller: KeyboardController) in
                let data = controller.makeDataPort()
                let command = controller.makeCommandPort()
                return (0..<40).map { _ in
                    command.read(at: 0, width: .byte) << 8 | data.read(at: 0, width: .byte)
                }
            })
        let last = benches[benches.count - 1]
        #expect(last.world.timers.nextDeadline == benches[0].world.timers.nextDeadline)
        var bad = KeyboardController.State()
        bad.outputPort = 0xff
        #expect(throws: StateError.self) { try KeyboardBench(restoring: bad) }
    }

    @Test func fuzz() throws {
        let bench = try KeyboardBench()
        for (index, port) in bench.ports.enumerated() {
            port.fuzz(count: 60_000, seed: UInt64(index), offsets: [0]) { random in
                let other = bench.ports[1 - index]
                if random.next() % 2 == 0 { other.write(random.next() % 256, at: 0, width: .byte) }
                let number = random.next()
                switch number % 8 {
                case 0:
                    let key = Key(rawValue: UInt8(truncatingIfNeeded: number >> 8))
                    bench.controller.send(KeyEvent(key, isPress: number >> 16 & 1 == 0))
                case 1:
                    let distance = Int32(truncatingIfNeeded: number >> 8)
                    bench.controller.moveMouse(right: distance, down: ~distance, wheel: .min)
                case 2: bench.controller.setMouseButtons(UInt8(truncatingIfNeeded: number >> 8))
                case 3: _ = try? bench.controller.type("Hello?\n")
                case 4: bench.world.advance(to: bench.world.clock.now &+ number % 20_000_000)
                default: _ = bench.read(limit: 8)
                }
            }
        }
        #expect(throws: Never.self) { try encodedAndDecoded(bench.controller.state) }
        _ = try KeyboardBench(restoring: bench.controller.state)
    }
}

// The 16550A: registers, FIFOs and interrupts as its data sheet and the drivers of Linux expect them.
import Devices
import MachineCore
import Testing

/// A UART with both ends of its cable in hand.
private final class Bench {
    let wires = PlatformWires()
    let port: CharacterPort
    let uart: UART16550
    var sent: [UInt8] = []

    init(restoring state: UART16550.State = .init()) throws {
        port = CharacterPort()
        uart = try UART16550(.init(port: port, interrupt: wires.line()), restoring: state)
        port.output = { [unowned self] in sent += $0 }
    }

    var interrupts: Bool { wires[0] }

    subscript(offset: UInt64) -> UInt8 {
        get { UInt8(uart.read(at: offset, width: .byte)) }
        set { uart.write(UInt64(newValue), at: offset, width: .byte) }
    }
}

/// Register offsets, by the names in the data sheet.
private let rbr: UInt64 = 0, thr: UInt64 = 0, dll: UInt64 = 0
private let ier: UInt64 = 1, dlm: UInt64 = 1
private let iir: UInt64 = 2, fcr: UInt64 = 2
private let lcr: UInt64 = 3, mcr: UInt64 = 4, lsr: UInt64 = 5, msr: UInt64 = 6, scr: UInt64 = 7

struct UART16550Tests {
    @Test func snapshotConformance() throws {
        var ports: [CharacterPort] = []
        try expectSnapshotConformance(
            powerOn: UART16550.State(),
            make: { state in
                ports.append(CharacterPort())
                let wire = PlatformWires().line()
                return try UART16550(.init(port: ports[ports.count - 1], interrupt: wire), restoring: state)
            },
            mutate: { uart in
                let writes: [(UInt64, UInt64)] = [
                    (lcr, 0x80), (dll, 0x34), (dlm, 0x12), (lcr, 0x03), (fcr, 0x81), (ier, 0x0f), (mcr, 0x1b),
                    (scr, 0x5a),
                ]
                for (offset, value) in writes { uart.write(value, at: offset, width: .byte) }
                for character in 0..<UInt64(17) { uart.write(character, at: thr, width: .byte) }
            },
            observe: { uart in (UInt64(0)..<8).map { uart.read(at: $0, width: .byte) } })
    }

    @Test func powerOnValuesAreThoseOfTableI() throws {
        let bench = try Bench()
        #expect(bench[ier] == 0 && bench[iir] == 0x01 && bench[lcr] == 0 && bench[mcr] == 0)
        #expect(bench[lsr] == 0x60)
        #expect(bench[msr] & 0x0f == 0)
        #expect(!bench.interrupts)
    }

    /// What Linux's 8250 driver does to find out what it has (autoconfig, autoconfig_16550a).
    @Test func linuxFindsA16550A() throws {
        let bench = try Bench()
        bench[ier] = 0
        #expect(bench[ier] & 0x0f == 0)
        bench[ier] = 0x0f
        #expect(bench[ier] & 0x0f == 0x0f)
        bench[ier] = 0
        // Loopback with OUT2 and RTS must show DCD and CTS.
        bench[mcr] = 0x1a
        #expect(bench[msr] & 0xf0 == 0x90)
        bench[mcr] = 0
        bench[lcr] = 0xbf
        bench[2] = 0
        bench[lcr] = 0
        bench[fcr] = 0x01
        #expect(bench[iir] >> 6 == 3)
        // Neither a 16650 (whose EFR would read 0 here) ...
        bench[lcr] = 0x80
        #expect(bench[2] != 0)
        bench[lcr] = 0xbf
        #expect(bench[2] != 0)
        // ... nor a National Super-I/O, whose second bank would show MCR's loopback bit ...
        bench[lcr] = 0
        bench[mcr] = 0x10
        bench[lcr] = 0xe0
        #expect(bench[2] & 0x10 == 0)
        bench[lcr] = 0
        bench[mcr] = 0
        // ... nor a 16750, which has a 64-byte mode ...
        bench[fcr] = 0x21
        #expect(bench[iir] & 0xe0 == 0xc0)
        // ... nor an XScale, which has a unit-enable bit.
        bench[ier] = 0x40
        #expect(bench[ier] == 0)
    }

    /// size_fifo of the same driver counts how much of 256 looped-back characters stays.
    @Test func linuxCountsSixteenCharacters() throws {
        let bench = try Bench()
        bench[fcr] = 0x07
        bench[mcr] = 0x10
        for character in 0..<UInt8(255) { bench[thr] = character }
        var count = 0
        while bench[lsr] & 1 != 0, count < 256 {
            #expect(bench[rbr] == UInt8(count))
            count += 1
        }
        #expect(count == 16)
    }

    /// serial8250_do_startup: the transmitter interrupt must come each time when it is enabled.
    @Test func enablingTheTransmitInterruptRaisesItEachTime() throws {
        let bench = try Bench()
        for _ in 0..<3 {
            bench[ier] = 0x02
            #expect(bench.interrupts)
            #expect(bench[iir] & 0x0f == 0x02)
            // Reading IIR was the acknowledgement.
            #expect(bench[iir] & 0x0f == 0x01)
            #expect(!bench.interrupts)
            bench[ier] = 0x02
            #expect(!bench.interrupts, "writing IER without a change is no event")
            bench[ier] = 0
        }
    }

    @Test func eachCharacterSentRaisesTheTransmitInterrupt() throws {
        let bench = try Bench()
        bench[ier] = 0x02
        _ = bench[iir]
        for character in "ok".utf8 {
            bench[thr] = character
            #expect(bench.interrupts && bench[lsr] & 0x60 == 0x60)
            #expect(bench[iir] == 0x02)
        }
        #expect(bench.sent == Array("ok".utf8))
    }

    @Test(arguments: [(UInt8(0x01), 1), (0x41, 4), (0x81, 8), (0xc1, 14)])
    func triggerLevelAndTimeout(control: UInt8, level: Int) throws {
        let bench = try Bench()
        bench[fcr] = control
        bench[ier] = 0x01
        for count in 1...16 {
            bench.port.offer([UInt8(count)])
            #expect(bench.interrupts)
            #expect(bench[iir] == (count < level ? 0xcc : 0xc4), "after \(count) characters")
        }
        for left in (0..<16).reversed() {
            #expect(bench[rbr] == UInt8(16 - left))
            #expect(bench[iir] == (left == 0 ? 0xc1 : left < level ? 0xcc : 0xc4))
        }
        #expect(!bench.interrupts && bench[rbr] == 0)
    }

    @Test func inputWaitsForRoomAndIsNeverLost() throws {
        let bench = try Bench()
        let text = (0..<1000).map { UInt8(truncatingIfNeeded: $0) }
        #expect(bench.port.offer(text) == 1000)
        #expect(bench.port.pendingCount == 999, "without FIFOs there is one register")
        #expect(bench[rbr] == 0)
        bench[fcr] = 0x01
        // Enabling the FIFOs empties the receiver: one character more is gone.
        #expect(bench.port.pendingCount == 998 - 16)
        var received: [UInt8] = []
        while bench[lsr] & 1 != 0 { received.append(bench[rbr]) }
        #expect(received == Array(text.dropFirst(2)))
        #expect(bench[lsr] & 0x02 == 0)
    }

    @Test func clearingTheReceiveFIFO() throws {
        let bench = try Bench()
        bench[fcr] = 0x01
        bench.port.offer([1, 2, 3])
        bench[fcr] = 0x02
        #expect(bench[iir] & 0xc0 == 0, "without the enable bit FIFOs go off, and the rest is not taken")
        bench[fcr] = 0x01
        bench.port.offer([4, 5])
        bench[fcr] = 0x03
        #expect(bench[lsr] & 1 == 0)
    }

    @Test func overrunIsTheFirstInterruptAndEndsWithReadingLSR() throws {
        let bench = try Bench()
        bench[mcr] = 0x10
        bench[ier] = 0x0f
        bench[thr] = 0x11
        bench[thr] = 0x22
        #expect(bench[iir] == 0x06)
        #expect(bench[lsr] == 0x63)
        #expect(bench[lsr] == 0x61)
        #expect(bench[iir] == 0x04)
        #expect(bench[rbr] == 0x22, "a single register is overwritten")
        #expect(bench[iir] == 0x02)
        // The switch to loopback took DSR, CTS and DCD away.
        #expect(bench[iir] == 0x00 && bench[msr] == 0x0b)
        #expect(bench[iir] == 0x01 && !bench.interrupts)
        #expect(bench.sent.isEmpty)
    }

    @Test func loopbackCutsInputOff() throws {
        let bench = try Bench()
        bench[mcr] = 0x10
        bench.port.offer([7])
        #expect(bench[lsr] & 1 == 0)
        bench[mcr] = 0
        #expect(bench[lsr] & 1 == 1 && bench[rbr] == 7)
    }

    @Test func ringCountsWhenItEnds() throws {
        let bench = try Bench()
        bench[mcr] = 0x10
        _ = bench[msr]
        bench[mcr] = 0x14
        #expect(bench[msr] == 0x40)
        bench[mcr] = 0x10
        #expect(bench[msr] == 0x04)
        #expect(bench[msr] == 0x00)
    }

    @Test func divisorLatchesHideTwoRegisters() throws {
        let bench = try Bench()
        bench[ier] = 0x05
        bench[lcr] = 0x83
        bench[dll] = 0xcd
        bench[dlm] = 0xab
        #expect(bench[dll] == 0xcd && bench[dlm] == 0xab)
        bench[lcr] = 0x03
        #expect(bench[ier] == 0x05 && bench.sent.isEmpty)
    }

    @Test func widerAccessesActOnTheLowByte() throws {
        let bench = try Bench()
        bench.uart.write(0x1234_5641, at: thr, width: .word)
        #expect(bench.sent == [0x41])
        bench.uart.write(0xffff_ff77, at: scr, width: .double)
        #expect(bench.uart.read(at: scr, width: .double) == 0x77)
        #expect(bench.uart.read(at: 8, width: .byte) == 0)
    }

    @Test func restoringDrivesTheWireAndTakesInput() throws {
        var state = UART16550.State()
        state.interruptEnable = 0x01
        state.receiveFIFO = [1]
        #expect(try Bench(restoring: state).interrupts)
    }

    @Test func resetGoesBackToPowerOn() throws {
        let bench = try Bench()
        bench[fcr] = 0x01
        bench[ier] = 0x02
        bench.uart.reset()
        #expect(bench.uart.state == UART16550.State() && !bench.interrupts)
    }

    @Test func impossibleStatesAreRefused() {
        let changes: [(inout UART16550.State) -> Void] = [
            { $0.receiveFIFO = [1, 2] },
            { $0.fifoControl = 1; $0.receiveFIFO = Array(repeating: 0, count: 17) },
            { $0.interruptEnable = 0x10 }, { $0.fifoControl = 0x05 }, { $0.fifoControl = 0xc0 },
            { $0.modemControl = 0x20 }, { $0.modemChanges = 0x10 },
        ]
        for change in changes {
            var state = UART16550.State()
            change(&state)
            #expect(throws: StateError.self) { try Bench(restoring: state) }
        }
    }

    @Test func fuzz() throws {
        let bench = try Bench()
        bench.uart.fuzz(seed: 0x16550, offsets: Array(0...8)) { random in
            if random.next() % 8 == 0 { bench.port.offer([UInt8(truncatingIfNeeded: random.next())]) }
            if random.next() % 64 == 0 { bench.sent = [] }
        }
        _ = try Bench(restoring: bench.uart.state)
    }
}

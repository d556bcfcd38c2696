// The ports for reset and the A20 gate.
import Devices
import MachineCore
import Testing

struct SystemControlTests {
    private let control = PCControlRecorder()
    private let wires = PlatformWires()

    @Test func port92OpensTheGateAndResets() throws {
        let port = try SystemControlPort(
            .init(addressLine20: wires.line(), control: control), restoring: .init())
        port.write(2, at: 0, width: .byte)
        #expect(wires[0] && port.read(at: 0, width: .byte) == 2 && control.events.isEmpty)
        port.write(0xff, at: 0, width: .byte)
        port.write(0x03, at: 0, width: .byte)
        #expect(control.events == [.reset], "only the rising edge resets")
        port.reset()
        #expect(!wires[0] && port.read(at: 0, width: .byte) == 0)
        port.fuzz(count: 20_000, seed: 0x92, offsets: [0])
    }

    @Test func theResetRegisterResetsOnTheRisingEdge() throws {
        let port = try ResetControl(.init(control: control), restoring: .init())
        port.write(0x02, at: 0, width: .byte)
        #expect(control.events.isEmpty && port.read(at: 0, width: .byte) == 2)
        port.write(0x06, at: 0, width: .byte)
        port.write(0x0e, at: 0, width: .byte)
        #expect(control.events == [.reset])
        port.write(0x0a, at: 0, width: .byte)
        port.write(0x0e, at: 0, width: .byte)
        #expect(control.events == [.reset, .reset])
        port.fuzz(count: 20_000, seed: 0xcf9, offsets: [0])
    }

    @Test func snapshotConformance() throws {
        try expectSnapshotConformance(
            powerOn: SystemControlPort.State(),
            make: {
                try SystemControlPort(.init(addressLine20: wires.line(), control: control), restoring: $0)
            },
            mutate: { $0.write(($0.state.value == 0 ? 2 : 3), at: 0, width: .byte) },
            observe: { [$0.read(at: 0, width: .byte)] })
        try expectSnapshotConformance(
            powerOn: ResetControl.State(), make: { try ResetControl(.init(control: control), restoring: $0) },
            mutate: { $0.write(($0.state.value == 0 ? 2 : 6), at: 0, width: .byte) },
            observe: { [$0.read(at: 0, width: .byte)] })
        var bad = ResetControl.State()
        bad.value = 1
        #expect(throws: StateError.self) { try ResetControl(.init(control: control), restoring: bad) }
    }

    @Test func eitherDeviceOpensTheGate() {
        var seen: [Bool] = []
        let gate = AddressLine20Gate { seen.append($0) }
        gate.line(.keyboardController).set(true)
        gate.line(.systemControl).set(true)
        gate.line(.keyboardController).set(false)
        #expect(gate.isOpen && seen == [true, true, true])
        gate.line(.systemControl).set(false)
        #expect(!gate.isOpen && seen.last == false)
        gate.setInput(99, to: true)
        #expect(!gate.isOpen)
    }
}

// The power-off and reset register.
import Devices
import MachineCore
import Testing

private final class RecordingControl: MachineControl {
    var events: [MachineEvent] = []
    func request(_ event: MachineEvent) { events.append(event) }
}

struct PowerControlTests {
    private let control = RecordingControl()

    private func make() throws -> PowerControl {
        try PowerControl(.init(control: control), restoring: .init())
    }

    private static let commandTable: [(UInt64, [MachineEvent])] = [
        (0x5555, [.powerOff(status: 0)]), (0xffff_5555, [.powerOff(status: 0)]), (0x7777, [.reset]),
        (0x3333, [.powerOff(status: 0)]), (0x2a_3333, [.powerOff(status: 42)]),
        (0xffff_3333, [.powerOff(status: 0xffff)]), (0, []), (0x5554, []), (0x5555_0000, []),
    ]

    @Test(arguments: commandTable)
    func commands(value: UInt64, events: [MachineEvent]) throws {
        try make().write(value, at: 0, width: .word)
        #expect(control.events == events)
    }

    @Test func onlyTheRegisterItselfCounts() throws {
        let device = try make()
        device.write(0x5555, at: 4, width: .word)
        device.write(0x55, at: 0, width: .byte)
        device.write(0x5555, at: 0, width: .double)
        #expect(control.events.isEmpty)
        device.write(0x7777, at: 0, width: .half)
        #expect(control.events == [.reset])
    }

    /// There is no state: the conformance test could not see a mutation. What a guest reads is the
    /// same whatever it did, and the state survives encoding.
    @Test func hasNoState() throws {
        let device = try make()
        device.write(0x7777, at: 0, width: .word)
        #expect(device.read(at: 0, width: .word) == 0)
        #expect(try encodedAndDecoded(device.state) == PowerControl.State())
    }

    @Test func fuzz() throws {
        try make().fuzz(seed: 0x5555, offsets: [0, 4])
    }
}

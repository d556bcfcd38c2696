// The exit port of test programs.
import Devices
import MachineCore
import Testing

struct ExitDeviceTests {
    @Test func theValueIsTheStatus() throws {
        let control = PCControlRecorder()
        let device = try ExitDevice(.init(control: control), restoring: .init())
        device.write(0, at: 0, width: .byte)
        device.write(0x10, at: 0, width: .word)
        device.write(0x1_0000, at: 0, width: .word)
        device.write(3, at: 1, width: .byte)
        device.write(3, at: 0, width: .double)
        #expect(control.events == [0, 16, 0xffff].map { .powerOff(status: $0) })
        #expect(device.read(at: 0, width: .byte) == 0)
        device.fuzz(count: 20_000, seed: 0xf4, offsets: [0])
    }
}

// The device for CPU test suites.
import Devices
import MachineCore
import Testing

struct TestDeviceTests {
    private let wires = PlatformWires()

    private func make(_ state: TestDevice.State = .init()) throws -> TestDevice {
        try TestDevice(.init(interrupts: wires.lines(24)), restoring: state)
    }

    @Test func portsKeepWhatIsWritten() throws {
        let device = try make()
        let ports = device.makeScratchPorts()
        ports.write(0x1234_5678, at: 0, width: .word)
        #expect(ports.read(at: 0, width: .word) == 0x1234_5678 && ports.read(at: 1, width: .half) == 0x3456)
        ports.write(0xab, at: 3, width: .byte)
        #expect(ports.read(at: 0, width: .word) == 0xab34_5678)
        ports.write(1, at: 4, width: .word)
        #expect(ports.read(at: 4, width: .word) == 0 && ports.read(at: 2, width: .word) == 0)
        ports.fuzz(count: 20_000, seed: 0xe0, offsets: (0..<8).map { $0 })
    }

    @Test func portsDriveWires() throws {
        let device = try make()
        let ports = device.makeInterruptPorts()
        ports.write(1, at: 5, width: .byte)
        ports.write(1, at: 23, width: .byte)
        #expect((0..<24).filter { wires[$0] } == [5, 23])
        ports.write(0, at: 5, width: .byte)
        #expect((0..<24).filter { wires[$0] } == [23])
        device.reset()
        #expect(!wires[23])
        ports.fuzz(count: 20_000, seed: 0x2000, offsets: (0..<24).map { $0 })
    }

    @Test func snapshotConformance() throws {
        try expectSnapshotConformance(
            powerOn: TestDevice.State(), make: { try make($0) },
            mutate: { (device: TestDevice) in
                let ports = device.makeScratchPorts()
                ports.write(ports.read(at: 0, width: .word) + 1, at: 0, width: .word)
                device.makeInterruptPorts().write(1, at: 3, width: .byte)
            },
            observe: { [$0.makeScratchPorts().read(at: 0, width: .word)] })
        #expect(wires[3])
    }
}

// The console: both directions, the terminal's size, back pressure.
import Devices
import MachineCore
import Testing

@Suite struct VirtioConsoleTests {
    private final class Output {
        var bytes: [UInt8] = []
    }

    private let output = Output()
    private let port: CharacterPort
    private let machine: VirtioTestMachine<VirtioConsole>
    private let buffer = VirtioTestMachine<VirtioConsole>.bufferBase

    init() throws {
        let output = output
        port = CharacterPort { output.bytes += $0 }
        machine = try VirtioTestMachine<VirtioConsole>(.init(port: port))
    }

    @Test func itIsAConsoleWithTwoQueues() {
        machine.probe()
        #expect(machine.readConfiguration(0) == 0x1043_1af4)
        #expect(machine.readCommon(0x12, .half) == 2)
        #expect(machine.offeredFeatures & 0xffff == 1)
    }

    @Test func outputLeavesInOrder() {
        machine.bringUp()
        #expect(machine.memory.write(Array("hello, world".utf8), at: buffer))
        machine.add([.readable(buffer, 5), .readable(buffer + 5, 2)], to: 1)
        machine.add([.readable(buffer + 7, 5)], to: 1)
        machine.notify(1)
        #expect(output.bytes == Array("hello, world".utf8))
        #expect(machine.reap(1).map(\.written) == [0, 0])
        #expect(machine.interruptIsHigh)
    }

    @Test func inputFillsBuffersAndWaitsForMore() {
        machine.bringUp()
        machine.add([.writable(buffer, 4)])
        machine.notify(0)
        #expect(machine.reap().isEmpty && !machine.interruptIsHigh)
        port.offer(Array("abcdefghi".utf8))
        #expect(machine.bytes(buffer, 5) == Array("abcd".utf8) + [0])
        #expect(machine.reap().map(\.written) == [4])
        #expect(port.pendingCount == 5)
        #expect(machine.readInterruptStatus() == 1)
        machine.askForInterrupt()
        machine.add([.writable(buffer + 16, 2), .writable(buffer + 32, 100)])
        machine.notify(0)
        #expect(machine.bytes(buffer + 16, 2) == Array("ef".utf8))
        #expect(machine.bytes(buffer + 32, 4) == Array("ghi".utf8) + [0])
        #expect(machine.reap().map(\.written) == [5])
        #expect(machine.interruptIsHigh)
    }

    @Test func inputFromBeforeTheDriverIsDelivered() {
        port.offer([1, 2, 3])
        machine.bringUp()
        machine.add([.writable(buffer, 4)])
        machine.notify(0)
        #expect(machine.reap().map(\.written) == [3])
    }

    @Test func aChangeOfSizeIsAnnounced() {
        machine.bringUp()
        let generation = machine.readCommon(0x15, .byte)
        machine.function.device.resize(columns: 132, rows: 0x150)
        #expect(machine.readInterruptStatus() == 2)
        #expect(machine.readCommon(0x15, .byte) != generation)
        let configuration = machine.driver.deviceConfiguration
        #expect(machine.read(configuration, .half) == 132)
        #expect(machine.read(configuration + 2, .byte) == 0x50)
        #expect(machine.read(configuration + 3, .byte) == 1)
        #expect(machine.read(configuration, .double) == 0x0150_0084)
        #expect(machine.read(configuration + 10, .word) == 0)
        machine.function.device.resize(columns: 132, rows: 0x150)
        #expect(machine.readInterruptStatus() == 0)
        machine.status = 0
        #expect(machine.read(configuration, .half) == 132)
    }

    @Test func wrongDirectionsFailTheDevice() throws {
        machine.bringUp()
        machine.add([.writable(buffer, 1)], to: 1)
        machine.notify(1)
        #expect(machine.status & 0x40 != 0)
        machine.bringUp()
        port.offer([7])
        machine.add([.readable(buffer, 1)], to: 0)
        machine.notify(0)
        #expect(machine.status & 0x40 != 0)
        #expect(output.bytes.isEmpty && port.pendingCount == 1)
    }

    @Test func hugeOutputFailsTheDevice() throws {
        let machine = try VirtioTestMachine<VirtioConsole>(.init(port: port), ramByteCount: 1 << 22)
        machine.bringUp()
        machine.add([.readable(buffer, 1 << 20)], to: 1)
        machine.notify(1)
        #expect(machine.status == 15 && output.bytes.count == 1 << 20)
        machine.add([.readable(buffer, 1 << 20), .readable(buffer, 1)], to: 1)
        machine.notify(1)
        #expect(machine.status & 0x40 != 0 && output.bytes.count == 1 << 20)
    }

    @Test func snapshotsAreWhole() throws {
        try expectVirtioConformance(
            of: VirtioConsole.self, resources: { .init(port: CharacterPort()) },
            work: { machine, resources in
                let columns = machine.function.state.device.columns
                machine.function.device.resize(columns: columns + 1, rows: 2)
                machine.add([.writable(buffer, 4)])
                machine.add([.writable(buffer + 8, 4)])
                machine.notify(0)
                resources.port.offer([1, 2, 3])
                #expect(machine.reap().count == 1)
            })
    }
}

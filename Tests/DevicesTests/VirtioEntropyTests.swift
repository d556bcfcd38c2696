// The entropy device.
import Devices
import MachineCore
import Testing

@Suite struct VirtioEntropyTests {
    private let source = CountingEntropySource()
    private let machine: VirtioTestMachine<VirtioEntropy>
    private let buffer = VirtioTestMachine<VirtioEntropy>.bufferBase

    init() throws { machine = try VirtioTestMachine<VirtioEntropy>(.init(source: source)) }

    @Test func buffersAreFilledFromTheSource() {
        machine.bringUp()
        machine.add([.writable(buffer, 3)])
        machine.add([.writable(buffer + 16, 2)])
        machine.notify()
        #expect(machine.bytes(buffer, 4) == [1, 2, 3, 0])
        #expect(machine.bytes(buffer + 16, 3) == [4, 5, 0])
        #expect(machine.reap().map(\.written) == [3, 2])
        #expect(machine.interruptIsHigh)
    }

    @Test func hugeBuffersAreFilledInPart() {
        machine.bringUp()
        machine.add([.writable(buffer, 0x8_0000)])
        machine.notify()
        #expect(machine.reap().map(\.written) == [4096])
        #expect(source.largestRequest == 4096)
        #expect(machine.bytes(buffer + 4095, 2) == [0, 0])
    }

    @Test func readableBuffersFailTheDevice() {
        machine.bringUp()
        machine.add([.readable(buffer, 3)])
        machine.notify()
        #expect(machine.status & 0x40 != 0 && machine.reap().isEmpty)
    }

    @Test func snapshotsAreWhole() throws {
        try expectVirtioConformance(
            of: VirtioEntropy.self, resources: { .init(source: source) },
            work: { machine, _ in
                machine.add([.writable(buffer, 16)])
                machine.notify()
                #expect(machine.reap().count == 1)
            })
    }
}

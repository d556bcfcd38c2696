// The PCI transport of virtio: discovery, negotiation, interrupts, errors.
import Devices
import MachineCore
import Testing

@Suite struct VirtioPCITests {
    private let source = CountingEntropySource()
    private let machine: VirtioTestMachine<VirtioEntropy>
    private let buffer = VirtioTestMachine<VirtioEntropy>.bufferBase

    init() throws {
        machine = try VirtioTestMachine<VirtioEntropy>(VirtioEntropy.Resources(source: source))
    }

    @Test func identityIsThatOfAModernDevice() {
        #expect(machine.readConfiguration(0) == 0x1044_1af4)
        #expect(machine.readConfiguration(8, .byte) == 1)
        #expect(machine.readConfiguration(0x2c) == 0x0040_1af4)
        #expect(machine.readConfiguration(0x3d, .byte) == 1)
        #expect(machine.readConfiguration(0x06, .half) == 0x0010)
    }

    @Test func probeFindsAllStructuresInsideTheBar() {
        machine.probe()
        let driver = machine.driver
        #expect(driver.common == 0x4000_8000)
        #expect(driver.interrupt == 0x4000_9000)
        #expect(driver.notify == 0x4000_b000 && driver.notifyMultiplier == 4)
        #expect(driver.deviceConfiguration == 0)
        #expect(driver.windowCapability != 0)
        #expect(machine.readCommon(0x12, .half) == 1)
        #expect(machine.readCommon(0x10, .half) == 0xffff)
        #expect(machine.readCommon(0x1a, .half) == 0xffff)
    }

    @Test func versionOneIsRequired() {
        machine.probe()
        #expect(machine.offeredFeatures == 1 << 28 | 1 << 29 | 1 << 32)
        #expect(!machine.negotiate(~(1 << 32)))
        #expect(machine.status == 3)
    }

    @Test func featuresThatWereNotOfferedAreRefused() {
        machine.probe()
        machine.status = 3
        machine.accept(1 << 32 | 1 << 5)
        machine.status = 3 | 8
        #expect(machine.status == 3)
        machine.accept(1 << 32)
        machine.status = 3 | 8
        #expect(machine.status == 11)
        machine.accept(0)
        machine.writeCommon(1, 0x08, .word)
        #expect(machine.readCommon(0x0c, .word) == 1)
    }

    @Test func featureWordsAboveTheSecondAreEmpty() {
        machine.probe()
        machine.writeCommon(2, 0x00, .word)
        #expect(machine.readCommon(0x04, .word) == 0)
        machine.writeCommon(0xffff_ffff, 0x08, .word)
        machine.writeCommon(0xffff_ffff, 0x0c, .word)
        #expect(machine.readCommon(0x0c, .word) == 0)
        #expect(machine.function.state.transport.driverFeatures == 0)
    }

    @Test func goingOnWithoutFeaturesFailsTheDevice() {
        machine.probe()
        machine.status = 3 | 4
        #expect(machine.status == 0x43)
        #expect(machine.log.lines.count == 1)
        machine.status = 0
        #expect(machine.status == 0)
        machine.bringUp()
    }

    @Test func queueFieldsReadBackAndMissingQueuesAreEmpty() {
        machine.probe()
        machine.negotiate()
        #expect(machine.readCommon(0x18, .half) == 64)
        machine.writeCommon(16, 0x18, .half)
        machine.writeCommon(0x1234_5670, 0x20, .word)
        machine.writeCommon(0x9, 0x24, .word)
        machine.writeCommon(0x9_8765_4320, 0x30, .double)
        #expect(machine.readCommon(0x18, .half) == 16)
        #expect(machine.readCommon(0x20, .double) == 0x9_1234_5670)
        #expect(machine.readCommon(0x30, .word) == 0x8765_4320)
        #expect(machine.readCommon(0x34, .word) == 9)
        machine.writeCommon(1, 0x16, .half)
        #expect(machine.readCommon(0x18, .half) == 0)
        machine.writeCommon(8, 0x18, .half)
        machine.writeCommon(1, 0x1c, .half)
        #expect(machine.readCommon(0x1c, .half) == 0)
        #expect(machine.status == 11)
    }

    @Test(arguments: [0, 3, 63, 128, 0xffff] as [UInt64])
    func impossibleQueueSizesFailTheDevice(size: UInt64) {
        machine.probe()
        machine.negotiate()
        machine.writeCommon(size, 0x18, .half)
        #expect(machine.status == 0x4b)
        #expect(machine.readCommon(0x18, .half) == 64)
    }

    @Test(arguments: [
        (0x20, 0x8000_0008), (0x28, 0x8000_0001), (0x30, 0x8000_0002), (0x20, 0x7fff_fff0),
        (0x20, 0x800f_fff0), (0x28, 0xffff_ffff_ffff_fffe), (0x30, 0x8010_0000),
    ] as [(UInt64, UInt64)])
    func misplacedRingsFailTheDevice(field: UInt64, address: UInt64) {
        machine.probe()
        machine.negotiate()
        for field in [0x20, 0x28, 0x30] as [UInt64] { machine.writeCommon(0x8000_0000, field, .double) }
        machine.writeCommon(address, field, .double)
        machine.writeCommon(1, 0x1c, .half)
        #expect(machine.readCommon(0x1c, .half) == 0)
        #expect(machine.status == 0x4b)
    }

    @Test func enabledQueuesAreFixed() {
        machine.bringUp()
        machine.writeCommon(0x8000_9000, 0x20, .double)
        machine.writeCommon(8, 0x18, .half)
        machine.writeCommon(0, 0x1c, .half)
        #expect(machine.readCommon(0x20, .double) == 0x8000_0000)
        #expect(machine.readCommon(0x18, .half) == 64)
        #expect(machine.readCommon(0x1c, .half) == 1)
        #expect(machine.status == 15)
    }

    @Test func readingTheInterruptStatusLetsGoOfTheWire() {
        machine.bringUp()
        machine.add([.writable(buffer, 4)])
        machine.notify()
        #expect(machine.interruptIsHigh)
        #expect(machine.readConfiguration(0x06, .half) & 8 == 8)
        #expect(machine.readConfiguration(0x06, .byte) & 8 == 8)
        #expect(machine.readConfiguration(0x04) >> 19 & 1 == 1)
        #expect(machine.readConfiguration(0x07, .byte) == 0)
        #expect(machine.readInterruptStatus() == 1)
        #expect(!machine.interruptIsHigh)
        #expect(machine.readConfiguration(0x06, .half) & 8 == 0)
        #expect(machine.readInterruptStatus() == 0)
    }

    @Test func interruptDisableHoldsTheWireButNotTheStatus() {
        machine.bringUp()
        machine.writeConfiguration(0x0406, 4, .half)
        machine.add([.writable(buffer, 4)])
        machine.notify()
        #expect(!machine.interruptIsHigh)
        #expect(machine.readConfiguration(0x06, .half) & 8 == 8)
        machine.writeConfiguration(0x0006, 4, .half)
        #expect(machine.interruptIsHigh)
    }

    @Test func withoutBusMasteringMemoryIsLeftAlone() {
        machine.bringUp()
        machine.writeConfiguration(0x0002, 4, .half)
        machine.add([.writable(buffer, 4)])
        machine.notify()
        #expect(machine.bytes(buffer, 4) == [0, 0, 0, 0])
        machine.writeConfiguration(0x0006, 4, .half)
        #expect(machine.bytes(buffer, 4) == [1, 2, 3, 4])
        #expect(machine.reap().count == 1)
    }

    @Test func chainsWaitUntilTheDriverIsReady() {
        machine.bringUp()
        machine.add([.writable(buffer, 4)])
        // Everything but DRIVER_OK a second time, with the ring as it is.
        machine.negotiate()
        for (field, offset) in [(0x20, 0), (0x28, 0x1000), (0x30, 0x2000)] as [(UInt64, UInt64)] {
            machine.writeCommon(0x8000_0000 + offset, field, .double)
        }
        machine.writeCommon(1, 0x1c, .half)
        machine.notify()
        #expect(machine.reap().isEmpty && source.largestRequest == 0)
        machine.status = 15
        #expect(machine.reap().count == 1)
    }

    @Test func theConfigurationWindowReachesTheBar() {
        machine.probe()
        machine.writeConfiguration(0x0000, 4, .half)
        let window = machine.driver.windowCapability
        func access(_ offset: UInt64, _ length: UInt64) {
            machine.writeConfiguration(0, window + 4, .byte)
            machine.writeConfiguration(offset, window + 8)
            machine.writeConfiguration(length, window + 12)
        }
        access(0x14, 1)
        machine.writeConfiguration(3, window + 16, .byte)
        #expect(machine.readConfiguration(window + 16, .byte) == 3)
        access(0x04, 4)
        #expect(machine.readConfiguration(window + 16) == 1 << 28 | 1 << 29)
        access(0x12, 2)
        #expect(machine.readConfiguration(window + 16, .half) == 1)
        machine.writeConfiguration(2, 4, .half)
        #expect(machine.status == 3)
    }

    @Test(arguments: [(0, 3), (2, 4), (0x4000, 4), (0xffff_fffc, 4), (0, 8), (0, 0xffff_ffff), (0, 0)]
        as [(UInt64, UInt64)])
    func wrongConfigurationWindowsDoNothing(offset: UInt64, length: UInt64) {
        machine.probe()
        let window = machine.driver.windowCapability
        machine.writeConfiguration(offset, window + 8)
        machine.writeConfiguration(length, window + 12)
        let before = machine.function.state.transport
        machine.writeConfiguration(0x5555_5555, window + 16)
        #expect(machine.readConfiguration(window + 16) == 0x5555_5555)
        #expect(machine.function.state.transport == before)
        machine.writeConfiguration(7, window + 4, .byte)
        #expect(machine.readConfiguration(window + 4, .byte) == 7)
    }

    @Test func resetsForgetEverythingButTheConfigurationSpace() {
        machine.bringUp()
        machine.add([.writable(buffer, 4)])
        machine.notify()
        machine.status = 0
        #expect(!machine.interruptIsHigh)
        #expect(machine.function.state.transport == VirtioPCIFunction<VirtioEntropy>.State.powerOn.transport)
        #expect(machine.readConfiguration(4, .half) == 6)
        machine.function.reset()
        #expect(machine.function.state == .powerOn)
    }

    @Test func undefinedRegistersReadZeroAndIgnoreWrites() {
        machine.bringUp()
        let before = machine.function.state
        for width in [AccessWidth.byte, .half, .word, .double] {
            for offset in [0x3c, 0x40, 0xff8, 0x1008, 0x2000, 0x3000, 0x3ff8] as [UInt64] {
                #expect(machine.readCommon(offset, width) == 0)
            }
            for offset in [0x01, 0x13, 0x15, 0x1e, 0x3a, 0x40, 0x1000, 0x2000, 0x3004, 0x3ff8] as [UInt64] {
                machine.writeCommon(~0, offset, width)
            }
        }
        #expect(machine.function.state == before)
    }

    @Test func impossibleStatesAreRefused() throws {
        machine.bringUp()
        let good = machine.function.state
        func restore(_ change: (inout VirtioPCIFunction<VirtioEntropy>.State) -> Void) throws {
            var state = good
            change(&state)
            _ = try VirtioTestMachine<VirtioEntropy>(.init(source: source), state: state)
        }
        try restore { _ in }
        #expect(throws: StateError.self) { try restore { $0.configuration[0x3d] = 2 } }
        #expect(throws: StateError.self) {
            try restore { $0.transport = VirtioPCIFunction<VirtioConsole>.State.powerOn.transport }
        }
        // A smaller machine: the rings are not in RAM.
        #expect(throws: StateError.self) {
            _ = try VirtioTestMachine<VirtioEntropy>(.init(source: source), state: good, ramByteCount: 4096)
        }
    }
}

// The chipset's PCI functions and the configuration ports, used as SeaBIOS and Linux use them.
import Devices
import MachineCore
import Testing

private final class Bench {
    let world: PCIOWorld
    let bridge: Q35HostBridge
    let lpc: ICH9LPCBridge
    let ports: PCIConfigurationPorts
    let resetControl: ResetControl
    let ecam: any Device
    let shadow = Shadow()
    let apic = PlatformWires()
    let isa = PlatformWires()

    final class Shadow { var regions: [[ShadowRegion]] = [] }

    init(
        bridge: Q35HostBridge.State = .powerOn, lpc: ICH9LPCBridge.State = .powerOn,
        ports: PCIConfigurationPorts.State = .init()
    ) throws {
        world = try PCIOWorld()
        let shadow = shadow
        self.bridge = try Q35HostBridge(.init { shadow.regions.append($0) }, restoring: bridge)
        self.lpc = try ICH9LPCBridge(.init(apicLines: apic.lines(8), isaLines: isa.lines(16)), restoring: lpc)
        resetControl = try ResetControl(.init(control: world.control), restoring: .init())
        let host = PCIHost(bridge: self.bridge)
        host.attach(self.lpc, device: ICH9LPCBridge.device)
        self.ports = try PCIConfigurationPorts(
            .init(host: host, resetControl: resetControl), restoring: ports)
        let q35 = self.bridge
        ecam = GatedWindow(host.makeConfigurationWindow()) { q35.configurationBase == 0xb000_0000 }
    }

    func address(_ device: UInt64, _ register: UInt64, function: UInt64 = 0) -> UInt64 {
        1 << 31 | device << 11 | function << 8 | register & 0xfc
    }

    func read(_ device: UInt64, _ register: UInt64, _ width: AccessWidth = .word) -> UInt64 {
        ports.write(address(device, register), at: 0, width: .word)
        return ports.read(at: 4 + register & 3, width: width)
    }

    func write(_ value: UInt64, _ device: UInt64, _ register: UInt64, _ width: AccessWidth = .word) {
        ports.write(address(device, register), at: 0, width: .word)
        ports.write(value, at: 4 + register & 3, width: width)
    }
}

struct ChipsetTests {
    @Test func portsReachTheFunctions() throws {
        let bench = try Bench()
        #expect(bench.read(0, 0) == 0x29c0_8086)
        #expect(bench.read(0, 0x2c) == 0x1100_1af4, "by this firmware knows a virtual machine")
        #expect(bench.read(31, 0) == 0x2918_8086)
        #expect(bench.read(31, 0x0a, .half) == 0x0601 && bench.read(31, 0x0e, .byte) == 0x80)
        #expect(bench.read(5, 0) == 0xffff_ffff)
        bench.ports.write(bench.address(31, 0, function: 2), at: 0, width: .word)
        #expect(bench.ports.read(at: 4, width: .word) == 0xffff_ffff)
        bench.ports.write(bench.address(0, 0) | 1 << 16, at: 0, width: .word)
        #expect(bench.ports.read(at: 4, width: .word) == 0xffff_ffff, "no other bus")
        bench.ports.write(0, at: 0, width: .word)
        #expect(bench.ports.read(at: 4, width: .word) == 0xffff_ffff, "the mechanism is off")
        bench.ports.write(~0, at: 0, width: .word)
        #expect(bench.ports.read(at: 0, width: .word) == 0x80ff_fffc, "as Linux probes for mechanism 1")
        #expect(bench.ports.read(at: 5, width: .half) == 0xffff)
    }

    @Test func byteAccessesToTheAddressAreTheResetRegister() throws {
        let bench = try Bench()
        bench.ports.write(0x8000_0000, at: 0, width: .word)
        bench.ports.write(0x02, at: 1, width: .byte)
        bench.ports.write(0x06, at: 1, width: .byte)
        #expect(bench.world.control.events == [.reset])
        #expect(bench.ports.read(at: 1, width: .byte) == 6)
        #expect(bench.ports.read(at: 0, width: .word) == 0x8000_0000)
    }

    @Test func theConfigurationWindowOpensWhereFirmwarePutsIt() throws {
        let bench = try Bench()
        #expect(bench.ecam.read(at: 0, width: .word) == 0xffff_ffff)
        bench.write(0, 0, 0x60)
        bench.write(0, 0, 0x64)
        bench.write(0xb000_0001, 0, 0x60)
        #expect(bench.bridge.configurationBase == 0xb000_0000)
        #expect(bench.ecam.read(at: 0, width: .word) == 0x29c0_8086)
        #expect(bench.ecam.read(at: 31 << 15, width: .word) == 0x2918_8086)
        #expect(bench.ecam.read(at: 31 << 15 | 2 << 12, width: .word) == 0xffff_ffff)
        bench.write(0xc000_0001, 0, 0x60)
        #expect(bench.ecam.read(at: 0, width: .word) == 0xffff_ffff)
        let direct = try Bench(bridge: .afterFirmware(configurationBase: 0xb000_0000))
        #expect(direct.ecam.read(at: 0, width: .word) == 0x29c0_8086)
    }

    /// What SeaBIOS does before it copies itself, and when it locks itself.
    @Test func shadowRegistersSayWhatIsRAM() throws {
        let bench = try Bench()
        #expect(bench.shadow.regions.count == 1 && bench.shadow.regions[0].count == 13)
        #expect(bench.shadow.regions[0].allSatisfy { !$0.readsRAM && !$0.writesRAM })
        let ranges = bench.shadow.regions[0].map(\.range)
        #expect(ranges.first?.lowerBound == 0xc_0000 && ranges.last == 0xf_0000..<0x10_0000)
        #expect(zip(ranges, ranges.dropFirst()).allSatisfy { $0.upperBound == $1.lowerBound })
        bench.write(0x3333_3330, 0, 0x90)
        bench.write(0x0033_3333, 0, 0x94)
        #expect(bench.bridge.shadowRegions.allSatisfy { $0.readsRAM && $0.writesRAM })
        bench.write(0x10, 0, 0x90, .byte)
        #expect(bench.bridge.shadowRegions[12].readsRAM && !bench.bridge.shadowRegions[12].writesRAM)
        bench.write(0x31, 0, 0x92, .byte)
        let third = bench.bridge.shadowRegions[2]
        #expect(third.range.lowerBound == 0xc_8000 && third.readsRAM && !third.writesRAM)
        #expect(bench.shadow.regions.count == 5, "told of each change only")
        bench.write(0x1234, 0, 0x04, .half)
        #expect(bench.shadow.regions.count == 5)
        bench.bridge.reset()
        #expect(bench.shadow.regions.last?.contains { $0.readsRAM } == false)
    }

    /// The wiring that SeaBIOS reports to operating systems: 10, 10, 11, 11 by (pin - 1 + slot) & 3 up to
    /// slot 24, and by pin from slot 25 on.
    @Test func interruptsGoWhereFirmwareSaysTheyGo() throws {
        let bench = try Bench(lpc: .afterFirmware(powerManagementBase: 0x600))
        let interrupts = [10, 10, 11, 11]
        for device in 0..<32 {
            for pin in 1...4 {
                let line = bench.lpc.line(device: device, pin: pin)
                line.set(true)
                let expected = interrupts[(pin - 1 + (device < 25 ? device : 0)) & 3]
                #expect((0..<16).filter { bench.isa[$0] } == [expected])
                let input = PCIInterruptRouting.input(device: device, pin: pin)
                #expect((0..<8).filter { bench.apic[$0] } == [input] && (device < 25) == (input >= 4))
                line.set(false)
                #expect(!(0..<16).contains { bench.isa[$0] } && !(0..<8).contains { bench.apic[$0] })
            }
        }
    }

    @Test func wiresAreSharedAndRoutesMove() throws {
        let bench = try Bench()
        bench.lpc.line(device: 31, pin: 1).set(true)
        #expect(bench.apic[0] && !(0..<16).contains { bench.isa[$0] }, "not routed after power-on")
        bench.write(0x05, 31, 0x60, .byte)
        #expect(bench.isa[5])
        bench.write(0x07, 31, 0x60, .byte)
        #expect(!bench.isa[5] && bench.isa[7])
        bench.lpc.line(device: 30, pin: 1).set(true)
        bench.lpc.line(device: 31, pin: 1).set(false)
        #expect(bench.isa[7], "the other device still asserts it")
        bench.lpc.reset()
        #expect(!bench.isa[7] && bench.apic[0])
        bench.lpc.setInput(1000, to: true)
        bench.lpc.setInput(-1, to: true)
    }

    @Test func theSystemControlInterruptIsNine() throws {
        let bench = try Bench()
        bench.lpc.systemControlLine.set(true)
        #expect(bench.isa[9])
        for (selector, input) in [(1, 10), (2, 11), (0, 9)] as [(UInt64, Int)] {
            bench.write(0x80 | selector, 31, 0x44, .byte)
            #expect((0..<16).filter { bench.isa[$0] } == [input])
        }
        bench.write(0x84, 31, 0x44, .byte)
        #expect(bench.apic[4] && !bench.isa[9])
    }

    @Test func powerManagementIsWhereFirmwarePutsIt() throws {
        let bench = try Bench()
        #expect(bench.lpc.powerManagementBase == nil)
        bench.write(0x601, 31, 0x40)
        #expect(bench.read(31, 0x40) == 0x601 && bench.lpc.powerManagementBase == nil)
        bench.write(0x80, 31, 0x44, .byte)
        #expect(bench.lpc.powerManagementBase == 0x600)
    }

    @Test func snapshotConformance() throws {
        var benches: [Bench] = []
        func keep(_ bench: Bench) -> Bench {
            benches.append(bench)
            return bench
        }
        try expectSnapshotConformance(
            powerOn: Q35HostBridge.State.powerOn, make: { try keep(Bench(bridge: $0)).bridge },
            mutate: { bridge in
                let register = bridge.shadowRegions[12].readsRAM ? 0x91 : 0x90
                bridge.writeConfiguration(0x30, at: register, width: .byte)
            },
            observe: { bridge in
                stride(from: 0, to: 256, by: 4).map { bridge.readConfiguration(at: $0, width: .word) }
            })
        try expectSnapshotConformance(
            powerOn: ICH9LPCBridge.State.powerOn, make: { try keep(Bench(lpc: $0)).lpc },
            mutate: { bridge in
                bridge.line(device: bridge.state.asserted[4] == 0 ? 4 : 7, pin: 2).set(true)
                bridge.systemControlLine.set(true)
                bridge.writeConfiguration(0x0b, at: 0x69, width: .byte)
            },
            observe: { bridge in
                stride(from: 0, to: 256, by: 4).map { bridge.readConfiguration(at: $0, width: .word) }
            })
        try expectSnapshotConformance(
            powerOn: PCIConfigurationPorts.State(), make: { try keep(Bench(ports: $0)).ports },
            mutate: { $0.write(UInt64($0.state.address) + 0x8000_0104, at: 0, width: .word) },
            observe: { [$0.read(at: 0, width: .word), $0.read(at: 4, width: .word)] })
        var state = ICH9LPCBridge.State.powerOn
        state.asserted = [1]
        #expect(throws: StateError.self) { try Bench(lpc: state) }
        let restored = try Bench(lpc: benches[benches.count - 1].lpc.state)
        #expect(restored.apic[6] == benches[benches.count - 1].apic[6])
    }

    @Test func fuzz() throws {
        let bench = try Bench()
        var random = PlatformRandom(seed: 0xcf8)
        bench.ports.fuzz(count: 100_000, seed: 0xcf8, offsets: [0, 1, 2, 4, 5, 6, 7]) { _ in
            guard random.next() % 2 == 0 else { return }
            let address = bench.address(random.next() % 2 * 31, random.next() % 256)
            bench.ports.write(address, at: 0, width: .word)
            let line = bench.lpc.line(device: Int(random.next() % 32), pin: Int(random.next() % 4 + 1))
            line.set(random.next() & 1 == 0)
        }
        bench.ecam.fuzz(count: 50_000, seed: 0xeca, offsets: [0, 0x60, 0x90, 31 << 15 | 0x60])
    }
}

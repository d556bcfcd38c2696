// The PCI host: configuration window, BARs, routing of the memory window.
import Devices
import MachineCore
import Testing

/// A function with a 32-bit and a 64-bit BAR that remembers accesses.
private final class ProbeFunction: PCIFunction {
    static let layout: PCIConfigurationLayout = {
        var layout = PCIConfigurationLayout(
            PCIIdentity(
                vendor: 0x1234, device: 0x5678, revision: 9, classCode: 0x01_02_03,
                subsystemVendor: 0xaaaa, subsystem: 0xbbbb))
        layout.addMemory32(bar: 0, byteCount: 0x1000)
        layout.addMemory64(bar: 2, byteCount: 0x10_0000)
        layout.setInterruptPin(1)
        layout.addCapability(identifier: 0x09, body: [3])
        layout.addCapability(identifier: 0x05, body: [1, 2, 3], writableBody: [0, 0xf0, 0])
        return layout
    }()
    var configuration: PCIConfiguration
    var accesses: [String] = []

    init() throws {
        configuration = try PCIConfiguration(
            Self.layout, restoring: Self.layout.initial, part: "probe")
    }

    var decodedRanges: [PCIDecodedRange] { configuration.decodedRanges }
    func readConfiguration(at offset: Int, width: AccessWidth) -> UInt64 {
        configuration.read(at: offset, width: width)
    }
    func writeConfiguration(_ value: UInt64, at offset: Int, width: AccessWidth) {
        configuration.write(value, at: offset, width: width)
    }
    func read(bar: Int, at offset: UInt64, width: AccessWidth) -> UInt64 {
        accesses.append("read \(bar) \(offset) \(width.rawValue)")
        return 0x1122_3344_5566_7788 & width.mask
    }
    func write(_ value: UInt64, bar: Int, at offset: UInt64, width: AccessWidth) {
        accesses.append("write \(bar) \(offset) \(width.rawValue) \(value)")
    }
    func reset() { configuration.reset() }
}

@Suite struct PCIHostTests {
    private let probe: ProbeFunction
    private let second: ProbeFunction
    private let ecam: any Device
    private let window: any Device

    init() throws {
        probe = try ProbeFunction()
        second = try ProbeFunction()
        let host = PCIHost(bridge: try PCIHostBridge((), restoring: .powerOn))
        host.attach(probe, device: 1)
        host.attach(second, device: 31)
        ecam = host.makeConfigurationWindow()
        window = host.makeMemoryWindow(0x4000_0000..<0x8000_0000)
    }

    private func offset(_ device: UInt64, _ register: UInt64) -> UInt64 { device << 15 | register }

    @Test func enumerationFindsTheFunctionsAndNothingElse() {
        let found = (0..<32 as Range<UInt64>).filter { ecam.read(at: offset($0, 0), width: .half) != 0xffff }
        #expect(found == [0, 1, 31])
        #expect(ecam.read(at: offset(1, 0), width: .word) == 0x5678_1234)
        #expect(ecam.read(at: offset(1, 8), width: .word) == 0x0102_0309)
        #expect(ecam.read(at: offset(1, 0x2c), width: .word) == 0xbbbb_aaaa)
        #expect(ecam.read(at: offset(1, 0x0e), width: .byte) == 0)
        #expect(ecam.read(at: offset(1, 0x3d), width: .byte) == 1)
        #expect(ecam.read(at: offset(0, 0x0a), width: .half) == 0x0600)
        for function in 1..<8 as Range<UInt64> {
            #expect(ecam.read(at: offset(1, function << 12), width: .word) == 0xffff_ffff)
        }
    }

    @Test func oddAccessesOfTheConfigurationWindowReadAsOnes() {
        #expect(ecam.read(at: offset(1, 0x100), width: .word) == 0xffff_ffff)
        #expect(ecam.read(at: offset(1, 0xffc), width: .word) == 0xffff_ffff)
        #expect(ecam.read(at: offset(1, 1), width: .half) == 0xffff)
        #expect(ecam.read(at: offset(1, 0), width: .double) == ~0)
        #expect(ecam.read(at: 1 << 20, width: .word) == 0xffff_ffff)
        #expect(ecam.read(at: ~0, width: .byte) == 0xff)
        ecam.write(0, at: ~0, width: .word)
        ecam.write(~0, at: offset(1, 4), width: .double)
        #expect(ecam.read(at: offset(1, 4), width: .half) == 0)
    }

    @Test func onlyWritableBitsChange() {
        for register in stride(from: 0 as UInt64, to: 0x100, by: 4) {
            ecam.write(0xffff_ffff, at: offset(1, register), width: .word)
        }
        #expect(ecam.read(at: offset(1, 0), width: .word) == 0x5678_1234)
        #expect(ecam.read(at: offset(1, 4), width: .half) == 0x0546)
        #expect(ecam.read(at: offset(1, 6), width: .half) == 0x0010)
        #expect(ecam.read(at: offset(1, 0x10), width: .word) == 0xffff_f000)
        #expect(ecam.read(at: offset(1, 0x14), width: .word) == 0)
        #expect(ecam.read(at: offset(1, 0x18), width: .word) == 0xfff0_0004)
        #expect(ecam.read(at: offset(1, 0x1c), width: .word) == 0xffff_ffff)
        #expect(ecam.read(at: offset(1, 0x3c), width: .word) == 0x0000_01ff)
    }

    @Test func capabilitiesAreALinkedList() {
        #expect(ecam.read(at: offset(1, 0x34), width: .byte) == 0x40)
        #expect(ecam.read(at: offset(1, 0x40), width: .word) == 0x0003_4409)
        ecam.write(0xffff_ffff, at: offset(1, 0x44), width: .word)
        #expect(ecam.read(at: offset(1, 0x44), width: .word) == 0xf201_0005)
        #expect(ecam.read(at: offset(1, 0x48), width: .byte) == 3)
    }

    private func assign(_ device: UInt64, bar0: UInt64, bar2: UInt64) {
        ecam.write(bar0, at: offset(device, 0x10), width: .word)
        ecam.write(bar2 & 0xffff_ffff, at: offset(device, 0x18), width: .word)
        ecam.write(bar2 >> 32, at: offset(device, 0x1c), width: .word)
        ecam.write(2, at: offset(device, 4), width: .half)
    }

    @Test func theMemoryWindowRoutesToAssignedBars() {
        assign(1, bar0: 0x4000_1000, bar2: 0x5000_0000)
        #expect(window.read(at: 0x1008, width: .half) == 0x7788)
        window.write(5, at: 0x100f_fff8, width: .double)
        #expect(probe.accesses == ["read 0 8 2", "write 2 1048568 8 5"])
        #expect(window.read(at: 0x0fff, width: .byte) == 0xff)
        #expect(window.read(at: 0x2000, width: .word) == 0xffff_ffff)
        #expect(window.read(at: 0x1ffe, width: .word) == 0xffff_ffff)
        #expect(window.read(at: 0x0ffe, width: .word) == 0xffff_ffff)
        #expect(probe.accesses.count == 2)
    }

    @Test func disabledMemorySpaceAnswersNothing() {
        assign(1, bar0: 0x4000_1000, bar2: 0x5000_0000)
        ecam.write(0, at: offset(1, 4), width: .half)
        #expect(window.read(at: 0x1000, width: .word) == 0xffff_ffff)
        ecam.write(2, at: offset(1, 4), width: .half)
        #expect(window.read(at: 0x1000, width: .word) == 0x5566_7788)
        ecam.reset()
        #expect(window.read(at: 0x1000, width: .word) == 0xffff_ffff)
        #expect(ecam.read(at: offset(1, 0x10), width: .word) == 0)
    }

    @Test func overlappingAndStrayBarsAreHarmless() {
        assign(1, bar0: 0x4000_0000, bar2: 0xffff_ffff_fff0_0000)
        assign(31, bar0: 0x4000_0000, bar2: 0x4000_0000)
        _ = window.read(at: 0, width: .byte)
        _ = window.read(at: 0x1000, width: .byte)
        #expect(probe.accesses == ["read 0 0 1"])
        #expect(second.accesses == ["read 2 4096 1"])
        #expect(window.read(at: ~0, width: .double) == ~0)
    }

    @Test func theBridgeKeepsItsStateInTheSnapshot() throws {
        try expectSnapshotConformance(
            powerOn: PCIHostBridge.State.powerOn,
            make: { try PCIHostBridge((), restoring: $0) },
            mutate: { bridge in
                let value = bridge.readConfiguration(at: 0x3c, width: .byte)
                bridge.writeConfiguration(value + 0x17, at: 0x3c, width: .byte)
            },
            observe: { bridge in
                stride(from: 0, to: 256, by: 4).map { bridge.readConfiguration(at: $0, width: .word) }
            })
    }

    @Test func impossibleConfigurationSpacesAreRefused() {
        var state = PCIHostBridge.State.powerOn
        state.configuration[0] ^= 1
        #expect(throws: StateError.self) { try PCIHostBridge((), restoring: state) }
        state.configuration = []
        #expect(throws: StateError.self) { try PCIHostBridge((), restoring: state) }
    }
}

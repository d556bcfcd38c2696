// The host bridge of the PC: identity, where ECAM is, and which addresses below 1 MiB are RAM.
import MachineCore

/// Device 0 as firmware for the Q35 chipset expects it: PCIEXBAR, PAM and SMRAM registers, and no more. There
/// is no system management mode, so SMRAM is only remembered.
///
/// Source: Intel 3 Series Express Chipset Family data sheet (316966), section 5.1 "DRAM Controller (D0:F0)".
public final class Q35HostBridge: PCIFunction, Snapshotting {
    /// The live things that the bridge works with.
    public struct Resources {
        /// Told what each region from 0xc0000 on is: once when the bridge is made, and whenever it changes.
        public let shadowChanged: ([ShadowRegion]) -> Void

        /// Connects the bridge to the memory map.
        public init(shadowChanged: @escaping ([ShadowRegion]) -> Void) { self.shadowChanged = shadowChanged }
    }

    /// What the guest can see of the bridge.
    public struct State: Codable, Equatable, Sendable {
        /// The contents of the configuration space: 256 bytes.
        public var configuration: [UInt8]

        /// The state after power-on: no ECAM, and no RAM from 0xc0000 to 0xfffff.
        public static var powerOn: State { State(configuration: Q35HostBridge.layout.initial) }

        /// The state that firmware leaves to an operating system: for boards that load one themselves.
        /// - Parameter configurationBase: where ECAM is: a multiple of 256 MiB below 64 GiB.
        public static func afterFirmware(configurationBase: GuestPhysicalAddress) -> State {
            var state = powerOn
            let base = configurationBase & Register.base | Register.enable
            state.configuration.storeLittleEndian(base, at: Register.configurationBase, byteCount: 8)
            state.configuration[Register.shadow] = 0x10
            for index in 1..<Register.shadowCount { state.configuration[Register.shadow + index] = 0x33 }
            return state
        }
    }

    /// Offsets and bits of the bridge's own registers.
    private enum Register {
        /// PCIEXBAR (5.1.16).
        static let configurationBase = 0x60
        static let enable: UInt64 = 1 << 0
        static let length: UInt64 = 0b110
        static let base: UInt64 = 0xf_f000_0000
        /// PAM0 to PAM6 (5.1.18 to 5.1.24).
        static let shadow = 0x90
        static let shadowCount = 7
        /// SMRAM (5.1.29), with C_BASE_SEG always at 0xa0000, and ESMRAMC (5.1.30).
        static let managementMemory = 0x9d
        static let extendedManagementMemory = 0x9e
    }

    /// Firmware asks for the subsystem's numbers to see that it runs in a virtual machine, which has a
    /// firmware configuration device.
    private static let layout: PCIConfigurationLayout = {
        var layout = PCIConfigurationLayout(
            PCIIdentity(
                vendor: 0x8086, device: 0x29c0, revision: 2, classCode: 0x06_00_00,
                subsystemVendor: 0x1af4, subsystem: 0x1100))
        let base = Register.base | Register.length | Register.enable
        layout.setRegister(at: Register.configurationBase, byteCount: 8, initial: 0xe000_0000, writable: base)
        layout.setRegister(at: Register.shadow, byteCount: 7, initial: 0, writable: 0x33_3333_3333_3330)
        layout.setRegister(at: Register.managementMemory, byteCount: 1, initial: 0x02, writable: 0x78)
        layout.setRegister(at: Register.extendedManagementMemory, byteCount: 1, initial: 0x38, writable: 0x87)
        return layout
    }()

    public static let stateVersion: StateVersion = 1
    private let resources: Resources
    private var configuration: PCIConfiguration

    public init(_ resources: Resources, restoring state: State) throws(StateError) {
        self.resources = resources
        configuration = try PCIConfiguration(
            Self.layout, restoring: state.configuration, part: "the Q35 host bridge")
        resources.shadowChanged(shadowRegions)
    }

    public var state: State { State(configuration: configuration.bytes) }

    public func readConfiguration(at offset: Int, width: AccessWidth) -> UInt64 {
        configuration.read(at: offset, width: width)
    }

    public func writeConfiguration(_ value: UInt64, at offset: Int, width: AccessWidth) {
        change { $0.write(value, at: offset, width: width) }
    }

    public var decodedRanges: [PCIDecodedRange] { [] }
    public func read(bar: Int, at offset: UInt64, width: AccessWidth) -> UInt64 { width.mask }
    public func write(_ value: UInt64, bar: Int, at offset: UInt64, width: AccessWidth) {}
    public func reset() { change { $0.reset() } }

    private func change(_ body: (inout PCIConfiguration) -> Void) {
        let before = shadowBits
        body(&configuration)
        if shadowBits != before { resources.shadowChanged(shadowRegions) }
    }

    /// Where the guest has put the configuration window; nil while it is off.
    public var configurationBase: GuestPhysicalAddress? {
        let value = configuration.read(at: Register.configurationBase, width: .double)
        return value & Register.enable != 0 ? value & Register.base : nil
    }
}

// MARK: Programmable attribute map

/// What the addresses of one region below 1 MiB are.
public struct ShadowRegion: Equatable, Sendable {
    /// The addresses.
    public let range: Range<GuestPhysicalAddress>
    /// Reads come from RAM; otherwise from the ROM there, if any.
    public let readsRAM: Bool
    /// Writes go to RAM; otherwise they have no effect.
    public let writesRAM: Bool
}

extension Q35HostBridge {
    /// PAM0 is byte 0; the byte behind PAM6 is masked off.
    private var shadowBits: UInt64 {
        configuration.read(at: Register.shadow, width: .double) & 0xff_ffff_ffff_ffff
    }

    /// The 13 regions from 0xc0000 to 0xfffff by address (5.1.18): PAM1 to PAM6 have two halves of 16 KiB
    /// each, low nibble first; the upper nibble of PAM0 is all of 0xf0000.
    public var shadowRegions: [ShadowRegion] {
        let bits = shadowBits
        func region(_ start: UInt64, _ byteCount: UInt64, _ shift: UInt64) -> ShadowRegion {
            let attributes = bits >> shift
            let range = start..<(start + byteCount)
            return ShadowRegion(range: range, readsRAM: attributes & 1 != 0, writesRAM: attributes & 2 != 0)
        }
        let halves = (0..<12 as Range<UInt64>).map { region(0xc_0000 + $0 * 0x4000, 0x4000, 8 + $0 * 4) }
        return halves + [region(0xf_0000, 0x1_0000, 4)]
    }
}

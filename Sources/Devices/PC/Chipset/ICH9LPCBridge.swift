// The ISA bridge of the PC: where power management is, and the way of PCI interrupts.
import MachineCore

/// Device 31, function 0 of the chipset: the bridge to everything with fixed ports. It takes the INTx wires
/// of the PCI bus and SCI, and drives the I/O APIC's inputs 16 to 23 and, where firmware routes them so,
/// ISA interrupts.
///
/// Source: Intel ICH9 data sheet (316972), section 13.1 "PCI Configuration Registers (LPC I/F, D31:F0)".
public final class ICH9LPCBridge: PCIFunction, InterruptSink, Snapshotting {
    /// The device's number on the bus.
    public static let device = 31

    /// The live things that the bridge works with.
    public struct Resources {
        /// I/O APIC inputs 16 to 23.
        public let apicLines: [InterruptLine]
        /// ISA interrupts 0 to 15.
        public let isaLines: [InterruptLine]

        /// Connects the bridge.
        /// - Precondition: 8 and 16 wires.
        public init(apicLines: [InterruptLine], isaLines: [InterruptLine]) {
            precondition(apicLines.count == PCIInterruptRouting.inputCount && isaLines.count == 16)
            self.apicLines = apicLines
            self.isaLines = isaLines
        }
    }

    /// What the guest can see of the bridge, and the levels of the wires that end at it.
    public struct State: Codable, Equatable, Sendable {
        /// The contents of the configuration space: 256 bytes.
        public var configuration: [UInt8]
        /// For each device, INTA# to INTD# in bits 0 to 3: set while the wire is asserted.
        public var asserted = [UInt8](repeating: 0, count: PCIHost.deviceCount)
        /// SCI is asserted.
        public var systemControlInterrupt = false

        /// The state after power-on.
        public static var powerOn: State { State(configuration: ICH9LPCBridge.layout.initial) }

        /// The state that firmware leaves to an operating system: for boards that load one themselves.
        /// - Parameter powerManagementBase: the ports of power management, a multiple of 128.
        public static func afterFirmware(powerManagementBase: UInt16) -> State {
            var state = powerOn
            let base = UInt64(powerManagementBase) & Register.baseMask | 1
            state.configuration.storeLittleEndian(base, at: Register.powerManagementBase, byteCount: 4)
            state.configuration[Register.powerManagementControl] = UInt8(Register.powerManagementEnable)
            for (index, interrupt) in ([10, 10, 11, 11] as [UInt8]).enumerated() {
                state.configuration[Register.routeA + index] = interrupt
                state.configuration[Register.routeE + index] = interrupt
            }
            return state
        }
    }

    public static let stateVersion: StateVersion = 1
    private let resources: Resources
    private var configuration: PCIConfiguration
    private var asserted: [UInt8]
    private var systemControlInterrupt: Bool
    /// The ISA interrupts that the bridge asserts now, by bit. Derived; wires that the bridge does not assert
    /// may be others' to drive, so each is driven only when this changes.
    private var assertedISA: UInt16 = 0
    /// The I/O APIC's inputs that the bridge asserts now, by bit. Derived.
    private var assertedAPIC: UInt8 = 0

    public init(_ resources: Resources, restoring state: State) throws(StateError) {
        self.resources = resources
        let part = "the ICH9 LPC bridge"
        configuration = try PCIConfiguration(Self.layout, restoring: state.configuration, part: part)
        guard state.asserted.count == PCIHost.deviceCount, state.asserted.allSatisfy({ $0 < 16 }) else {
            throw StateError(part: part, reason: "the PCI interrupt wires are not 32 times 4")
        }
        asserted = state.asserted
        systemControlInterrupt = state.systemControlInterrupt
        for line in resources.apicLines { line.set(false) }
        driveInterrupts()
    }

    public var state: State {
        State(
            configuration: configuration.bytes, asserted: asserted,
            systemControlInterrupt: systemControlInterrupt)
    }

    public func readConfiguration(at offset: Int, width: AccessWidth) -> UInt64 {
        configuration.read(at: offset, width: width)
    }

    public func writeConfiguration(_ value: UInt64, at offset: Int, width: AccessWidth) {
        configuration.write(value, at: offset, width: width)
        driveInterrupts()
    }

    public var decodedRanges: [PCIDecodedRange] { [] }
    public func read(bar: Int, at offset: UInt64, width: AccessWidth) -> UInt64 { width.mask }
    public func write(_ value: UInt64, bar: Int, at offset: UInt64, width: AccessWidth) {}

    /// The registers return to power-on; the wires are their senders'.
    public func reset() {
        configuration.reset()
        driveInterrupts()
    }

    /// The first port of power management, PMBASE (13.1.13); nil while ACPI_CNTL (13.1.14) turns it off.
    public var powerManagementBase: UInt16? {
        let control = configuration.read(at: Register.powerManagementControl, width: .byte)
        guard control & Register.powerManagementEnable != 0 else { return nil }
        let base = configuration.read(at: Register.powerManagementBase, width: .word)
        return UInt16(truncatingIfNeeded: base & Register.baseMask)
    }
}

// MARK: Wires

extension ICH9LPCBridge {
    /// The wire of a function's interrupt pin.
    /// - Parameters:
    ///   - device: 0 to 31.
    ///   - pin: 1 (INTA#) to 4 (INTD#).
    public func line(device: Int, pin: Int) -> InterruptLine {
        InterruptLine(to: self, input: device << 2 | (pin - 1) & 3)
    }

    /// The wire of the system control interrupt.
    public var systemControlLine: InterruptLine { InterruptLine(to: self, input: Self.systemControlInput) }

    private static var systemControlInput: Int { PCIHost.deviceCount << 2 }

    public func setInput(_ input: Int, to level: Bool) {
        if input == Self.systemControlInput {
            systemControlInterrupt = level
        } else {
            guard asserted.indices.contains(input >> 2) else { return }
            let bit: UInt8 = 1 << UInt8(input & 3)
            if level { asserted[input >> 2] |= bit } else { asserted[input >> 2] &= ~bit }
        }
        driveInterrupts()
    }

    /// The PIRQs that are asserted, by bit.
    private var assertedPIRQs: UInt8 {
        var result: UInt8 = 0
        for (device, pins) in asserted.enumerated() where pins != 0 {
            for pin in 1...4 where pins >> UInt8(pin - 1) & 1 != 0 {
                result |= 1 << UInt8(PCIInterruptRouting.input(device: device, pin: pin))
            }
        }
        return result
    }

    private func driveInterrupts() {
        var apic = assertedPIRQs
        var isa: UInt16 = 0
        for index in 0..<PCIInterruptRouting.inputCount where apic >> UInt8(index) & 1 != 0 {
            // A set bit 7 keeps a PIRQ from the ISA interrupts (13.1.17).
            let route = configuration.read(at: Register.route(index), width: .byte)
            if route & Register.routeDisabled == 0 { isa |= 1 << UInt16(route & 0xf) }
        }
        if systemControlInterrupt {
            switch systemControlInput {
            case 0..<16: isa |= 1 << UInt16(systemControlInput)
            default: apic |= 1 << UInt8(systemControlInput - PCIInterruptRouting.firstAPICInput)
            }
        }
        drive(apic: apic, isa: isa)
    }

    /// Drives the wires that change. Every interrupt of a PCI function comes through here.
    private func drive(apic: UInt8, isa: UInt16) {
        let changedAPIC = apic ^ assertedAPIC
        let changedISA = isa ^ assertedISA
        (assertedAPIC, assertedISA) = (apic, isa)
        if changedAPIC != 0 {
            for (index, line) in resources.apicLines.enumerated() where changedAPIC >> UInt8(index) & 1 != 0 {
                line.set(apic >> UInt8(index) & 1 != 0)
            }
        }
        if changedISA != 0 {
            for (index, line) in resources.isaLines.enumerated() where changedISA >> UInt16(index) & 1 != 0 {
                line.set(isa >> UInt16(index) & 1 != 0)
            }
        }
    }

    /// Where SCI goes: SCI_IRQ_SEL in ACPI_CNTL (13.1.14). The values that are reserved count as interrupt 9.
    private var systemControlInput: Int {
        switch configuration.read(at: Register.powerManagementControl, width: .byte) & 0b111 {
        case 1: 10
        case 2: 11
        case 4: 20
        case 5: 21
        default: 9
        }
    }
}

// MARK: Registers

extension ICH9LPCBridge {
    /// Offsets and bits of the bridge's own registers.
    private enum Register {
        static let powerManagementBase = 0x40
        static let baseMask: UInt64 = 0xff80
        static let powerManagementControl = 0x44
        static let powerManagementEnable: UInt64 = 0x80
        /// PIRQA to PIRQD, and PIRQE to PIRQH.
        static let routeA = 0x60
        static let routeE = 0x68
        static let routeDisabled: UInt64 = 0x80

        static func route(_ index: Int) -> Int { index < 4 ? routeA + index : routeE + index - 4 }
    }

    /// The registers that software writes although nothing here depends on them are kept as it writes them:
    /// GPIO base and control, the serial interrupt, which ISA ranges are decoded, and RCBA, which stays off.
    private static let layout: PCIConfigurationLayout = {
        var layout = PCIConfigurationLayout(
            PCIIdentity(
                vendor: 0x8086, device: 0x2918, revision: 2, classCode: 0x06_01_00,
                subsystemVendor: 0x1af4, subsystem: 0x1100))
        layout.setMultifunction()
        let registers: [(offset: Int, byteCount: Int, initial: UInt64, writable: UInt64)] = [
            (Register.powerManagementBase, 4, 1, Register.baseMask),
            (Register.powerManagementControl, 1, 0, 0x87),
            (0x48, 4, 1, 0xff80), (0x4c, 1, 0, 0x10),
            (Register.routeA, 4, 0x8080_8080, 0x8f8f_8f8f), (Register.routeE, 4, 0x8080_8080, 0x8f8f_8f8f),
            (0x64, 1, 0x10, 0xc0), (0x80, 2, 0, 0x1377), (0x82, 2, 0, 0x3f0f),
            (0x84, 4, 0, 0x00fc_fffd), (0x88, 4, 0, 0x00fc_fffd), (0x8c, 4, 0, 0x00fc_fffd),
            (0x90, 4, 0, 0x00fc_fffd), (0xf0, 4, 0, 0xffff_c000),
        ]
        for register in registers {
            layout.setRegister(
                at: register.offset, byteCount: register.byteCount, initial: register.initial,
                writable: register.writable)
        }
        return layout
    }()
}

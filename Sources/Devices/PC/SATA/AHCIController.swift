// The PC's SATA controller: a PCI function with ports for disks and optical drives.
import MachineCore

/// The SATA controller of the chipset in AHCI mode, with six ports.
///
/// AHCI and not IDE, because one way of giving commands, by DMA, serves everything: SeaBIOS boots disks and
/// El Torito media from it, Linux drives it with its generic driver, and the PCI bus needs no I/O space.
/// Commands are not queued in drives: fast disks are virtio's.
///
/// Sources: Serial ATA Advanced Host Controller Interface (AHCI) 1.3.1; Intel ICH9 data sheet (316972),
/// chapter 15, for the configuration space.
public final class AHCIController: PCIFunction, Snapshotting {
    /// The number of ports.
    public static let portCount = 6
    /// The function's number in device 31.
    public static let function = 2

    /// What is plugged into a port.
    public enum Attachment {
        /// Nothing.
        case none
        /// A hard disk.
        case disk(any BlockBackend, DriveIdentity)
        /// An optical drive and, if any, its medium, with what is called when the guest puts it out.
        case optical((any BlockBackend)?, DriveIdentity, didEject: (() -> Void)?)
    }

    /// The live things that the controller works with.
    public struct Resources {
        /// RAM and the log.
        public let context: DeviceContext
        /// INTA#.
        public let interrupt: InterruptLine
        /// What is on ports 0 and on; further ports are empty.
        public let attachments: [Attachment]

        /// Connects a controller.
        public init(context: DeviceContext, interrupt: InterruptLine, attachments: [Attachment]) {
            self.context = context
            self.interrupt = interrupt
            self.attachments = attachments
        }
    }

    public static let stateVersion: StateVersion = 1
    private let resources: Resources
    private var configuration: PCIConfiguration
    private var interruptEnable: Bool
    private var interruptStatus: UInt32
    private let ports: [AHCIPort]

    /// Builds the controller. Restoring a saved one needs the RAM of the same moment: commands that were
    /// being worked on are read from it and begun again.
    public init(_ resources: Resources, restoring state: State) throws(StateError) {
        try state.validate(resources.attachments)
        self.resources = resources
        configuration = try PCIConfiguration(Self.layout, restoring: state.configuration, part: State.part)
        interruptEnable = state.interruptEnable
        interruptStatus = state.interruptStatus
        ports = state.ports.indices.map { index in
            let attachment = index < resources.attachments.count ? resources.attachments[index] : .none
            return AHCIPort(
                drive: Self.drive(attachment, state.ports[index].drive), state: state.ports[index].registers)
        }
        for port in ports where port.state.activeSlot != nil {
            // Doing a command twice is harmless: it reads or writes the same bytes.
            port.state.lastSlot = (port.state.activeSlot ?? 0) &+ 31 & 31
            port.state.activeSlot = nil
        }
        beginCommands()
        driveInterrupt()
    }

    static func drive(_ attachment: Attachment, _ state: DriveState) -> (any ATADrive)? {
        switch (attachment, state) {
        case (.disk(let backend, let identity), .disk(let state)):
            return ATADisk(backend: backend, identity: identity, state: state)
        case (.optical(let medium, let identity, let didEject), .optical(let state)):
            let drive = OpticalDrive(medium: medium, identity: identity, state: state)
            drive.didEject = didEject
            return drive
        default: return nil
        }
    }

    public var state: State {
        State(
            configuration: configuration.bytes, interruptEnable: interruptEnable,
            interruptStatus: interruptStatus,
            ports: ports.map { PortState(registers: $0.state, drive: DriveState($0.drive)) })
    }

    public func reset() {
        configuration.reset()
        resetPorts()
    }

    private func resetPorts() {
        interruptEnable = false
        interruptStatus = 0
        for port in ports { port.reset() }
        driveInterrupt()
    }

    // MARK: Configuration space

    public func readConfiguration(at offset: Int, width: AccessWidth) -> UInt64 {
        let value = configuration.read(at: offset, width: width)
        guard offset & ~3 == PCIRegister.command, interruptStatus != 0, interruptEnable else { return value }
        let pending = UInt64(PCIStatus.interrupt) << (8 * (PCIRegister.status - PCIRegister.command))
        return (value | pending >> (8 * UInt64(offset & 3))) & width.mask
    }

    public func writeConfiguration(_ value: UInt64, at offset: Int, width: AccessWidth) {
        configuration.write(value, at: offset, width: width)
        // Commands wait until the function may access memory.
        beginCommands()
        driveInterrupt()
    }

    public var decodedRanges: [PCIDecodedRange] { configuration.decodedRanges }

    // MARK: Registers

    /// Registers are 32 bits wide. A 64-bit access is two of them, a narrower one reads its part.
    public func read(bar: Int, at offset: UInt64, width: AccessWidth) -> UInt64 {
        if width == .double {
            return UInt64(readWord(offset & ~3)) | UInt64(readWord((offset & ~3) &+ 4)) << 32
        }
        return UInt64(readWord(offset & ~3)) >> (8 * (offset & 3)) & width.mask
    }

    public func write(_ value: UInt64, bar: Int, at offset: UInt64, width: AccessWidth) {
        guard offset & 3 == 0, width == .word || width == .double else { return }
        writeWord(UInt32(truncatingIfNeeded: value), at: offset)
        if width == .double { writeWord(UInt32(truncatingIfNeeded: value >> 32), at: offset &+ 4) }
        beginCommands()
        driveInterrupt()
    }

    private func readWord(_ offset: UInt64) -> UInt32 {
        if let (port, register) = port(at: offset) { return port.read(register) }
        switch offset {
        case AHCIRegister.capabilities: return AHCIRegister.capabilityBits | UInt32(Self.portCount - 1)
        case AHCIRegister.control:
            return AHCIRegister.ahciEnable | (interruptEnable ? AHCIRegister.interruptEnable : 0)
        case AHCIRegister.interruptStatus: return interruptStatus
        case AHCIRegister.portsImplemented: return 1 << UInt32(Self.portCount) - 1
        case AHCIRegister.version: return AHCIRegister.versionValue
        default: return 0
        }
    }

    private func writeWord(_ value: UInt32, at offset: UInt64) {
        if let (port, register) = port(at: offset) { return port.write(value, to: register) }
        switch offset {
        case AHCIRegister.control:
            if value & AHCIRegister.reset != 0 { return resetPorts() }
            interruptEnable = value & AHCIRegister.interruptEnable != 0
        case AHCIRegister.interruptStatus: interruptStatus &= ~value
        default: break
        }
    }

    private func port(at offset: UInt64) -> (AHCIPort, UInt64)? {
        guard offset >= AHCIRegister.firstPort else { return nil }
        let (index, register) = (offset - AHCIRegister.firstPort)
            .quotientAndRemainder(dividingBy: AHCIRegister.portByteCount)
        return index < UInt64(ports.count) ? (ports[Int(index)], register) : nil
    }

    private func beginCommands() {
        guard configuration.isBusMaster else { return }
        for port in ports {
            port.beginCommands(in: resources.context) { [weak self] in
                self?.beginCommands()
                self?.driveInterrupt()
            }
        }
    }

    private func driveInterrupt() {
        for (index, port) in ports.enumerated() where port.interrupts & port.state.interruptEnable != 0 {
            interruptStatus |= 1 << UInt32(index)
        }
        let isDisabled = configuration.isInterruptDisabled
        resources.interrupt.set(interruptEnable && interruptStatus != 0 && !isDisabled)
    }
}

// MARK: Media

extension AHCIController {
    /// Puts another medium into the optical drive at a port, or takes it out; without effect on other ports.
    /// - Parameters:
    ///   - medium: what the drive reads from now on; nil leaves it empty.
    ///   - port: 0 to 5.
    public func changeMedium(to medium: (any BlockBackend)?, port: Int) {
        optical(port)?.change(to: medium)
    }

    /// Presses the eject button of the optical drive at a port: a guest that has locked the tray is asked.
    public func pressEject(port: Int) { optical(port)?.pressEject() }

    private func optical(_ port: Int) -> OpticalDrive? {
        ports.indices.contains(port) ? ports[port].drive as? OpticalDrive : nil
    }
}

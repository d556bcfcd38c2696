// What a guest can see of the SATA controller and its drives, and which of it can be true.
import MachineCore

extension AHCIController {
    /// A drive's own state.
    enum DriveState: Codable, Equatable, Sendable {
        case none
        case disk(ATADisk.State)
        case optical(OpticalDrive.State)

        init(_ drive: (any ATADrive)?) {
            switch drive {
            case let disk as ATADisk: self = .disk(disk.state)
            case let optical as OpticalDrive: self = .optical(optical.state)
            default: self = .none
            }
        }

        fileprivate func fits(_ attachment: Attachment) -> Bool {
            switch (self, attachment) {
            case (.none, .none): true
            case (.disk(let state), .disk): state.isPossible
            case (.optical(let state), .optical): state.isPossible
            default: false
            }
        }
    }

    /// A port and its drive.
    struct PortState: Codable, Equatable, Sendable {
        var registers: AHCIPort.State
        var drive: DriveState
    }

    /// The configuration space, the controller's registers, and its ports. A command that is being worked on
    /// is known by its slot; the rest is in RAM, where the driver must not touch it before the command is
    /// done.
    public struct State: Codable, Equatable, Sendable {
        /// The contents of the PCI configuration space: 256 bytes.
        public var configuration: [UInt8]
        /// GHC.IE.
        public var interruptEnable = false
        /// IS: a bit for each port.
        public var interruptStatus: UInt32 = 0
        var ports: [PortState]

        static let part = "the SATA controller"

        /// The state after power-on with these drives.
        public static func powerOn(_ attachments: [Attachment]) -> State {
            let ports = (0..<AHCIController.portCount).map { index in
                AHCIController.powerOn(index < attachments.count ? attachments[index] : .none)
            }
            return State(configuration: AHCIController.layout.initial, ports: ports)
        }

        func validate(_ attachments: [Attachment]) throws(StateError) {
            guard ports.count == AHCIController.portCount, attachments.count <= ports.count else {
                throw StateError(part: Self.part, reason: "it does not have six ports")
            }
            guard interruptStatus >> UInt32(ports.count) == 0 else {
                throw StateError(part: Self.part, reason: "a port that does not exist interrupts")
            }
            for (index, port) in ports.enumerated() {
                guard port.drive.fits(index < attachments.count ? attachments[index] : .none) else {
                    throw StateError(part: Self.part, reason: "port \(index) has another drive")
                }
                guard port.registers.isPossible else {
                    throw StateError(part: Self.part, reason: "port \(index) has impossible registers")
                }
            }
        }
    }

    private static func powerOn(_ attachment: Attachment) -> PortState {
        let drive: DriveState
        switch attachment {
        case .none: drive = .none
        case .disk: drive = .disk(.init())
        case .optical(let medium, _, _):
            var state = OpticalDrive.State()
            state.hasMedium = medium != nil
            drive = .optical(state)
        }
        let port = AHCIPort(drive: Self.drive(attachment, drive), state: .init())
        port.connect()
        return PortState(registers: port.state, drive: DriveState(port.drive))
    }

    /// AHCI as the programming interface; the registers MAP and PCS of the chipset (15.1.32 and 15.1.33), of
    /// which Linux sets the latter.
    static let layout: PCIConfigurationLayout = {
        var layout = PCIConfigurationLayout(
            PCIIdentity(
                vendor: 0x8086, device: 0x2922, revision: 2, classCode: 0x01_06_01,
                subsystemVendor: 0x1af4, subsystem: 0x1100))
        layout.addMemory32(bar: 5, byteCount: 0x1000)
        layout.setInterruptPin(1)
        layout.setRegister(at: 0x90, byteCount: 2, initial: 0x40, writable: 0)
        layout.setRegister(at: 0x92, byteCount: 2, initial: 0, writable: 0x803f)
        return layout
    }()
}

// A disk as boards get it from the machine.
import MachineCore

/// A disk of a board.
public struct BoardDisk {
    /// Holds the contents.
    public let backend: any BlockBackend
    /// What the guest reads as the serial number.
    public let serial: BlockSerial
    /// What it is plugged into.
    public let connection: DiskConnection

    /// A disk.
    public init(backend: any BlockBackend, serial: BlockSerial, connection: DiskConnection = .virtio) {
        self.backend = backend
        self.serial = serial
        self.connection = connection
    }
}

/// What a disk is plugged into, and what it looks like there. The raw value is its name in `machine.yaml`.
public enum DiskConnection: String, CaseIterable, Sendable {
    /// A virtio block device: the fastest; every board has it.
    case virtio
    /// A hard disk at a SATA controller, for guests that know nothing of virtio.
    case sata
    /// A medium in an optical drive at a SATA controller.
    case optical
}

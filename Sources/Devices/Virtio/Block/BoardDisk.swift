// A disk as boards get it from the machine.
import MachineCore

/// A disk of a board.
public struct BoardDisk {
    /// Holds the contents.
    public let backend: any BlockBackend
    /// What the guest reads as the serial number.
    public let serial: BlockSerial

    /// A disk.
    public init(backend: any BlockBackend, serial: BlockSerial) {
        self.backend = backend
        self.serial = serial
    }
}

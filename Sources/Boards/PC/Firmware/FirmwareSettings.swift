// How the firmware is set up: what its settings menu would say.
import Devices

/// A device that firmware can boot.
public enum BootDevice: Equatable, Sendable {
    /// A virtio disk, by its number.
    case disk(Int)
    /// What is on a port of the SATA controller, by the port's number.
    case drive(Int)
}

/// Settings of the firmware.
public struct FirmwareSettings: Sendable {
    /// What is booted, in this order; firmware goes on with whatever else there is. Empty: disks, then drives.
    public var bootOrder: [BootDevice] = []
    /// Firmware waits a moment for a key that shows its boot menu.
    public var offersBootMenu = false
    /// What firmware and boot loaders show, and the keys that they get, go over the serial line as well.
    public var usesSerialConsole = true
    /// Further files for firmware and guest, for instance `opt/org.example/key`.
    public var files: [FirmwareItems.File] = []

    /// The usual settings.
    public init() {}
}

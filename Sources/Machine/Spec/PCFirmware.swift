// The firmware of machines that do not bring their own.
import HostOS
import MachineCore

/// Where the host has firmware for a PC: Debian's package seabios.
public enum PCFirmware {
    /// SeaBIOS.
    public static let bios = "/usr/share/seabios/bios-256k.bin"
    /// SeaBIOS's video BIOS for the VGA with Bochs VBE.
    public static let videoBIOS = "/usr/share/seabios/vgabios-stdvga.bin"
}

extension MachineSpec {
    /// A PC that boots from its disks, as its BIOS finds them.
    public static func personalComputer() -> MachineSpec {
        var spec = MachineSpec(boot: .firmware(PCFirmware.bios))
        spec.board = .pc
        spec.display = .vga
        return spec
    }
}

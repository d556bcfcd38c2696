// Where everything is: the table from which the bus, the ACPI tables and the loader are made.
import Devices
import MachineCore

/// The physical memory map, ports and interrupts of the PC board: those of the Q35 chipset as SeaBIOS sets it up.
public enum PCMemoryMap {
    /// RAM begins at 0 and ends below the windows of devices.
    public static let ramBase: GuestPhysicalAddress = 0
    /// The least RAM with which firmware works.
    public static let minimumRAMByteCount: UInt64 = 4 << 20
    /// The most RAM: up to where PCI memory begins.
    public static let maximumRAMByteCount: UInt64 = 0xb000_0000

    /// Where RAM is hidden, because display adapters show their memory there.
    static let video = window(0xa_0000, 0x2_0000)
    /// Where the host bridge decides what is RAM and what is ROM.
    static let shadow = window(0xc_0000, 0x4_0000)
    /// The end of the first 4 GiB, where the firmware's ROM ends.
    static let firmware = window(0xff00_0000, 0x100_0000)

    /// Configuration space of PCI bus 0 (ECAM).
    static let pciConfiguration = window(0xb000_0000, 0x10_0000)
    /// Where the guest places PCI memory.
    static let pciMemory = window(0xc000_0000, 0x3ec0_0000)
    static let ioAPIC = window(0xfec0_0000, IOAPIC.windowByteCount)
    static let localAPIC: GuestPhysicalAddress = 0xfee0_0000
    /// Where a BIOS keeps tables for operating systems.
    static let biosTables = window(0xe_0000, 0x2_0000)
    /// Where in it the SMBIOS tables are: operating systems look for them from here on.
    static let identityTables: GuestPhysicalAddress = 0xf_0000
    /// The last kilobyte below the video memory, which belongs to the BIOS.
    static let extendedBIOSData = window(0x9_fc00, 0x400)

    /// ISA interrupts.
    enum Interrupt {
        static let timer = 0
        static let keyboard = 1
        static let serial = 4
        static let clock = 8
        static let systemControl = 9
        static let mouse = 12
    }

    /// Ports of devices that have no constants of their own.
    enum Port {
        static let firstInterruptController = window(0x20, 2)
        static let timer = window(0x40, 4)
        static let speaker = window(0x61, 1)
        static let clock = window(0x70, 2)
        static let secondInterruptController = window(0xa0, 2)
        static let serial = window(0x3f8, 8)
        static let systemControl = window(SystemControlPort.port, 1)
        static let keyboardData = window(KeyboardController.dataPort, 1)
        static let keyboardCommand = window(KeyboardController.commandPort, 1)
        static let firmwareLog = window(DebugConsole.firmwarePort, 1)
        static let triggers = window(0x4d0, 2)
    }

    /// The time stamp counter counts nanoseconds.
    static let timestampFrequency: UInt64 = 1_000_000_000

    static func window(_ base: UInt64, _ byteCount: UInt64) -> Range<GuestPhysicalAddress> {
        base..<(base + byteCount)
    }
}

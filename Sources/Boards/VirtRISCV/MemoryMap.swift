// Where everything is: the table from which the bus, the device tree and the loaders are made.
import Devices
import MachineCore

/// The physical memory map and interrupt numbers of `VirtRISCV`, which are those that firmware and
/// operating systems know from QEMU's `virt` machine.
public enum MemoryMap {
    public static let powerControl = window(0x10_0000, PowerControl.windowByteCount)
    public static let clock = window(0x10_1000, GoldfishRTC.windowByteCount)
    public static let aclint = window(0x200_0000, ACLINT.windowByteCount)
    public static let plic = window(0xc00_0000, 0x60_0000)
    public static let uart = window(0x1000_0000, UART16550.windowByteCount)
    /// Configuration space of PCI bus 0.
    public static let pciConfiguration = window(0x3000_0000, 0x10_0000)
    /// Where the guest places PCI memory.
    public static let pciMemory = window(0x4000_0000, 0x4000_0000)
    public static let ramBase: GuestPhysicalAddress = 0x8000_0000

    /// PLIC source numbers.
    public enum Interrupt {
        public static let uart = 10
        public static let clock = 11
        /// INTA of device 0; the four PCI wires follow each other.
        public static let pci = 32
        /// One more than the highest source number.
        public static let sourceCount = 96

        /// The wire that `pin` (0 is INTA) of a PCI device is connected to: the usual rotation, so
        /// that devices share the wires evenly (PCI-to-PCI Bridge 1.2, 9.1).
        static func pci(device: Int, pin: Int) -> Int { pci + (device + pin) % 4 }
    }

    /// Ticks of `time` are 100 ns: 10 MHz.
    static let nanosecondsPerTick: UInt64 = 100

    private static func window(_ base: UInt64, _ byteCount: UInt64) -> Range<GuestPhysicalAddress> {
        base..<(base + byteCount)
    }
}

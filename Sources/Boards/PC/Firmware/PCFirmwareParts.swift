// What firmware finds in the machine, made before the devices that show it.
import Devices
import MachineCore

/// Files and settings for firmware, read and checked.
struct PCFirmwareParts {
    let items: FirmwareItems
    let videoBIOS: [UInt8]
    /// What the setup of an older PC would have stored in the memory beside its clock, by byte.
    let settingsMemory: [UInt8: UInt8]

    init(_ resources: PCResources) throws(BootError) {
        do {
            items = try FirmwareItems(resources)
        } catch {
            throw BootError("\(error)")
        }
        videoBIOS = try resources.videoBIOS?.read() ?? []
        settingsMemory = Self.settingsMemory(resources.ramByteCount)
        try Self.check(videoBIOS, resources.videoBIOS?.name ?? "")
    }

    /// An expansion ROM says with two bytes that it is one, and how long it is with the third (PCI Firmware 3.0, 5.1).
    private static func check(_ rom: [UInt8], _ name: String) throws(BootError) {
        guard !rom.isEmpty else { return }
        guard rom.count >= 512, rom[0] == 0x55, rom[1] == 0xaa, Int(rom[2]) * 512 <= rom.count else {
            throw BootError(
                "\(name) is no video BIOS: an expansion ROM begins with 55 aa and its length; give a file such as "
                    + "SeaBIOS's vgabios-stdvga.bin")
        }
    }

    /// Sizes of RAM below 640 KiB, from 1 MiB on in units of 1 KiB (twice), and from 16 MiB on in units of 64 KiB, as
    /// firmware since the PC/AT has them.
    private static func settingsMemory(_ byteCount: UInt64) -> [UInt8: UInt8] {
        let above = byteCount - (1 << 20)
        let low = UInt16(clamping: above >> 10)
        let high = UInt16(clamping: byteCount < 16 << 20 ? 0 : (byteCount - (16 << 20)) >> 16)
        var memory: [UInt8: UInt8] = [:]
        for (place, value) in [(0x15, 640), (0x17, low), (0x30, low), (0x34, high)] as [(UInt8, UInt16)] {
            memory[place] = UInt8(truncatingIfNeeded: value)
            memory[place + 1] = UInt8(value >> 8)
        }
        return memory
    }
}

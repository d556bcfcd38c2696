// The read-only memory that holds the firmware: at the end of the first 4 GiB, where CPUs begin.
import MachineCore

/// The firmware's image. Its last byte is the last below 4 GiB; its last 128 KiB appear below 1 MiB as well. Nothing
/// of it is guest-visible state: the image is part of the machine's configuration.
final class FirmwareROM: Device {
    /// An image has whole units of so many bytes.
    static let unitByteCount = 1 << 16
    static let maximumByteCount = Int(PCMemoryMap.firmware.upperBound - PCMemoryMap.firmware.lowerBound)
    /// How much appears below 1 MiB.
    private static let legacyByteCount: UInt64 = 0x2_0000
    private static let legacyEnd: GuestPhysicalAddress = 0x10_0000

    private var image: [UInt8] = []

    /// Takes the contents of a firmware file.
    /// - Throws: `BootError` for a size that no such ROM has.
    func load(_ file: BootFile) throws(BootError) {
        let bytes = try file.read()
        let unit = Self.unitByteCount
        guard !bytes.isEmpty, bytes.count.isMultiple(of: unit), bytes.count <= Self.maximumByteCount else {
            throw BootError(
                "\(file.name) is no firmware for a PC: it has \(bytes.count) bytes, and a BIOS has a multiple of "
                    + "\(unit >> 10) KiB up to \(Self.maximumByteCount >> 20) MiB; give a file such as SeaBIOS's "
                    + "bios-256k.bin")
        }
        // The first instruction of a CPU is 16 bytes before the end. Erased ROM has ones, empty files zeros.
        let start = bytes.suffix(16)
        guard !start.allSatisfy({ $0 == 0 }), !start.allSatisfy({ $0 == 0xff }) else {
            throw BootError(
                "\(file.name) is no firmware for a PC: where a CPU begins, 16 bytes before its end, there is nothing; "
                    + "give a file such as SeaBIOS's bios-256k.bin")
        }
        image = bytes
    }

    func read(at offset: UInt64, width: AccessWidth) -> UInt64 {
        (0..<width.byteCount).reduce(0) { value, index in
            value | UInt64(byte(fromEnd: UInt64(Self.maximumByteCount) - offset - index)) << (8 * index)
        }
    }

    func write(_ value: UInt64, at offset: UInt64, width: AccessWidth) {}
    func reset() {}

    /// What the ROM shows at an address below 1 MiB.
    func legacyByte(at address: GuestPhysicalAddress) -> UInt8 {
        let distance = Self.legacyEnd &- address
        return distance <= Self.legacyByteCount ? byte(fromEnd: distance) : 0xff
    }

    /// The byte so many bytes before the image's end, from 1 on; ones where the image does not reach.
    private func byte(fromEnd distance: UInt64) -> UInt8 {
        distance <= UInt64(image.count) ? image[image.count - Int(distance)] : 0xff
    }
}

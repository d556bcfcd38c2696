// A command as a driver lays it into RAM: header, FIS, packet, and the list of data areas (AHCI 1.3.1, 4.2).
import MachineCore

/// The parts of a command that the controller reads.
struct AHCICommand {
    /// Why a command can not be begun.
    enum Fault: Error {
        /// The command is not in RAM.
        case notMemory
        /// The FIS is not from a host to a device.
        case notRegisterFIS
    }

    static let headerByteCount: UInt64 = 32
    private static let fisByteCount = 20
    private static let packetOffset: UInt64 = 0x40
    private static let packetByteCount = 16
    private static let tableOffset: UInt64 = 0x80
    private static let hostToDevice: UInt8 = 0x27

    /// The address of the header.
    let header: GuestPhysicalAddress
    /// The address of the command table.
    let table: GuestPhysicalAddress
    /// The entries in the list of data areas.
    let entryCount: Int
    /// The FIS has a command; otherwise it only sets the control register.
    let isCommand: Bool
    /// The control register: bit 2 resets the device.
    let control: UInt8
    /// What the device gets.
    let command: ATACommand

    /// Reads the command in `slot` of the list at `list`.
    init(slot: Int, of list: GuestPhysicalAddress, in memory: GuestMemory) throws(Fault) {
        header = list &+ UInt64(slot) * Self.headerByteCount
        guard let words = memory.bytes(at: header, count: 16) else { throw .notMemory }
        entryCount = Int(words.littleEndian(at: 2, byteCount: 2))
        table = words.littleEndian(at: 8, byteCount: 8) & ~0x7f
        guard let fis = memory.bytes(at: table, count: Self.fisByteCount) else { throw .notMemory }
        guard fis[0] == Self.hostToDevice else { throw .notRegisterFIS }
        isCommand = fis[1] & 0x80 != 0
        control = fis[15]
        let isPacket = words[0] & 1 << 5 != 0
        let packet = memory.bytes(at: table &+ Self.packetOffset, count: Self.packetByteCount)
        if isPacket, packet == nil { throw .notMemory }
        command = Self.command(fis, packet: isPacket ? packet ?? [] : [])
    }

    /// Register FIS, host to device (Serial ATA 3.1, 10.5.5): the high bytes follow the low ones.
    private static func command(_ fis: [UInt8], packet: [UInt8]) -> ATACommand {
        ATACommand(
            code: fis[2], features: UInt16(fis[3]) | UInt16(fis[11]) << 8,
            address: fis.littleEndian(at: 4, byteCount: 3) | fis.littleEndian(at: 8, byteCount: 3) << 24,
            count: UInt16(fis[12]) | UInt16(fis[13]) << 8, device: fis[7], packet: packet)
    }

    /// The data areas (4.2.3.3), up to `byteCount` bytes; fewer when the list ends before.
    /// - Throws: `notMemory` when one of them is not RAM.
    func data(_ byteCount: Int, in memory: GuestMemory) throws(Fault) -> AHCIData {
        var data = AHCIData()
        for index in 0..<entryCount where data.byteCount < byteCount {
            let entry = memory.bytes(at: table &+ Self.tableOffset &+ UInt64(index) * 16, count: 16)
            guard let entry else { throw .notMemory }
            let address = entry.littleEndian(at: 0, byteCount: 8) & ~1
            // The field is the length less 1, and lengths are even.
            let length = Int(entry.littleEndian(at: 12, byteCount: 4) & 0x3f_ffff | 1) + 1
            let count = min(length, byteCount - data.byteCount)
            guard let pointer = memory.hostPointer(to: address, count: UInt64(count)) else {
                throw .notMemory
            }
            data.append(address, MemorySegment(pointer: pointer, count: count))
        }
        return data
    }
}

/// The data areas of a command.
struct AHCIData {
    private(set) var segments: [MemorySegment] = []
    private var addresses: [GuestPhysicalAddress] = []
    private(set) var byteCount = 0

    mutating func append(_ address: GuestPhysicalAddress, _ segment: MemorySegment) {
        segments.append(segment)
        addresses.append(address)
        byteCount += segment.count
    }

    /// Tells that the areas are, or will be, written.
    func noteWrite(in memory: GuestMemory) {
        for (address, segment) in zip(addresses, segments) {
            memory.noteWrite(at: address, count: UInt64(segment.count))
        }
    }

    /// Fills the areas from the front.
    func write(_ bytes: [UInt8], in memory: GuestMemory) {
        var rest = bytes[...]
        for (address, segment) in zip(addresses, segments) where !rest.isEmpty {
            let piece = rest.prefix(segment.count)
            _ = memory.write(Array(piece), at: address)
            rest = rest.dropFirst(piece.count)
        }
    }
}

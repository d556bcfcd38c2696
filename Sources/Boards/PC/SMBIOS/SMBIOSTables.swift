// SMBIOS tables: what the machine is made of, for people and management software.
import MachineCore
import X86

/// Makes the structures and their entry point (DMTF DSP0134, System Management BIOS, version 2.8; chapter 7 for the
/// structures, 5.2.1 for the entry point).
struct SMBIOSTables {
    let identity: MachineIdentity
    let memoryByteCount: UInt64
    let cpuCount: Int
    /// Describes the firmware as well. Firmware that takes over the tables describes itself.
    let describesFirmware: Bool

    /// All structures, the closing one included.
    func structures() -> [SMBIOSStructure] {
        let firmwares = describesFirmware ? [firmware] : []
        let processors = (0..<cpuCount).map(processor)
        return firmwares + [system, chassis] + processors + [memoryArray, memoryDevice, memoryRange, boot, .end]
    }

    /// The entry point for `structures` at `address`; firmware that places them itself puts in the address, and
    /// computes the checksums again.
    static func entryPoint(_ structures: [SMBIOSStructure], at address: UInt32) -> [UInt8] {
        let encoded = structures.map(\.bytes)
        let longest = UInt16(clamping: encoded.map(\.count).max() ?? 0)
        var intermediate = Array("_DMI_".utf8) + [0]
        intermediate += AMLTerm.littleEndian(UInt16(clamping: encoded.reduce(0) { $0 + $1.count }))
        intermediate += AMLTerm.littleEndian(address)
        intermediate += AMLTerm.littleEndian(UInt16(clamping: encoded.count)) + [0x28]
        intermediate[5] = 0 &- intermediate.reduce(0, &+)
        var bytes = Array("_SM_".utf8) + [0, 0x1f, 2, 8]
        bytes += AMLTerm.littleEndian(longest) + [0, 0, 0, 0, 0, 0]
        bytes += intermediate
        bytes[4] = 0 &- bytes.reduce(0, &+)
        return bytes
    }

    // MARK: Structures

    private enum Handle {
        static let firmware: UInt16 = 0
        static let system: UInt16 = 0x100
        static let chassis: UInt16 = 0x300
        static let processor: UInt16 = 0x400
        static let memoryArray: UInt16 = 0x1000
        static let memoryDevice: UInt16 = 0x1100
        static let memoryRange: UInt16 = 0x1300
        static let boot: UInt16 = 0x2000
    }

    /// Type 0: no characteristics but that of a virtual machine.
    private var firmware: SMBIOSStructure {
        var structure = SMBIOSStructure(type: 0, handle: Handle.firmware)
        structure.add(text: "Starling")
        structure.add(text: "1")
        structure.add(0 as UInt16)
        structure.add(text: "")
        structure.add(bytes: [0])
        structure.add(1 << 3 as UInt64)
        structure.add(bytes: [0, 0x10, 1, 0, 0xff, 0xff])
        return structure
    }

    /// Type 1. The first three fields of a UUID are little-endian numbers (7.2.1).
    private var system: SMBIOSStructure {
        var structure = SMBIOSStructure(type: 1, handle: Handle.system)
        for text in [identity.manufacturer, identity.product, identity.version, identity.serial] {
            structure.add(text: text)
        }
        let uuid = identity.uuid
        structure.add(
            bytes: uuid[0..<4].reversed() + uuid[4..<6].reversed() + uuid[6..<8].reversed() + Array(uuid[8...]))
        // Switched on by its button.
        structure.add(bytes: [6])
        structure.add(text: identity.sku)
        structure.add(text: identity.family)
        return structure
    }

    /// Type 3: a chassis of no usual kind, whose parts are all well.
    private var chassis: SMBIOSStructure {
        var structure = SMBIOSStructure(type: 3, handle: Handle.chassis)
        structure.add(text: identity.manufacturer)
        structure.add(bytes: [1])
        for text in [identity.version, identity.serial, ""] { structure.add(text: text) }
        structure.add(bytes: [3, 3, 3, 2] + [UInt8](repeating: 0, count: 8))
        return structure
    }

    /// Type 4: a processor with one core.
    private func processor(_ number: Int) -> SMBIOSStructure {
        var structure = SMBIOSStructure(type: 4, handle: Handle.processor + UInt16(number))
        structure.add(text: "CPU \(number)")
        structure.add(bytes: [3, 1])
        structure.add(text: identity.manufacturer)
        structure.add(UInt64(CPU.signature))
        structure.add(text: "")
        // Neither voltage nor clocks are known; populated and enabled.
        structure.add(bytes: [0, 0, 0, 0, 0, 0, 0, 0x41, 1])
        // No caches.
        structure.add(bytes: [UInt8](repeating: 0xff, count: 6))
        for _ in 0..<3 { structure.add(text: "") }
        // One core with one thread, for 64-bit code.
        structure.add(bytes: [1, 1, 1, 4, 0, 1, 0])
        return structure
    }

    /// Type 16.
    private var memoryArray: SMBIOSStructure {
        var structure = SMBIOSStructure(type: 16, handle: Handle.memoryArray)
        structure.add(bytes: [1, 3, 3])
        structure.add(UInt32(clamping: memoryByteCount >> 10))
        structure.add(0xfffe as UInt16)
        structure.add(1 as UInt16)
        return structure
    }

    /// Type 17.
    private var memoryDevice: SMBIOSStructure {
        var structure = SMBIOSStructure(type: 17, handle: Handle.memoryDevice)
        let numbers = [Handle.memoryArray, 0xfffe, 0xffff, 0xffff, UInt16(clamping: memoryByteCount >> 20)]
        for number in numbers { structure.add(number) }
        structure.add(bytes: [9, 0])
        structure.add(text: "DIMM 0")
        structure.add(text: "")
        structure.add(bytes: [7, 2, 0, 0, 0])
        structure.add(text: identity.manufacturer)
        for _ in 0..<3 { structure.add(text: "") }
        return structure
    }

    /// Type 19: in kibibytes, the last one included.
    private var memoryRange: SMBIOSStructure {
        var structure = SMBIOSStructure(type: 19, handle: Handle.memoryRange)
        structure.add(0 as UInt32)
        structure.add(UInt32(clamping: (memoryByteCount >> 10) - 1))
        structure.add(Handle.memoryArray)
        structure.add(bytes: [1])
        return structure
    }

    /// Type 32: no errors.
    private var boot: SMBIOSStructure {
        var structure = SMBIOSStructure(type: 32, handle: Handle.boot)
        structure.add(bytes: [UInt8](repeating: 0, count: 7))
        return structure
    }
}

/// One structure (6.1): numbers, and the texts that they refer to.
struct SMBIOSStructure {
    static let end = SMBIOSStructure(type: 127, handle: 0x7f00)

    private let type: UInt8
    private let handle: UInt16
    private var formatted: [UInt8] = []
    private var texts: [String] = []

    init(type: UInt8, handle: UInt16) {
        self.type = type
        self.handle = handle
    }

    mutating func add(bytes: [UInt8]) { formatted += bytes }
    mutating func add<Integer: FixedWidthInteger>(_ value: Integer) { formatted += AMLTerm.littleEndian(value) }

    /// Adds the number of a text, which is 0 for an empty one.
    mutating func add(text: String) {
        if !text.isEmpty { texts.append(text) }
        formatted.append(text.isEmpty ? 0 : UInt8(texts.count))
    }

    /// The structure with its texts; two zeros end it.
    var bytes: [UInt8] {
        let header: [UInt8] = [type, UInt8(4 + formatted.count)] + AMLTerm.littleEndian(handle)
        let strings: [UInt8] = texts.flatMap { text -> [UInt8] in Array(text.utf8) + [0] }
        return header + formatted + (strings.isEmpty ? [0] : strings) + [0]
    }
}

// The ACPI tables that describe the board.
import Devices
import MachineCore

/// Makes the tables (ACPI 6.3, chapter 5), for a board that places them itself, or for firmware that does.
struct ACPITables {
    /// Tables one after the other that do not know yet where they will be.
    struct Encoded {
        /// Pointers among them count from the first byte.
        var bytes: [UInt8] = []
        /// Where those pointers are, and how many bytes they have.
        var pointers: [(place: Int, byteCount: Int)] = []
        /// The tables with a checksum, which is their byte 9.
        var checked: [Range<Int>] = []
        /// Where the two tables of tables begin, to which the root pointer points: with 64 bits for each address, and
        /// with 32 for boot loaders that know no other (GRUB's way to switch the machine off).
        var root = 0
        var narrowRoot = 0

        /// The root pointer, with pointers that count from the first byte.
        var rootPointer: [UInt8] { rootPointer(placedAt: 0) }

        /// Appends a table, whose pointers are at the given offsets in it; gives its place.
        fileprivate mutating func add(
            _ table: [UInt8], alignment: Int = 16, pointers: [(Int, Int)] = [], isChecked: Bool = true
        ) -> Int {
            while bytes.count % alignment != 0 { bytes.append(0) }
            let place = bytes.count
            bytes += table
            self.pointers += pointers.map { (place + $0.0, $0.1) }
            if isChecked { checked.append(place..<bytes.count) }
            return place
        }

        /// RSDP (5.2.5.3), revision 2.
        fileprivate func rootPointer(placedAt base: GuestPhysicalAddress) -> [UInt8] {
            var bytes = Array("RSD PTR \0STARLG".utf8) + [2]
            bytes += AMLTerm.littleEndian(UInt32(truncatingIfNeeded: base + UInt64(narrowRoot)))
            bytes[8] = ACPITables.checksum(bytes)
            bytes += AMLTerm.littleEndian(UInt32(ACPITables.rootPointerByteCount))
            bytes += AMLTerm.littleEndian(base + UInt64(root))
            bytes += [0, 0, 0, 0]
            bytes[32] = ACPITables.checksum(bytes)
            return bytes
        }

        /// The tables as they are when the first byte is at `base`: a multiple of 64 below 4 GiB.
        fileprivate func placed(at base: GuestPhysicalAddress) -> [UInt8] {
            var bytes = bytes
            for (place, byteCount) in pointers {
                let range = place..<(place + byteCount)
                let target = bytes[range].reversed().reduce(0) { $0 << 8 | UInt64($1) } + base
                bytes.replaceSubrange(range, with: AMLTerm.littleEndian(target).prefix(byteCount))
            }
            for table in checked {
                bytes[table.lowerBound + 9] = 0
                bytes[table.lowerBound + 9] = ACPITables.checksum(bytes[table])
            }
            return bytes
        }
    }

    /// The length of the root pointer.
    static let rootPointerByteCount = 36

    let cpuCount: Int

    /// The tables but for the root pointer. They begin with the one that asks for the largest alignment: 64.
    func encode() -> Encoded {
        var result = Encoded()
        let control = result.add(facs, alignment: 64, isChecked: false)
        let definitions = result.add(Self.table("DSDT", 2, BoardDefinitions.encode()))
        let fixed = result.add(
            Self.table("FACP", 6, fixedDescription(UInt64(control), UInt64(definitions))),
            pointers: [(36, 4), (40, 4), (132, 8), (140, 8)])
        let others = [
            result.add(Self.table("APIC", 4, interruptControllers)),
            result.add(Self.table("MCFG", 1, configurationSpaces)),
        ]
        let entries = [fixed] + others
        result.root = result.add(
            Self.table("XSDT", 1, entries.flatMap { AMLTerm.littleEndian(UInt64($0)) }),
            pointers: entries.indices.map { (36 + 8 * $0, 8) })
        result.narrowRoot = result.add(
            Self.table("RSDT", 1, entries.flatMap { AMLTerm.littleEndian(UInt32($0)) }),
            pointers: entries.indices.map { (36 + 4 * $0, 4) })
        return result
    }

    /// Everything as it is in memory from `base`, a multiple of 64, on: the root pointer, then the tables.
    func encode(at base: GuestPhysicalAddress) -> [UInt8] {
        let tables = encode()
        let start = base + 64
        let root = tables.rootPointer(placedAt: start)
        return root + [UInt8](repeating: 0, count: 64 - root.count) + tables.placed(at: start)
    }

    // MARK: Tables

    /// A table with its header (5.2.6); the checksum is still to come.
    static func table(_ signature: String, _ revision: UInt8, _ body: [UInt8]) -> [UInt8] {
        var bytes = Array(signature.utf8)
        bytes += AMLTerm.littleEndian(UInt32(36 + body.count))
        bytes += [revision, 0]
        for name in ["STARLGSTARLING", "STLG"] {
            bytes += Array(name.utf8)
            bytes += AMLTerm.littleEndian(UInt32(1))
        }
        return bytes + body
    }

    private static func checksum(_ bytes: some Sequence<UInt8>) -> UInt8 { 0 &- bytes.reduce(0, &+) }

    /// FACS (5.2.10): nothing wakes this board.
    private var facs: [UInt8] {
        var bytes = Array("FACS".utf8) + AMLTerm.littleEndian(UInt32(64))
        bytes += [UInt8](repeating: 0, count: 56)
        // Version 2.
        bytes[32] = 2
        return bytes
    }

    /// MADT (5.2.12): local APICs, the I/O APIC, and where ISA's wires end at other inputs than their own.
    private var interruptControllers: [UInt8] {
        var body: [UInt8] = AMLTerm.littleEndian(UInt32(PCMemoryMap.localAPIC))
        body += AMLTerm.littleEndian(UInt32(1))
        for cpu in 0..<cpuCount {
            body += [0, 8, UInt8(cpu), UInt8(cpu)]
            body += AMLTerm.littleEndian(UInt32(1))
        }
        body += [1, 12, UInt8(cpuCount), 0]
        body += AMLTerm.littleEndian(UInt32(PCMemoryMap.ioAPIC.lowerBound))
        body += AMLTerm.littleEndian(UInt32(0))
        // The timer's wire ends at input 2; the system control interrupt is an active-high level.
        let system = UInt8(PCMemoryMap.Interrupt.systemControl)
        for (source, input, flags) in [(0, 2, 0), (system, system, 0xd)] as [(UInt8, UInt8, UInt16)] {
            body += [2, 10, 0, source]
            body += AMLTerm.littleEndian(UInt32(input))
            body += AMLTerm.littleEndian(flags)
        }
        // LINT1 is for non-maskable interrupts on all CPUs.
        body += [4, 6, 0xff, 0, 0, 1]
        return body
    }

    /// MCFG (PCI Firmware 3.0, 4.1.2).
    private var configurationSpaces: [UInt8] {
        var body = [UInt8](repeating: 0, count: 24)
        body.replaceSubrange(8..<16, with: AMLTerm.littleEndian(PCMemoryMap.pciConfiguration.lowerBound))
        return body
    }

    /// FADT (5.2.9).
    private func fixedDescription(_ control: UInt64, _ definitions: UInt64) -> [UInt8] {
        var body = [UInt8](repeating: 0, count: 276 - 36)
        func put<Integer: FixedWidthInteger>(_ value: Integer, _ offset: Int) {
            let start = offset - 36
            body.replaceSubrange(start..<(start + Integer.bitWidth / 8), with: AMLTerm.littleEndian(value))
        }
        /// A register in port space.
        func port(_ address: UInt64, bitCount: UInt8, accessSize: UInt8, _ offset: Int) {
            put(UInt8(1), offset)
            put(bitCount, offset + 1)
            put(accessSize, offset + 3)
            put(address, offset + 4)
        }
        let ports = UInt32(PowerManagement.firmwareBase)
        put(UInt32(truncatingIfNeeded: control), 36)
        put(UInt32(truncatingIfNeeded: definitions), 40)
        put(UInt16(PCMemoryMap.Interrupt.systemControl), 46)
        put(UInt32(PowerManagement.commandPort), 48)
        put(PowerManagement.enableCommand, 52)
        put(PowerManagement.disableCommand, 53)
        put(ports, 56)
        put(ports + 4, 64)
        put(ports + 8, 76)
        put(ports + 0x20, 80)
        put(UInt8(4), 88)
        put(UInt8(2), 89)
        put(UInt8(4), 91)
        put(UInt8(16), 92)
        // No C2 and C3 states.
        put(UInt16(0xfff), 96)
        put(UInt16(0xfff), 98)
        put(UInt8(ClockCMOS.centuryByte), 108)
        // Devices of the ISA bus, a keyboard controller; no VGA is probed for.
        put(UInt16(0x3), 109)
        // WBINVD works, C1 works, buttons are not fixed hardware, the timer has 32 bits, there is a reset register.
        let features: [UInt32] = [0, 2, 4, 5, 8, 10]
        put(features.reduce(0) { $0 | 1 << $1 } as UInt32, 112)
        port(ResetControl.port, bitCount: 8, accessSize: 1, 116)
        put(UInt8(0x0e), 128)
        put(control, 132)
        put(definitions, 140)
        port(UInt64(ports), bitCount: 32, accessSize: 2, 148)
        port(UInt64(ports) + 4, bitCount: 16, accessSize: 2, 172)
        port(UInt64(ports) + 8, bitCount: 32, accessSize: 3, 208)
        port(UInt64(ports) + 0x20, bitCount: 128, accessSize: 1, 220)
        return body
    }
}

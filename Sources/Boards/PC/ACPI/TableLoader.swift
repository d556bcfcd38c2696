// The script by which firmware places ACPI tables that it has been given as files.

/// Commands for firmware, as it reads them from the file `etc/table-loader` (QEMU, hw/acpi/bios-linker-loader.c,
/// which defines the format): 128 bytes each, little-endian.
struct TableLoader {
    /// The names of the files that the commands speak of.
    static let file = "etc/table-loader"
    static let tables = "etc/acpi/tables"
    static let rootPointer = "etc/acpi/rsdp"

    private(set) var bytes: [UInt8] = []

    /// The commands that place `tables`, and a root pointer whose pointers count from their first byte.
    init(_ encoded: ACPITables.Encoded) {
        allocate(Self.rootPointer, alignment: 16, isBelowMegabyte: true)
        allocate(Self.tables, alignment: 64, isBelowMegabyte: false)
        for (place, byteCount) in encoded.pointers {
            addPointer(in: Self.tables, at: place, byteCount, to: Self.tables)
        }
        for table in encoded.checked { addChecksum(in: Self.tables, at: table.lowerBound + 9, of: table) }
        addPointer(in: Self.rootPointer, at: 16, 4, to: Self.tables)
        addPointer(in: Self.rootPointer, at: 24, 8, to: Self.tables)
        // The first checksum is of what version 1 had, the second of all.
        addChecksum(in: Self.rootPointer, at: 8, of: 0..<20)
        addChecksum(in: Self.rootPointer, at: 32, of: 0..<ACPITables.rootPointerByteCount)
    }

    /// Reads a file into memory: high, or where an operating system looks for the root pointer.
    private mutating func allocate(_ file: String, alignment: UInt32, isBelowMegabyte: Bool) {
        append(1, Self.name(file) + AMLTerm.littleEndian(alignment) + [isBelowMegabyte ? 2 : 1])
    }

    /// Adds the address of a file to a number in another one.
    private mutating func addPointer(in file: String, at place: Int, _ byteCount: Int, to target: String) {
        let numbers = AMLTerm.littleEndian(UInt32(place)) + [UInt8(byteCount)]
        append(2, Self.name(file) + Self.name(target) + numbers)
    }

    /// Sets a byte so that those of a range add up to 0.
    private mutating func addChecksum(in file: String, at place: Int, of range: Range<Int>) {
        let numbers = [place, range.lowerBound, range.count].flatMap { AMLTerm.littleEndian(UInt32($0)) }
        append(3, Self.name(file) + numbers)
    }

    private mutating func append(_ command: UInt32, _ arguments: [UInt8]) {
        let padding = [UInt8](repeating: 0, count: 124 - arguments.count)
        bytes += AMLTerm.littleEndian(command) + arguments + padding
    }

    private static func name(_ name: String) -> [UInt8] {
        Array(name.utf8) + [UInt8](repeating: 0, count: 56 - name.utf8.count)
    }
}

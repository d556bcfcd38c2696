// Symbols as an ELF file without contents, which is what debuggers read.

extension KernelSymbols {
    /// An ELF file with these symbols and nothing else (System V ABI, "Object Files"): a section without contents where
    /// the code is, so that a debugger knows what is a function, and a symbol table.
    /// - Parameter machine: `e_machine` of the guest's CPU, for instance 243 for RISC-V.
    public func elf(machine: UInt16) -> [UInt8] {
        let names = StringTable(symbols.map(\.name))
        let sectionNames = StringTable(["", ".text", ".symtab", ".strtab", ".shstrtab"])
        var table = [UInt8](repeating: 0, count: Layout.symbolByteCount)
        // Local symbols come first.
        let order = symbols.indices.filter { !symbols[$0].isGlobal } + symbols.indices.filter { symbols[$0].isGlobal }
        for index in order { append(index, name: names.offsets[index], to: &table) }
        let localCount = UInt32(1 + symbols.count { !$0.isGlobal })
        let text = codeRange
        let start = UInt64(Layout.headerByteCount)
        let strings = start + UInt64(table.count)
        let last = strings + UInt64(names.bytes.count)
        let sections = last + UInt64(sectionNames.bytes.count)
        var file = Layout.header(machine: machine, sections: sections)
        file += table + names.bytes + sectionNames.bytes
        let offsets = sectionNames.offsets
        file.append(section: .init())
        file.append(section: .init(
            name: offsets[1], type: 8, flags: 6, address: text.lowerBound, offset: start,
            byteCount: text.upperBound - text.lowerBound, alignment: 4))
        file.append(section: .init(
            name: offsets[2], type: 2, offset: start, byteCount: UInt64(table.count), link: 3, info: localCount,
            alignment: 8, entryByteCount: UInt64(Layout.symbolByteCount)))
        file.append(section: .init(
            name: offsets[3], type: 3, offset: strings, byteCount: UInt64(names.bytes.count), alignment: 1))
        file.append(section: .init(
            name: offsets[4], type: 3, offset: last, byteCount: UInt64(sectionNames.bytes.count), alignment: 1))
        return file
    }

    /// From the first function to the last, which has an unknown end.
    private var codeRange: Range<UInt64> {
        let code = symbols.filter(\.isCode)
        guard let first = code.first, let last = code.last else { return 0..<0 }
        return first.address..<max(last.address, min(last.address, .max - 4096) + 4096)
    }

    /// `Elf64_Sym`. A symbol reaches as far as the next one, or a page at most.
    private func append(_ index: Int, name: UInt32, to table: inout [UInt8]) {
        let symbol = symbols[index]
        let next = symbols[index...].first { $0.address > symbol.address }?.address ?? symbol.address
        table.append(little: name)
        table.append((symbol.isGlobal ? 0x10 : 0) | (symbol.isCode ? 2 : 1))
        table.append(0)
        table.append(little: UInt16(symbol.isCode ? 1 : 0xfff1))
        table.append(little: symbol.address)
        table.append(little: min(next - symbol.address, 1 << 20))
    }
}

/// Sizes, and the file's header.
private enum Layout {
    static let headerByteCount = 64
    static let symbolByteCount = 24

    /// `Elf64_Ehdr` of a little-endian executable with five sections.
    static func header(machine: UInt16, sections: UInt64) -> [UInt8] {
        var bytes: [UInt8] = [0x7f, 0x45, 0x4c, 0x46, 2, 1, 1] + [UInt8](repeating: 0, count: 9)
        bytes.append(little: UInt16(2))
        bytes.append(little: machine)
        bytes.append(little: UInt32(1))
        bytes.append(little: UInt64(0))
        bytes.append(little: UInt64(0))
        bytes.append(little: sections)
        bytes.append(little: UInt32(0))
        for half: UInt16 in [64, 56, 0, 64, 5, 4] { bytes.append(little: half) }
        return bytes
    }
}

/// `Elf64_Shdr`.
private struct Section {
    var name: UInt32 = 0
    var type: UInt32 = 0
    var flags: UInt64 = 0
    var address: UInt64 = 0
    var offset: UInt64 = 0
    var byteCount: UInt64 = 0
    var link: UInt32 = 0
    var info: UInt32 = 0
    var alignment: UInt64 = 0
    var entryByteCount: UInt64 = 0
}

/// Names, one after the other, each with a zero behind it.
private struct StringTable {
    var bytes: [UInt8] = [0]
    var offsets: [UInt32] = []

    init(_ names: [String]) {
        for name in names {
            offsets.append(name.isEmpty ? 0 : UInt32(bytes.count))
            if !name.isEmpty { bytes += Array(name.utf8) + [0] }
        }
    }
}

extension [UInt8] {
    fileprivate mutating func append(little value: some FixedWidthInteger) {
        Swift.withUnsafeBytes(of: value.littleEndian) { append(contentsOf: $0) }
    }

    fileprivate mutating func append(section: Section) {
        append(little: section.name)
        append(little: section.type)
        for word in [section.flags, section.address, section.offset, section.byteCount] { append(little: word) }
        append(little: section.link)
        append(little: section.info)
        append(little: section.alignment)
        append(little: section.entryByteCount)
    }
}

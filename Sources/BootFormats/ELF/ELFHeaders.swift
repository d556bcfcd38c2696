// Reads and checks the tables of an ELF file.

/// Where the fields are in the two classes of ELF (System V ABI, chapters 4 and 5).
struct ELFLayout {
    let is64Bit: Bool

    var header: Int { is64Bit ? 64 : 52 }
    var programHeaderOffset: Int { is64Bit ? 32 : 28 }
    var sectionHeaderOffset: Int { is64Bit ? 40 : 32 }
    var flags: Int { is64Bit ? 48 : 36 }
    /// `e_phentsize`, with `e_phnum`, `e_shentsize` and `e_shnum` after it.
    var tableSizes: Int { is64Bit ? 54 : 42 }
    var programHeader: Int { is64Bit ? 56 : 32 }
    var sectionHeader: Int { is64Bit ? 64 : 40 }
    var symbol: Int { is64Bit ? 24 : 16 }
}

/// The headers of one file, while they are read.
struct ELFHeaders {
    /// A linker makes a handful of segments; core dumps, which can have many, are not booted.
    private static let maximumSegments = 1024
    private static let maximumSections = 0xff00

    let reader: ByteReader
    let layout: ELFLayout

    /// Checks `e_ident` and that the header is whole.
    init(_ reader: ByteReader) throws(ELFError) {
        guard reader.has([0x7f] + Array("ELF".utf8), at: 0) else {
            throw .notELF(KernelKind.identify(reader.bytes))
        }
        self.reader = reader
        guard let fileClass = reader.littleEndian(UInt8.self, at: 4),
            let encoding = reader.littleEndian(UInt8.self, at: 5),
            let version = reader.littleEndian(UInt8.self, at: 6)
        else { throw .truncated(what: "its header", end: 52, size: reader.bytes.count) }
        guard fileClass == 1 || fileClass == 2 else { throw .malformed("its class is \(fileClass)") }
        guard encoding != 2 else { throw .unsupported("a big-endian ELF file") }
        guard encoding == 1 else { throw .malformed("its data encoding is \(encoding)") }
        guard version == 1 else { throw .malformed("its ELF version is \(version)") }
        layout = ELFLayout(is64Bit: fileClass == 2)
        guard reader.bytes.count >= layout.header else {
            throw .truncated(what: "its header", end: UInt64(layout.header), size: reader.bytes.count)
        }
    }

    func integer<Integer: FixedWidthInteger & BitwiseCopyable>(
        _ type: Integer.Type, at offset: Int
    ) throws(ELFError) -> Integer {
        guard let value = reader.littleEndian(type, at: offset) else {
            throw .truncated(what: "a header", end: UInt64(clamping: offset), size: reader.bytes.count)
        }
        return value
    }

    /// An address, offset or size, which has the width of the file's class.
    func address(at offset: Int) throws(ELFError) -> UInt64 {
        layout.is64Bit
            ? try integer(UInt64.self, at: offset) : UInt64(try integer(UInt32.self, at: offset))
    }

    /// The range of the file at `offset`, checked to be inside.
    func fileRange(
        offset: UInt64, size: UInt64, what: @autoclosure () -> String
    ) throws(ELFError) -> Range<Int> {
        let (end, overflow) = offset.addingReportingOverflow(size)
        guard !overflow else { throw .malformed("the size of \(what()) overflows") }
        guard let start = Int(exactly: offset), let end = Int(exactly: end), end <= reader.bytes.count else {
            throw .truncated(what: what(), end: end, size: reader.bytes.count)
        }
        return start..<end
    }

    /// A table of `count` entries whose size the header gives as `entrySize`.
    private func table(
        _ what: String, offset: UInt64, count: Int, entrySize: UInt16, expected: Int
    ) throws(ELFError) -> Range<Int> {
        guard Int(entrySize) == expected else {
            throw .malformed("entries of \(what) have \(entrySize) bytes instead of \(expected)")
        }
        return try fileRange(offset: offset, size: UInt64(count * expected), what: what)
    }

    // MARK: segments

    func readSegments() throws(ELFError) -> [ELFFile.Segment] {
        let count = Int(try integer(UInt16.self, at: layout.tableSizes + 2))
        guard count > 0 else { return [] }
        guard count <= Self.maximumSegments else {
            throw .tooMany(what: "segments", count: count, limit: Self.maximumSegments)
        }
        let range = try table(
            "the program header table", offset: try address(at: layout.programHeaderOffset), count: count,
            entrySize: try integer(UInt16.self, at: layout.tableSizes), expected: layout.programHeader)
        var segments: [ELFFile.Segment] = []
        for index in 0..<count {
            let start = range.lowerBound + index * layout.programHeader
            segments.append(try readSegment(at: start, index: index))
        }
        try checkOverlaps(segments)
        return segments
    }

    private func readSegment(at start: Int, index: Int) throws(ELFError) -> ELFFile.Segment {
        let is64Bit = layout.is64Bit
        let type = try integer(UInt32.self, at: start)
        let fileOffset = try address(at: start + (is64Bit ? 8 : 4))
        let fileSize = try address(at: start + (is64Bit ? 32 : 16))
        // Only segments that are loaded need sound contents; debuggers and loaders may put anything
        // into the others.
        let isLoad = type == ELFFile.Segment.load
        let segment = ELFFile.Segment(
            type: type,
            flags: try integer(UInt32.self, at: start + (is64Bit ? 4 : 24)),
            virtualAddress: try address(at: start + (is64Bit ? 16 : 8)),
            physicalAddress: try address(at: start + (is64Bit ? 24 : 12)),
            fileRange: isLoad
                ? try fileRange(offset: fileOffset, size: fileSize, what: "segment \(index)") : 0..<0,
            memorySize: try address(at: start + (is64Bit ? 40 : 20)))
        if isLoad { try check(segment, index: index) }
        return segment
    }

    private func check(_ segment: ELFFile.Segment, index: Int) throws(ELFError) {
        guard segment.fileRange.count <= segment.memorySize else {
            throw .malformed("segment \(index) has more bytes in the file than in memory")
        }
        // The last byte, not the end, so that a segment may reach the top of the address space.
        let last = max(segment.memorySize, 1) - 1
        let top = layout.is64Bit ? UInt64.max : UInt64(UInt32.max)
        guard last <= top, segment.virtualAddress <= top - last, segment.physicalAddress <= top - last else {
            throw .malformed("segment \(index) reaches beyond the address space")
        }
    }

    /// Two segments in the same memory would make what is loaded depend on their order.
    private func checkOverlaps(_ segments: [ELFFile.Segment]) throws(ELFError) {
        let loaded = segments.enumerated().filter { $0.element.isLoad && $0.element.memorySize > 0 }
            .sorted { $0.element.physicalAddress < $1.element.physicalAddress }
        for (left, right) in zip(loaded, loaded.dropFirst()) {
            let last = left.element.physicalAddress + (left.element.memorySize - 1)
            guard last < right.element.physicalAddress else {
                throw .malformed("segments \(left.offset) and \(right.offset) overlap in memory")
            }
        }
    }

    // MARK: symbol tables

    /// The checked ranges of `SHT_SYMTAB` and `SHT_DYNSYM` with their string tables.
    func readSymbolTables() throws(ELFError) -> [ELFFile.SymbolTable] {
        let offset = try address(at: layout.sectionHeaderOffset)
        let count = Int(try integer(UInt16.self, at: layout.tableSizes + 6))
        // No table, or a count that does not fit the header (then it is at another place; such files
        // are objects with a section per function, not boot files).
        guard offset != 0, count != 0 else { return [] }
        guard count < Self.maximumSections else {
            throw .tooMany(what: "sections", count: count, limit: Self.maximumSections)
        }
        let range = try table(
            "the section header table", offset: offset, count: count,
            entrySize: try integer(UInt16.self, at: layout.tableSizes + 4), expected: layout.sectionHeader)
        var tables: [(type: UInt32, table: ELFFile.SymbolTable)] = []
        for index in 0..<count {
            let start = range.lowerBound + index * layout.sectionHeader
            let type = try integer(UInt32.self, at: start + 4)
            guard type == ELFFile.SymbolTable.full || type == ELFFile.SymbolTable.dynamic else { continue }
            let table = try readSymbolTable(at: start, index: index, sections: range, sectionCount: count)
            tables.append((type, table))
        }
        // The full table knows everything that the dynamic one does.
        return tables.sorted { $0.type < $1.type }.map(\.table)
    }

    private func readSymbolTable(
        at start: Int, index: Int, sections: Range<Int>, sectionCount: Int
    ) throws(ELFError) -> ELFFile.SymbolTable {
        let entrySize = try address(at: start + (layout.is64Bit ? 56 : 36))
        guard entrySize == UInt64(layout.symbol) else {
            throw .malformed("symbols have \(entrySize) bytes instead of \(layout.symbol)")
        }
        let link = Int(try integer(UInt32.self, at: start + (layout.is64Bit ? 40 : 24)))
        guard link < sectionCount else { throw .malformed("section \(index) names section \(link)") }
        return ELFFile.SymbolTable(
            layout: layout,
            symbols: try sectionRange(at: start, index: index),
            names: try sectionRange(at: sections.lowerBound + link * layout.sectionHeader, index: link))
    }

    private func sectionRange(at start: Int, index: Int) throws(ELFError) -> Range<Int> {
        try fileRange(
            offset: try address(at: start + (layout.is64Bit ? 24 : 16)),
            size: try address(at: start + (layout.is64Bit ? 32 : 20)),
            what: "section \(index)")
    }
}

// The symbols of an ELF file, looked up by name.

/// A defined symbol of an ELF file (System V ABI, "Symbol Table").
public struct ELFSymbol: Equatable, Sendable {
    /// `st_value`: a virtual address in a linked file.
    public let value: UInt64
    /// `st_size`, in bytes; 0 if the file does not tell.
    public let size: UInt64
    /// Whether other files may use the symbol (`STB_GLOBAL` or `STB_WEAK`).
    public let isGlobal: Bool
}

extension ELFFile {
    /// A symbol table and the names of its symbols, both checked to be inside the file.
    struct SymbolTable: Sendable {
        /// `SHT_SYMTAB`.
        static let full: UInt32 = 2
        /// `SHT_DYNSYM`.
        static let dynamic: UInt32 = 11

        let layout: ELFLayout
        let symbols: Range<Int>
        let names: Range<Int>

        var count: Int { symbols.count / layout.symbol }
    }

    /// The defined symbol of this name, such as `tohost`; a global one if there are several.
    ///
    /// Takes time in proportion to the number of symbols, and no memory, however the file is made.
    public func symbol(named name: String) -> ELFSymbol? {
        // The name must end with its terminator, or `to` would be found in `tohost`.
        let wanted = Array(name.utf8) + [0]
        guard wanted.count > 1 else { return nil }
        var local: ELFSymbol?
        for table in symbolTables {
            for index in 0..<table.count {
                guard let symbol = symbol(index, of: table, named: wanted) else { continue }
                if symbol.isGlobal { return symbol }
                local = local ?? symbol
            }
        }
        return local
    }

    /// The symbol at `index`, if it is defined and has this name.
    private func symbol(_ index: Int, of table: SymbolTable, named wanted: [UInt8]) -> ELFSymbol? {
        let start = table.symbols.lowerBound + index * table.layout.symbol
        guard let nameOffset = reader.littleEndian(UInt32.self, at: start),
            Int(nameOffset) <= table.names.count - wanted.count,
            reader.has(wanted, at: table.names.lowerBound + Int(nameOffset))
        else { return nil }
        return is64Bit ? symbol64(at: start) : symbol32(at: start)
    }

    private func symbol64(at start: Int) -> ELFSymbol? {
        guard let information = reader.littleEndian(UInt8.self, at: start + 4),
            let section = reader.littleEndian(UInt16.self, at: start + 6), section != 0,
            let value = reader.littleEndian(UInt64.self, at: start + 8),
            let size = reader.littleEndian(UInt64.self, at: start + 16)
        else { return nil }
        return ELFSymbol(value: value, size: size, isGlobal: information >> 4 != 0)
    }

    private func symbol32(at start: Int) -> ELFSymbol? {
        guard let value = reader.littleEndian(UInt32.self, at: start + 4),
            let size = reader.littleEndian(UInt32.self, at: start + 8),
            let information = reader.littleEndian(UInt8.self, at: start + 12),
            let section = reader.littleEndian(UInt16.self, at: start + 14), section != 0
        else { return nil }
        return ELFSymbol(value: UInt64(value), size: UInt64(size), isGlobal: information >> 4 != 0)
    }
}

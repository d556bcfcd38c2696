// An ELF file: what a boot needs to know of it.

/// A little-endian ELF file of 32 or 64 bits, all of whose headers have been checked (System V ABI,
/// chapters 4 and 5).
///
/// Boards load `loadSegments` at their physical addresses and start at `physicalEntry`.
public struct ELFFile: Sendable {
    /// What `e_type` says.
    public enum Kind: Equatable, Sendable {
        case relocatable
        case executable
        /// Position-independent: a shared library or a static-pie executable.
        case shared
        case core
        case other(UInt16)
    }

    /// One entry of the program header table.
    public struct Segment: Equatable, Sendable {
        /// Number of `PT_LOAD`.
        public static let load: UInt32 = 1

        /// `p_type`.
        public let type: UInt32
        /// `p_flags`: bit 0 execute, bit 1 write, bit 2 read.
        public let flags: UInt32
        /// `p_vaddr`.
        public let virtualAddress: UInt64
        /// `p_paddr`: where to load it.
        public let physicalAddress: UInt64
        /// The bytes of the file that it starts with; inside the file.
        public let fileRange: Range<Int>
        /// `p_memsz`, in bytes. What exceeds the file range is zero.
        public let memorySize: UInt64

        /// Whether it belongs into memory.
        public var isLoad: Bool { type == Self.load }
        public var isExecutable: Bool { flags & 1 != 0 }
    }

    /// Whether the file is of class `ELFCLASS64`.
    public let is64Bit: Bool
    public let kind: Kind
    /// `e_machine`, see `ELFMachine`.
    public let machine: UInt16
    /// `e_flags`, which the machine defines.
    public let flags: UInt32
    /// `e_entry`, a virtual address.
    public let entry: UInt64
    /// The program headers in the file's order.
    public let segments: [Segment]
    let symbolTables: [SymbolTable]
    let reader: ByteReader

    /// Reads the headers of the file `bytes`.
    ///
    /// - Throws: `ELFError` for everything but a sound file; which machine it is for, and whether it can
    ///   be started, is left to `checkLoadable`.
    public init(_ bytes: [UInt8]) throws(ELFError) {
        let headers = try ELFHeaders(ByteReader(bytes: bytes))
        reader = headers.reader
        is64Bit = headers.layout.is64Bit
        kind = Kind(try headers.integer(UInt16.self, at: 16))
        machine = try headers.integer(UInt16.self, at: 18)
        flags = try headers.integer(UInt32.self, at: headers.layout.flags)
        entry = try headers.address(at: 24)
        segments = try headers.readSegments()
        symbolTables = try headers.readSymbolTables()
    }

    /// What people call the machine, such as `riscv64`.
    public var machineName: String { ELFMachine.name(machine, is64Bit: is64Bit) }

    /// The segments that belong into memory and are not empty.
    public var loadSegments: [Segment] { segments.filter { $0.isLoad && $0.memorySize > 0 } }

    /// The bytes of the file that `segment`, one of `segments`, starts with.
    public func contents(of segment: Segment) -> ArraySlice<UInt8> {
        let range = segment.fileRange.clamped(to: reader.bytes.indices)
        return reader.bytes[range]
    }

    /// Where the entry is in physical memory, or `nil` if it is in no segment that is loaded. Files differ in what
    /// their entry is: usually a virtual address, in Linux kernels for x86 a physical one.
    public var physicalEntry: UInt64? {
        if loadSegments.contains(where: { entry >= $0.physicalAddress && entry - $0.physicalAddress < $0.memorySize }),
            !loadSegments.contains(where: { entry >= $0.virtualAddress && entry - $0.virtualAddress < $0.memorySize })
        {
            return entry
        }
        for segment in loadSegments where entry >= segment.virtualAddress {
            let offset = entry - segment.virtualAddress
            if offset < segment.memorySize { return segment.physicalAddress + offset }
        }
        return nil
    }

    /// Checks that a machine can start this file.
    ///
    /// - Parameters:
    ///   - machine: the machine's `e_machine`.
    ///   - is64Bit: whether the machine runs files of class 64.
    /// - Throws: `wrongMachine`, `notLoadable`.
    public func checkLoadable(machine: UInt16, is64Bit: Bool) throws(ELFError) {
        guard machine == self.machine, is64Bit == self.is64Bit else {
            let wanted = ELFMachine.name(machine, is64Bit: is64Bit)
            throw .wrongMachine(found: machineName, wanted: wanted)
        }
        guard kind == .executable || kind == .shared else {
            throw .notLoadable("it is \(kind.name)")
        }
        guard !loadSegments.isEmpty else { throw .notLoadable("no part of it belongs into memory") }
        guard physicalEntry != nil else {
            throw .notLoadable("its entry 0x\(String(entry, radix: 16)) is outside of what it loads")
        }
    }
}

extension ELFFile.Kind {
    fileprivate init(_ type: UInt16) {
        switch type {
        case 1: self = .relocatable
        case 2: self = .executable
        case 3: self = .shared
        case 4: self = .core
        default: self = .other(type)
        }
    }

    fileprivate var name: String {
        switch self {
        case .relocatable: "an object file that is not linked"
        case .executable: "an executable"
        case .shared: "a shared object"
        case .core: "a core dump"
        case .other(let type): "of type \(type)"
        }
    }
}

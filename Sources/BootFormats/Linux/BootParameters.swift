// The "zero page": what a PC's boot loader tells a Linux kernel.

/// Boot parameters (Linux, "The Linux/x86 Boot Protocol" and "Zero Page").
public struct BootParameters: Sendable {
    /// A range of the memory map.
    public struct MemoryRange: Sendable {
        /// What a range is for, by the numbers of BIOS call E820.
        public enum Kind: UInt32, Sendable {
            case usable = 1
            case reserved = 2
        }

        public let range: Range<UInt64>
        public let kind: Kind

        /// A range.
        public init(_ range: Range<UInt64>, _ kind: Kind) {
            self.range = range
            self.kind = kind
        }
    }

    /// The size of the page.
    public static let byteCount = 4096
    private static let maximumRangeCount = 128

    /// The kernel's own setup header.
    public var setupHeader: [UInt8]
    /// Where the command line lies, which ends with a zero.
    public var commandLineAddress: UInt32
    /// Where the initial RAM disk lies.
    public var initialRAMDisk: Range<UInt64>?
    /// Where the ACPI tables begin.
    public var acpiRootAddress: UInt64
    /// The memory map; at most 128 ranges count.
    public var memoryMap: [MemoryRange]

    /// Collects the parameters.
    public init(
        setupHeader: [UInt8], commandLineAddress: UInt32, initialRAMDisk: Range<UInt64>?, acpiRootAddress: UInt64,
        memoryMap: [MemoryRange]
    ) {
        self.setupHeader = setupHeader
        self.commandLineAddress = commandLineAddress
        self.initialRAMDisk = initialRAMDisk
        self.acpiRootAddress = acpiRootAddress
        self.memoryMap = memoryMap
    }

    /// The page.
    public func encode() -> [UInt8] {
        var page = [UInt8](repeating: 0, count: Self.byteCount)
        func put<Integer: FixedWidthInteger>(_ value: Integer, _ offset: Int) {
            for index in 0..<(Integer.bitWidth / 8) {
                page[offset + index] = UInt8(truncatingIfNeeded: value >> Integer(index * 8))
            }
        }
        page.replaceSubrange(
            BzImage.setupHeaderOffset..<(BzImage.setupHeaderOffset + setupHeader.count), with: setupHeader)
        put(acpiRootAddress, 0x70)
        // The loader is none of those that have a number.
        page[0x210] = 0xff
        put(commandLineAddress, 0x228)
        if let disk = initialRAMDisk {
            put(UInt32(truncatingIfNeeded: disk.lowerBound), 0x218)
            put(UInt32(truncatingIfNeeded: disk.upperBound - disk.lowerBound), 0x21c)
        }
        let ranges = memoryMap.prefix(Self.maximumRangeCount)
        page[0x1e8] = UInt8(ranges.count)
        for (index, entry) in ranges.enumerated() {
            put(entry.range.lowerBound, 0x2d0 + index * 20)
            put(entry.range.upperBound - entry.range.lowerBound, 0x2d8 + index * 20)
            put(entry.kind.rawValue, 0x2e0 + index * 20)
        }
        return page
    }
}

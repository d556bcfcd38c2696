// A Linux kernel for PCs: the setup header, and the kernel itself, which is compressed inside.

/// Why a file is not a bzImage that can be booted.
public enum BzImageError: Error, Equatable, Sendable, CustomStringConvertible {
    /// It is something else.
    case notBzImage(KernelKind)
    /// The boot protocol is older than 2.12, which first said whether a kernel has a 64-bit entry.
    case tooOld(version: UInt16)
    /// The kernel is for 32-bit CPUs.
    case not64Bit
    /// The header says that the file is longer than it is.
    case truncated
    /// The compressed kernel can not be unpacked.
    case payload(DecompressionError)

    public var description: String {
        switch self {
        case .notBzImage(let kind): "it is \(kind), not a Linux bzImage for x86; Debian's is /boot/vmlinuz-*-amd64"
        case .tooOld(let version):
            "its boot protocol is \(version >> 8).\(version & 0xff); 2.12 (Linux 3.8) or later is needed"
        case .not64Bit: "it is a kernel for 32-bit CPUs; give an amd64 one"
        case .truncated: "it is cut off; copy the file again"
        case .payload(let error): error.description
        }
    }
}

/// A bzImage (Linux, "The Linux/x86 Boot Protocol").
public struct BzImage: Sendable {
    /// The bytes of the setup header, from 0x1f1 of the file on.
    public let setupHeader: [UInt8]
    /// Where the header is in the file and in the boot parameters.
    public static let setupHeaderOffset = 0x1f1
    /// The most memory that the kernel uses from its start before it looks at the memory map, in bytes.
    public let initializedByteCount: UInt64
    /// The highest address that the initial RAM disk may reach to.
    public let initialRAMDiskLimit: UInt64
    /// The most bytes of a command line, without its end.
    public let commandLineLimit: Int
    private let payload: ArraySlice<UInt8>

    private static let kernelLimit = 512 << 20

    /// Reads the header.
    public init(_ bytes: [UInt8]) throws(BzImageError) {
        let reader = ByteReader(bytes: bytes)
        let kind = KernelKind.identify(bytes)
        guard kind == .bzImage else { throw .notBzImage(kind) }
        func field<Integer: FixedWidthInteger & BitwiseCopyable>(
            _ type: Integer.Type, _ offset: Int
        ) throws(BzImageError) -> Integer {
            guard let value = reader.littleEndian(type, at: offset) else { throw .truncated }
            return value
        }
        let version = try field(UInt16.self, 0x206)
        guard version >= 0x20c else { throw .tooOld(version: version) }
        // XLF_KERNEL_64.
        guard try field(UInt16.self, 0x236) & 1 != 0 else { throw .not64Bit }
        // The header ends where the jump in front of its signature leads to.
        let end = 0x202 + Int(try field(UInt8.self, 0x201))
        guard end <= bytes.count, end > 0x264 else { throw .truncated }
        setupHeader = Array(bytes[Self.setupHeaderOffset..<end])
        initialRAMDiskLimit = UInt64(try field(UInt32.self, 0x22c))
        commandLineLimit = Int(try field(UInt32.self, 0x238))
        initializedByteCount = UInt64(try field(UInt32.self, 0x260))
        let sectors = Int(try field(UInt8.self, 0x1f1))
        let start = ((sectors == 0 ? 4 : sectors) + 1) * 512 + Int(try field(UInt32.self, 0x248))
        let byteCount = Int(try field(UInt32.self, 0x24c))
        guard start <= bytes.count, byteCount <= bytes.count - start else { throw .truncated }
        payload = bytes[start..<(start + byteCount)]
    }

    /// The kernel as an ELF file, unpacked.
    public func unpackKernel() throws(BzImageError) -> [UInt8] {
        do {
            return try Decompression.unpack(payload, limit: Self.kernelLimit)
        } catch {
            throw .payload(error)
        }
    }
}

// The header of a Linux kernel `Image`.

/// A Linux kernel in its plain form for riscv64 or arm64 (Linux, Documentation/arch/riscv/
/// boot-image-header.rst and Documentation/arch/arm64/booting.rst).
///
/// The file is loaded as it is, `textOffset` bytes above an aligned base, and started at its first byte.
public struct LinuxImage: Equatable, Sendable {
    /// The architectures whose kernels have this header.
    public enum Architecture: String, CaseIterable, CustomStringConvertible, Sendable {
        case riscv64
        case arm64

        public var description: String { rawValue }

        /// The header's magic number.
        var magic: [UInt8] {
            switch self {
            case .riscv64: Array("RSC\u{5}".utf8)
            case .arm64: Array("ARM\u{64}".utf8)
            }
        }

        var magicOffset: Int { 56 }
    }

    public let architecture: Architecture
    /// How far above the base of memory (which is aligned to 2 MiB) the kernel wants to be, in bytes.
    public let textOffset: UInt64
    /// How much memory the kernel needs from where it is loaded, with its .bss, in bytes. The file may be
    /// shorter.
    public let imageSize: UInt64
    /// The flags as they are in the file; their meaning depends on the architecture.
    public let flags: UInt64
    /// How many bytes of the file are to be loaded: all.
    public let fileSize: Int

    static let headerByteCount = 64

    /// Reads the header of the file `bytes`.
    ///
    /// - Throws: `notImage`, `truncated` (if the kernel is also an EFI program, as distributions' kernels
    ///   are; else a short file can not be told from one with a large .bss), `unsupported`, `malformed`.
    public init(_ bytes: [UInt8]) throws(LinuxImageError) {
        let reader = ByteReader(bytes: bytes)
        let kind = KernelKind.identify(bytes)
        guard case .linuxImage(let architecture) = kind else { throw .notImage(kind) }
        guard let textOffset = reader.littleEndian(UInt64.self, at: 8),
            let imageSize = reader.littleEndian(UInt64.self, at: 16),
            let flags = reader.littleEndian(UInt64.self, at: 24),
            let peOffset = reader.littleEndian(UInt32.self, at: 60)
        else { throw .truncated(needed: UInt64(Self.headerByteCount), size: bytes.count) }
        self.architecture = architecture
        self.textOffset = textOffset
        self.imageSize = imageSize
        self.flags = flags
        fileSize = bytes.count
        try checkHeader(reader)
        try checkWhole(reader, peOffset: Int(peOffset))
    }

    /// How much memory the kernel takes from where it is loaded, in bytes: a file that is longer than its
    /// image (a signature may follow) is loaded all the same.
    public var memorySize: UInt64 { max(imageSize, UInt64(fileSize)) }

    /// - Throws: `wrongArchitecture`.
    public func check(_ wanted: Architecture) throws(LinuxImageError) {
        guard architecture == wanted else {
            throw .wrongArchitecture(found: architecture, wanted: wanted)
        }
    }

    private func checkHeader(_ reader: ByteReader) throws(LinuxImageError) {
        if architecture == .riscv64 {
            // Major versions break compatibility; all kernels until now have 0.
            guard let version = reader.littleEndian(UInt32.self, at: 32), version >> 16 == 0 else {
                throw .unsupported("of a boot protocol newer than 0.x")
            }
        }
        guard flags & 1 == 0 else { throw .unsupported("big-endian") }
        guard imageSize != 0 else { throw .unsupported("older than Linux 3.17 and does not tell its size") }
        // No machine has half of the address space as memory.
        guard imageSize <= UInt64(Int64.max), textOffset <= UInt64(Int64.max) else {
            throw .malformed("it claims \(imageSize) bytes of memory at offset \(textOffset)")
        }
    }

    /// An EFI kernel lists its sections, which end where the file ends.
    private func checkWhole(_ reader: ByteReader, peOffset: Int) throws(LinuxImageError) {
        guard reader.has("MZ", at: 0) else { return }
        let needed = try PortableExecutable.endOfSections(reader, offset: peOffset)
        guard needed <= UInt64(reader.bytes.count) else {
            throw .truncated(needed: needed, size: reader.bytes.count)
        }
    }
}

// Says what a file is that somebody gave as a kernel, so that an error can name it.

/// What a file is, as far as its first bytes tell.
public enum KernelKind: Equatable, Sendable {
    /// A Linux `Image` with the boot header of this architecture.
    case linuxImage(LinuxImage.Architecture)
    /// An ELF file for this machine, such as `x86-64`.
    case elf(machine: String)
    /// A Linux kernel for x86 PCs.
    case bzImage
    /// A compressed Linux kernel inside an EFI program.
    case efiZboot
    /// An EFI or Windows program for this machine.
    case portableExecutable(machine: String)
    /// A compressed file; `unpacker` is the command that unpacks it.
    case compressed(format: String, unpacker: String)
    /// An image of the U-Boot boot loader.
    case uImage
    /// A flattened device tree, or a FIT image, which is one.
    case deviceTree
    /// An archive of files, such as an initramfs.
    case cpio
    /// A Debian package or another `ar` archive.
    case debianPackage
    case empty
    case unknown

    /// Looks at the first bytes of a file. Never fails, and reads at most what is given.
    public static func identify(_ bytes: [UInt8]) -> KernelKind {
        guard !bytes.isEmpty else { return .empty }
        let reader = ByteReader(bytes: bytes)
        return elf(reader) ?? image(reader) ?? bzImage(reader) ?? portableExecutable(reader)
            ?? signatures.first { reader.has($0.magic, at: 0) }?.kind ?? .unknown
    }

    private static func elf(_ reader: ByteReader) -> KernelKind? {
        guard reader.has([0x7f] + Array("ELF".utf8), at: 0) else { return nil }
        let isBigEndian = reader.has([2], at: 5)
        let machine = isBigEndian
            ? reader.bigEndian(UInt16.self, at: 18) : reader.littleEndian(UInt16.self, at: 18)
        guard let machine else { return .elf(machine: "an unknown machine") }
        let name = ELFMachine.name(machine, is64Bit: reader.has([2], at: 4))
        return .elf(machine: isBigEndian ? "\(name), big-endian" : name)
    }

    private static func image(_ reader: ByteReader) -> KernelKind? {
        LinuxImage.Architecture.allCases.first { reader.has($0.magic, at: $0.magicOffset) }
            .map(KernelKind.linuxImage)
    }

    /// The Linux x86 boot protocol, "The Real-Mode Kernel Header".
    private static func bzImage(_ reader: ByteReader) -> KernelKind? {
        reader.has([0x55, 0xaa], at: 0x1fe) && reader.has("HdrS", at: 0x202) ? .bzImage : nil
    }

    private static func portableExecutable(_ reader: ByteReader) -> KernelKind? {
        guard reader.has("MZ", at: 0) else { return nil }
        if reader.has("zimg", at: 4) { return .efiZboot }
        guard let offset = reader.littleEndian(UInt32.self, at: 60),
            reader.has(PortableExecutable.signature, at: Int(offset)),
            let machine = reader.littleEndian(UInt16.self, at: Int(offset) + 4)
        else { return nil }
        return .portableExecutable(machine: PortableExecutable.machineName(machine))
    }

    private static let signatures: [(magic: [UInt8], kind: KernelKind)] = [
        ([0x1f, 0x8b], .compressed(format: "gzip", unpacker: "gunzip")),
        ([0xfd] + Array("7zXZ\0".utf8), .compressed(format: "xz", unpacker: "unxz")),
        ([0x28, 0xb5, 0x2f, 0xfd], .compressed(format: "zstd", unpacker: "unzstd")),
        ([0x04, 0x22, 0x4d, 0x18], .compressed(format: "lz4", unpacker: "unlz4")),
        ([0x02, 0x21, 0x4c, 0x18], .compressed(format: "lz4 (legacy)", unpacker: "unlz4")),
        ([0x5d, 0, 0], .compressed(format: "lzma", unpacker: "unlzma")),
        (Array("BZh".utf8), .compressed(format: "bzip2", unpacker: "bunzip2")),
        ([0x27, 0x05, 0x19, 0x56], .uImage),
        ([0xd0, 0x0d, 0xfe, 0xed], .deviceTree),
        (Array("070701".utf8), .cpio),
        (Array("070702".utf8), .cpio),
        (Array("!<arch>\n".utf8), .debianPackage),
    ]
}

extension KernelKind: CustomStringConvertible {
    /// What the file is, with its article: "a gzip file".
    public var description: String {
        switch self {
        case .linuxImage(let architecture): "a Linux Image for \(architecture)"
        case .elf(let machine): "an ELF file for \(machine)"
        case .bzImage: "a Linux bzImage for x86"
        case .efiZboot: "a compressed EFI kernel (zboot)"
        case .portableExecutable(let machine): "an EFI program for \(machine)"
        case .compressed(let format, _): "a file compressed with \(format)"
        case .uImage: "a U-Boot image"
        case .deviceTree: "a device tree blob or FIT image"
        case .cpio: "a cpio archive, such as an initramfs"
        case .debianPackage: "a Debian package"
        case .empty: "empty"
        case .unknown: "of a kind that is not known here"
        }
    }

    /// What to do if a kernel was wanted and this is what was given.
    public var advice: String {
        switch self {
        case .compressed(_, let unpacker): "unpack it with \(unpacker) and give the result"
        case .linuxImage, .elf, .bzImage, .portableExecutable:
            "give the kernel of this machine's architecture in a form that this command reads"
        case .efiZboot: "give the vmlinux or Image file that it was made from"
        case .uImage: "give the Image that it was made from (dumpimage extracts it)"
        case .deviceTree, .cpio: "check the order of the arguments: this is not a kernel"
        case .debianPackage: "unpack it with dpkg-deb -x and give the file in its boot folder"
        case .empty: "copy it again"
        case .unknown: "check that the path names a kernel"
        }
    }
}

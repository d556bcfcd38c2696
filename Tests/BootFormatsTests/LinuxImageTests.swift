// Tests of LinuxImage and KernelKind.

import BootFormats
import Testing

/// The error that reading a kernel ends with.
private func failure(_ bytes: [UInt8]) -> LinuxImageError? {
    do { _ = try LinuxImage(bytes) } catch { return error }
    return nil
}

@Suite struct LinuxImageTests {
    /// The size of Debian's vmlinux-6.12.107+deb13-riscv64, and the headers at its start: Linux boot
    /// header, PE headers, the sections .text and .data.
    static let debianByteCount = 31_165_952
    static let debianHeader: [UInt8] = [
        0x4d, 0x5a, 0x6f, 0x10, 0x60, 0x0d, 0x01, 0x00, 0x00, 0x00, 0x20, 0x00, 0x00, 0x00, 0x00, 0x00,
        0x00, 0xb0, 0xe6, 0x01, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
        0x02, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
        0x52, 0x49, 0x53, 0x43, 0x56, 0x00, 0x00, 0x00, 0x52, 0x53, 0x43, 0x05, 0x40, 0x00, 0x00, 0x00,
        0x50, 0x45, 0x00, 0x00, 0x64, 0x50, 0x02, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
        0x00, 0x00, 0x00, 0x00, 0xa0, 0x00, 0x06, 0x02, 0x0b, 0x02, 0x02, 0x14, 0x00, 0xf0, 0xdf, 0x00,
        0x00, 0xb0, 0x06, 0x01, 0x00, 0x00, 0x00, 0x00, 0x34, 0x42, 0xc5, 0x00, 0x00, 0x10, 0x00, 0x00,
        0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x10, 0x00, 0x00, 0x00, 0x02, 0x00, 0x00,
        0x00, 0x00, 0x00, 0x00, 0x03, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
        0x00, 0xb0, 0xe6, 0x01, 0x00, 0x10, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x0a, 0x00, 0x00, 0x01,
        0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
        0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
        0x00, 0x00, 0x00, 0x00, 0x06, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
        0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
        0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
        0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x2e, 0x74, 0x65, 0x78, 0x74, 0x00, 0x00, 0x00,
        0x00, 0xf0, 0xdf, 0x00, 0x00, 0x10, 0x00, 0x00, 0x00, 0xf0, 0xdf, 0x00, 0x00, 0x10, 0x00, 0x00,
        0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x20, 0x00, 0x00, 0x60,
        0x2e, 0x64, 0x61, 0x74, 0x61, 0x00, 0x00, 0x00, 0x00, 0xb0, 0x06, 0x01, 0x00, 0x00, 0xe0, 0x00,
        0x00, 0x8e, 0xfb, 0x00, 0x00, 0x00, 0xe0, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
        0x00, 0x00, 0x00, 0x00, 0x40, 0x00, 0x00, 0xc0,
    ]

    /// The kernel with its contents left out.
    static func debianKernel(byteCount: Int = debianByteCount) -> [UInt8] {
        debianHeader + [UInt8](repeating: 0, count: byteCount - debianHeader.count)
    }

    /// A kernel without EFI, by the documented header.
    static func arm64Kernel() -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: 4096)
        bytes.put(UInt32(0x1400_0010), at: 0)
        bytes.put(UInt64(0x80000), at: 8)
        bytes.put(UInt64(0x30000), at: 16)
        bytes.put(UInt64(0b1010), at: 24)
        bytes.put(UInt32(0x644d_5241), at: 56)
        return bytes
    }

    @Test func debiansKernelIsRead() throws {
        let image = try LinuxImage(Self.debianKernel())
        #expect(image.architecture == .riscv64)
        #expect(image.textOffset == 2 << 20)
        #expect(image.imageSize == 0x1e6_b000)
        // The file is shorter than the image: the rest is .bss.
        #expect(image.fileSize == Self.debianByteCount)
        #expect(image.memorySize == 0x1e6_b000)
        try image.check(.riscv64)
    }

    @Test func arm64IsRead() throws {
        let image = try LinuxImage(Self.arm64Kernel())
        #expect(image.architecture == .arm64)
        #expect(image.textOffset == 0x80000)
        #expect(image.imageSize == 0x30000)
        #expect(image.flags == 10)
        let error = #expect(throws: LinuxImageError.self) { try image.check(.riscv64) }
        #expect(error?.description == """
            the kernel is for arm64, this machine is riscv64; give a kernel for riscv64
            """)
    }

    @Test func truncationIsNoticed() {
        for count in [Self.debianByteCount - 1, 1 << 20, Self.debianHeader.count, 321] {
            let kernel = Array(Self.debianKernel().prefix(count))
            #expect(failure(kernel) == .truncated(needed: UInt64(Self.debianByteCount), size: count))
        }
        for count in 0..<Self.debianHeader.count {
            #expect(failure(Array(Self.debianHeader.prefix(count))) != nil, "\(count) bytes")
        }
        #expect(failure(Array(Self.debianHeader.prefix(62))) == .truncated(needed: 64, size: 62))
        // Something behind the kernel, such as a signature, is no harm.
        #expect(failure(Self.debianKernel(byteCount: Self.debianByteCount + 5)) == nil)
    }

    @Test func nonsenseIsRefused() {
        let kernel = Self.arm64Kernel()
        #expect(failure(kernel.with(UInt64(1), at: 24)) == .unsupported("big-endian"))
        #expect(failure(kernel.with(UInt64(0), at: 16)) != nil)
        #expect(failure(kernel.with(UInt64.max, at: 16)) != nil)
        #expect(failure(kernel.with(UInt64.max, at: 8)) != nil)
        let debian = Self.debianKernel()
        #expect(failure(debian.with(UInt32(1 << 16), at: 32)) != nil)
        #expect(failure(debian.with(UInt32(1 << 16 - 1), at: 60)) != nil)
        #expect(failure(debian.with(UInt32.max, at: 60)) != nil)
        #expect(failure(debian.with(UInt16(97), at: 70)) == .malformed("its PE header promises 97 sections"))
        #expect(failure(Self.debianHeader.with(UInt16.max, at: 84)) == .truncated(
            needed: 0x58 + 0xffff + 40, size: Self.debianHeader.count))
    }

    @Test func otherFilesAreNamed() throws {
        var bzImage = [UInt8](repeating: 0, count: 0x400)
        bzImage.put(UInt16(0x5a4d), at: 0)
        bzImage.put(UInt16(0xaa55), at: 0x1fe)
        bzImage.replaceSubrange(0x202..<0x206, with: "HdrS".utf8)
        var program = Self.debianHeader
        program.put(UInt32(0), at: 56)
        let cases: [([UInt8], KernelKind)] = [
            (bzImage, .bzImage), (try openSBI(), .elf(machine: "riscv64")),
            (program, .portableExecutable(machine: "riscv64")),
            (Array("MZ\0\0zimg".utf8), .efiZboot), ([], .empty), ([0], .unknown), (Array("MZ".utf8), .unknown),
            ([0x1f, 0x8b], .compressed(format: "gzip", unpacker: "gunzip")),
            ([0xfd, 0x37, 0x7a, 0x58, 0x5a, 0], .compressed(format: "xz", unpacker: "unxz")),
            ([0x28, 0xb5, 0x2f, 0xfd], .compressed(format: "zstd", unpacker: "unzstd")),
            ([0x27, 0x05, 0x19, 0x56], .uImage), ([0xd0, 0x0d, 0xfe, 0xed], .deviceTree),
            (Array("070701000".utf8), .cpio), (Array("!<arch>\ndebian".utf8), .debianPackage),
            ([0x7f, 0x45, 0x4c, 0x46], .elf(machine: "an unknown machine")),
        ]
        for (bytes, kind) in cases {
            #expect(KernelKind.identify(bytes) == kind)
            #expect(failure(bytes) == .notImage(kind))
        }
        #expect(KernelKind.identify(Self.arm64Kernel()) == .linuxImage(.arm64))
        #expect(failure(bzImage)?.description == """
            the kernel file is a Linux bzImage for x86, not a Linux Image; give the kernel of this machine's \
            architecture in a form that this command reads
            """)
    }

    /// What gzip and xz write is recognised as such.
    @Test func compressorsAreRecognised() throws {
        for (tool, package) in [("gzip", "gzip"), ("xz", "xz-utils")] {
            let output = try run(tool, package: package, ["-c"], input: Self.debianHeader)
            guard case .compressed(tool, _) = KernelKind.identify(output.output) else {
                Issue.record("\(tool): \(KernelKind.identify(output.output))")
                continue
            }
        }
    }

    @Test func damageNeverCrashes() {
        var generator = SeededGenerator(state: 21)
        // With a small kernel the sections lie inside after some damage, outside after other.
        var kernel = Self.debianHeader + [UInt8](repeating: 0, count: 4096)
        for offset in [0x108, 0x130] { kernel.put(UInt32(0x800), at: offset) }
        for offset in [0x10c, 0x134] { kernel.put(UInt32(0x400), at: offset) }
        #expect(failure(kernel) == nil)
        var refused = 0
        for _ in 0..<20_000 {
            let undo = generator.damage(&kernel, headerByteCount: Self.debianHeader.count)
            if failure(kernel) != nil { refused += 1 }
            SeededGenerator.repair(&kernel, undo)
        }
        #expect(refused > 1000)
        for _ in 0..<5_000 {
            let count = Int.random(in: 0...600, using: &generator)
            _ = KernelKind.identify((0..<count).map { _ in UInt8.random(in: 0...255, using: &generator) })
        }
    }
}

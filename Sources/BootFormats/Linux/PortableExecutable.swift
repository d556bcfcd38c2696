// The PE headers inside a Linux Image that is also an EFI program.

/// The little of the PE/COFF format that tells whether a kernel file is whole (Microsoft PE Format, "COFF
/// File Header" and "Section Table").
enum PortableExecutable {
    static let signature: [UInt8] = Array("PE\0\0".utf8)

    private static let fileHeaderByteCount = 20
    private static let sectionByteCount = 40
    /// The Windows loader's own limit; kernels have two to four.
    private static let maximumSections = 96

    static func machineName(_ machine: UInt16) -> String {
        switch machine {
        case 0x014c: "i386"
        case 0x01c0, 0x01c2, 0x01c4: "arm"
        case 0x5032: "riscv32"
        case 0x5064: "riscv64"
        case 0x6232: "loongarch32"
        case 0x6264: "loongarch64"
        case 0x8664: "x86-64"
        case 0xaa64: "arm64"
        default: "machine number \(machine)"
        }
    }

    /// Where the contents of the last section end, in bytes from the start of the file; `offset` is that
    /// of the PE signature.
    static func endOfSections(
        _ reader: ByteReader, offset: Int
    ) throws(LinuxImageError) -> UInt64 {
        let header = offset + signature.count
        let end = header + fileHeaderByteCount
        guard let count = reader.littleEndian(UInt16.self, at: header + 2),
            let optionalByteCount = reader.littleEndian(UInt16.self, at: header + 16),
            end <= reader.bytes.count
        else { throw .truncated(needed: UInt64(end), size: reader.bytes.count) }
        guard reader.has(signature, at: offset) else {
            throw .malformed("there is no PE header at byte \(offset), where its header says")
        }
        guard count <= maximumSections else { throw .malformed("its PE header promises \(count) sections") }
        var last = UInt64(end)
        for index in 0..<Int(count) {
            let section = end + Int(optionalByteCount) + index * sectionByteCount
            guard let byteCount = reader.littleEndian(UInt32.self, at: section + 16),
                let start = reader.littleEndian(UInt32.self, at: section + 20)
            else { throw .truncated(needed: UInt64(section + sectionByteCount), size: reader.bytes.count) }
            last = max(last, UInt64(start) + UInt64(byteCount))
        }
        return last
    }
}

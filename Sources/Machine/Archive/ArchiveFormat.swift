// The format of an archive: a whole machine in one file.
import StateCodec

// All integers little endian, 64 bits; offsets and sizes in bytes; checksums are the low half of XXH3-128:
//
//        0  header, 24 bytes
//        0  8 bytes  "STARARCH"
//        8           version of this format
//       16           checksum of the header up to here
//       24  the stored chunks, one behind the other, in the order of the index
//    index  the index (see ArchiveIndex)
//   end-40  trailer
//        0  8 bytes  "STARAEND"
//        8           offset of the index
//       16           size of the index
//       24           checksum of the index
//       32           checksum of the trailer up to here
//
// Files are divided into chunks of one size. Those that are all zeros are not stored; the others are Zstandard
// frames (RFC 8878), each for itself, or the bytes themselves where a frame would not be smaller. Every byte of the
// archive is under a checksum, and none is there without a meaning.

/// The constant parts of an archive.
enum ArchiveFormat {
    static let magic = Array("STARARCH".utf8)
    static let version: UInt64 = 1
    static let headerByteCount = 24
    static let trailerByteCount = 40

    /// The first bytes of every archive.
    static var header: [UInt8] {
        var bytes = magic
        bytes.append(littleEndian: version)
        bytes.append(littleEndian: RAMChecksum.of(bytes))
        return bytes
    }

    /// Checks the first `headerByteCount` bytes of a file.
    /// - Throws: `ArchiveError.notAnArchive`, `.damaged`, `.unsupportedVersion`.
    static func checkHeader(_ bytes: [UInt8], path: String) throws(ArchiveError) {
        guard bytes.count == headerByteCount, bytes.starts(with: magic) else { throw .notAnArchive(path: path) }
        guard bytes.littleEndian(at: 16) == RAMChecksum.of(Array(bytes[..<16])) else {
            throw .damaged(path: path, why: "the checksum of its header is wrong")
        }
        let version = bytes.littleEndian(at: 8)
        guard version == Self.version else { throw .unsupportedVersion(path: path, version: version) }
    }

    /// The checksum of a piece of an archive.
    static func checksum(_ bytes: UnsafeRawBufferPointer) -> UInt64 {
        let hasher = StateHasher()
        hasher.update(bytes)
        return hasher.finalize().low
    }
}

/// The last bytes of an archive.
struct ArchiveTrailer: Equatable {
    var indexOffset: UInt64
    var indexByteCount: UInt64
    var indexChecksum: UInt64

    private static let magic = Array("STARAEND".utf8)
    /// Enough for the chunks of 11 TiB; more is an attack on our memory.
    static let maximumIndexByteCount: UInt64 = 256 << 20

    init(indexOffset: UInt64, index: [UInt8]) {
        self.indexOffset = indexOffset
        indexByteCount = UInt64(index.count)
        indexChecksum = RAMChecksum.of(index)
    }

    /// Reads the last `trailerByteCount` bytes of a file.
    /// - Throws: `ArchiveError.damaged`; afterwards the index is known to be inside the file.
    init(decoding bytes: [UInt8], fileByteCount: UInt64, path: String) throws(ArchiveError) {
        guard bytes.count == ArchiveFormat.trailerByteCount, bytes.starts(with: Self.magic),
            bytes.littleEndian(at: 32) == RAMChecksum.of(Array(bytes[..<32]))
        else { throw .damaged(path: path, why: "its end is missing or changed") }
        indexOffset = bytes.littleEndian(at: 8)
        indexByteCount = bytes.littleEndian(at: 16)
        indexChecksum = bytes.littleEndian(at: 24)
        let end = fileByteCount - UInt64(ArchiveFormat.trailerByteCount)
        guard indexOffset >= ArchiveFormat.headerByteCount, indexOffset <= end, indexByteCount == end - indexOffset
        else { throw .damaged(path: path, why: "it has not the size that its end says") }
        guard indexByteCount <= Self.maximumIndexByteCount else {
            throw .unacceptable(path: path, why: "its index has \(indexByteCount) bytes")
        }
    }

    var encoded: [UInt8] {
        var bytes = Self.magic
        for field in [indexOffset, indexByteCount, indexChecksum] { bytes.append(littleEndian: field) }
        bytes.append(littleEndian: RAMChecksum.of(bytes))
        return bytes
    }
}

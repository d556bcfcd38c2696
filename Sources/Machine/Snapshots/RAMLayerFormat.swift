// The format of the file `ram` of a snapshot.

// All integers little endian; offsets and sizes in bytes:
//
//        0  header, 4096 bytes
//        0  8 bytes  "STARRAM1"
//        8  UInt32   version of this format
//       12  UInt32   0
//       16  UInt64   size of RAM
//       24  UInt64   size of a chunk (follows from the size of RAM)
//       32  UInt64   number of the snapshot
//       40  UInt64   how many chunks are stored
//       48  UInt64   size of this file
//       56  UInt64   checksum (RAMChecksum) of the tables
//       64           zeros
//     4088  UInt64   checksum of the header up to here
//    65536  the stored chunks, in the order of their numbers, uncompressed, so that they can be mapped
//           (hosts have pages of at most 64 KiB); what is before them is a hole
//      end  the tables: one byte for each chunk of RAM (its kind), then the checksum of each stored chunk
//
// The tables are behind the chunks because their size is known only when the guest's pause is over.

/// Where the contents of a chunk are.
enum RAMChunkKind: UInt8 {
    /// The same as in the parent.
    case absent = 0
    /// All zeros.
    case zero = 1
    /// In this file.
    case stored = 2
}

/// The header of a layer.
struct RAMLayerHeader: Equatable {
    var layout: RAMLayout
    var number: UInt64
    var storedCount: Int
    var fileByteCount: UInt64
    var tablesChecksum: UInt64

    static let magic = Array("STARRAM1".utf8)
    static let version: UInt32 = 1
    static let byteCount = 4096
    static let dataOffset: UInt64 = 65536
    private static let checksumOffset = byteCount - 8
    private static let usedByteCount = 64

    /// The size of the tables in bytes.
    var tablesByteCount: Int { layout.chunkCount + 8 * storedCount }

    func encoded() -> [UInt8] {
        var bytes = Self.magic
        bytes.reserveCapacity(Self.byteCount)
        bytes.append(littleEndian: UInt64(Self.version))
        let fields = [
            layout.ramByteCount, layout.chunkByteCount, number, UInt64(storedCount), fileByteCount,
            tablesChecksum,
        ]
        for field in fields { bytes.append(littleEndian: field) }
        bytes += repeatElement(0, count: Self.checksumOffset - bytes.count)
        bytes.append(littleEndian: RAMChecksum.of(bytes))
        return bytes
    }

    /// Reads a header.
    /// - Throws: `SnapshotError.damaged`, `.unsupportedVersion`.
    init(decoding bytes: [UInt8], path: String) throws(SnapshotError) {
        func require(_ isTrue: Bool, _ why: String) throws(SnapshotError) {
            if !isTrue { throw .damaged(path: path, why: why) }
        }
        let isLayer = bytes.count == Self.byteCount && bytes.starts(with: Self.magic)
        try require(isLayer, "it is no RAM of a snapshot")
        let version = bytes.littleEndian(at: 8)
        let checksum = RAMChecksum.of(Array(bytes[..<Self.checksumOffset]))
        let isWhole = bytes.littleEndian(at: Self.checksumOffset) == checksum
        try require(isWhole, "the checksum of its header is wrong")
        guard version == UInt64(Self.version) else {
            throw .unsupportedVersion(path: path, version: UInt32(truncatingIfNeeded: version))
        }
        let unused = bytes[Self.usedByteCount..<Self.checksumOffset]
        try require(unused.allSatisfy { $0 == 0 }, "unused bytes of its header are not zero")
        guard let layout = RAMLayout(ramByteCount: bytes.littleEndian(at: 16)) else {
            throw .damaged(path: path, why: "its size of RAM makes no sense")
        }
        self.layout = layout
        let chunkByteCount = bytes.littleEndian(at: 24)
        try require(chunkByteCount == layout.chunkByteCount, "its size of a chunk does not fit its RAM")
        number = bytes.littleEndian(at: 32)
        let stored = bytes.littleEndian(at: 40)
        try require(stored <= UInt64(layout.chunkCount), "it stores more chunks than RAM has")
        storedCount = Int(stored)
        fileByteCount = bytes.littleEndian(at: 48)
        tablesChecksum = bytes.littleEndian(at: 56)
    }

    init(layout: RAMLayout, number: UInt64, storedCount: Int, fileByteCount: UInt64, tablesChecksum: UInt64) {
        self.layout = layout
        self.number = number
        self.storedCount = storedCount
        self.fileByteCount = fileByteCount
        self.tablesChecksum = tablesChecksum
    }
}

extension [UInt8] {
    mutating func append(littleEndian value: UInt64) {
        Swift.withUnsafeBytes(of: value.littleEndian) { append(contentsOf: $0) }
    }

    /// The caller has checked that the eight bytes are there.
    func littleEndian(at offset: Int) -> UInt64 {
        withUnsafeBytes { UInt64(littleEndian: $0.loadUnaligned(fromByteOffset: offset, as: UInt64.self)) }
    }
}

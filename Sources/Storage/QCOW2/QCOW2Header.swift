// The header of a qcow2 image: parsing one that nobody vouches for.
// Source: the QEMU project's interoperability document "Qcow2 Image File Format".

/// What the first cluster of an image says.
struct QCOW2Header: Equatable, Sendable {
    var version: UInt32 = 3
    var geometry: QCOW2Geometry
    /// The size of the disk.
    var byteCount: UInt64
    var l1Offset: UInt64
    var l1EntryCount: UInt64
    var refcountTableOffset: UInt64
    var refcountTableClusters: UInt64
    var encryptionMethod: UInt32 = 0
    var snapshotCount: UInt32 = 0
    var snapshotsOffset: UInt64 = 0
    var incompatibleFeatures: UInt64 = 0
    var autoclearFeatures: UInt64 = 0
    var compression = DiskCompression.zlib
    /// As stored: relative to the image's folder, or absolute.
    var backingName: String?
    var backingFormat: String?
    /// The name of the file that has the guest's data, as the image states it.
    var dataFile: String?
    /// What the image itself calls its incompatible features, by their bits.
    var featureNames: [Int: String] = [:]

    static let magic: UInt32 = 0x5146_49fb
    /// The bytes of a version 2 header, and of the shortest version 3 header.
    static let shortByteCount = 72
    static let byteCount = 104
    static let maximumBackingNameLength = 1023
    /// More is no disk but an attack on our memory.
    static let maximumL1ByteCount: UInt64 = 32 << 20
    static let maximumRefcountTableByteCount: UInt64 = 8 << 20
    /// Where `refcountTableOffset` and, 8 bytes on, `refcountTableClusters` are.
    static let refcountTableField: UInt64 = 48
    static let incompatibleField: UInt64 = 72
    static let autoclearField: UInt64 = 88

    /// Header extensions.
    enum Extension {
        static let end: UInt32 = 0
        static let backingFormat: UInt32 = 0xe279_2aca
        static let featureNames: UInt32 = 0x6803_f857
        static let dataFile: UInt32 = 0x4441_5441
    }

    /// Why bytes are no header.
    enum Problem: Error, Equatable {
        case notQCOW2
        case version(UInt32)
        case damaged(String)
    }
}

extension QCOW2Header {
    /// Parses the start of a file: its first cluster, or all of it when it is shorter.
    init(parsing bytes: BigEndianBytes) throws(Problem) {
        guard let magic = bytes.word32(at: 0), magic == QCOW2Header.magic, let version = bytes.word32(at: 4)
        else { throw .notQCOW2 }
        guard version == 2 || version == 3 else { throw .version(version) }
        let needed = version == 2 ? QCOW2Header.shortByteCount : QCOW2Header.byteCount
        guard bytes.count >= needed else { throw .damaged("its header is cut short") }
        self.version = version
        geometry = try QCOW2Header.geometry(bytes, version)
        byteCount = bytes[24]
        encryptionMethod = bytes[half: 32]
        l1EntryCount = UInt64(bytes[half: 36])
        l1Offset = bytes[40]
        refcountTableOffset = bytes[48]
        refcountTableClusters = UInt64(bytes[half: 56])
        snapshotCount = bytes[half: 60]
        snapshotsOffset = bytes[64]
        let length = try headerLength(bytes)
        if version == 3 { try parseFeatures(bytes, headerLength: length) }
        try parseExtensions(bytes, at: length)
        try parseBackingName(bytes)
    }

    private mutating func parseFeatures(_ bytes: BigEndianBytes, headerLength: Int) throws(Problem) {
        incompatibleFeatures = bytes[72]
        autoclearFeatures = bytes[88]
        geometry.hasSubclusters = incompatibleFeatures & Feature.hasSubclusters != 0
        guard !geometry.hasSubclusters || geometry.clusterBits >= QCOW2Geometry.minimumBitsWithSubclusters else {
            throw .damaged("its header says subclusters of less than 512 bytes")
        }
        let method = headerLength > QCOW2Header.byteCount ? bytes[half: QCOW2Header.byteCount] >> 24 : 0
        guard method <= 1, (method != 0) == (incompatibleFeatures & Feature.hasOtherCompression != 0) else {
            throw .damaged("its header says compression method \(method), which is not known")
        }
        compression = method == 0 ? .zlib : .zstd
    }

    private static func geometry(
        _ bytes: BigEndianBytes, _ version: UInt32
    ) throws(Problem) -> QCOW2Geometry {
        let clusterBits = bytes[half: 20]
        guard QCOW2Geometry.clusterBitsRange.contains(Int(clusterBits)) else {
            throw .damaged("its header says clusters of 2^\(clusterBits) bytes")
        }
        let order = version == 2 ? 4 : bytes[half: 96]
        guard order <= 6 else { throw .damaged("its header says refcounts of 2^\(order) bits") }
        return QCOW2Geometry(clusterBits: Int(clusterBits), refcountOrder: Int(order))
    }

    private func headerLength(_ bytes: BigEndianBytes) throws(Problem) -> Int {
        guard version == 3 else { return QCOW2Header.shortByteCount }
        let length = bytes[half: 100]
        guard length >= QCOW2Header.byteCount, UInt64(length) <= geometry.clusterByteCount else {
            throw .damaged("its header says that it has \(length) bytes itself")
        }
        return Int(length)
    }

    /// Extensions are a type, a length and padding to 8 bytes each; those unknown may be ignored.
    private mutating func parseExtensions(_ bytes: BigEndianBytes, at start: Int) throws(Problem) {
        let backingOffset = bytes[8]
        let limit = backingOffset == 0 ? bytes.count : Int(min(backingOffset, UInt64(bytes.count)))
        var position = start
        while position + 8 <= limit {
            let type = bytes[half: position]
            let length = Int(bytes[half: position + 4])
            if type == Extension.end { return }
            position += 8
            guard length <= limit - position else { throw .damaged("an extension of its header has no end") }
            parseExtension(type, bytes, at: position, count: length)
            position += (length + 7) & ~7
        }
    }

    private mutating func parseExtension(_ type: UInt32, _ bytes: BigEndianBytes, at start: Int, count: Int) {
        switch type {
        case Extension.backingFormat: backingFormat = bytes.text(at: start, count: count)
        case Extension.dataFile: dataFile = bytes.text(at: start, count: count)
        case Extension.featureNames:
            // Kind, bit, and a name that is filled up with zeros: 48 bytes each.
            for entry in stride(from: start, through: start + count - 48, by: 48) {
                let kindAndBit = bytes[half: entry] >> 16
                guard kindAndBit < 64, let name = bytes.text(at: entry + 2, count: 46) else { continue }
                featureNames[Int(kindAndBit)] = String(name.prefix { $0 != "\0" })
            }
        default: break
        }
    }

    private mutating func parseBackingName(_ bytes: BigEndianBytes) throws(Problem) {
        let offset = bytes[8]
        guard offset != 0 else { return }
        let length = Int(bytes[half: 16])
        guard offset >= QCOW2Header.shortByteCount, offset <= UInt64(bytes.count),
            (1...QCOW2Header.maximumBackingNameLength).contains(length), length <= bytes.count - Int(offset),
            let name = bytes.text(at: Int(offset), count: length), !name.utf8.contains(0)
        else { throw .damaged("its header names a backing file in a place or a way that makes no sense") }
        backingName = name
    }
}

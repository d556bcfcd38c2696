// What the disk tells drivers about itself (virtio 1.2, 5.2.3 and 5.2.4).

extension VirtioBlock {
    public static let deviceID: UInt16 = 2
    /// Mass storage, other.
    public static let classCode: UInt32 = 0x01_80_00
    public static let queueSizes: [UInt16] = [256]
    /// All fields up to `write_zeroes_may_unmap` and its padding.
    public static let configurationByteCount = 60

    static let requestQueue = 0
    /// The unit of positions and lengths in the protocol, and the logical block size, in bytes.
    static let sectorByteCount: UInt64 = 512
    /// The most sectors that one discard or write-zeroes request may cover: 2 GiB.
    static let maximumRangeSectors: UInt32 = 1 << 22

    /// Feature bits of the block device.
    enum Feature {
        static let sizeMaximum: UInt64 = 1 << 1
        static let segmentMaximum: UInt64 = 1 << 2
        static let readOnly: UInt64 = 1 << 5
        static let blockSize: UInt64 = 1 << 6
        static let flush: UInt64 = 1 << 9
        static let discard: UInt64 = 1 << 13
        static let writeZeroes: UInt64 = 1 << 14
    }

    public static func features(_ resources: Resources) -> UInt64 {
        let always = Feature.sizeMaximum | Feature.segmentMaximum | Feature.blockSize | Feature.flush
        let changing = Feature.discard | Feature.writeZeroes
        return always | (resources.backend.isReadOnly ? Feature.readOnly : changing)
    }

    public var configuration: [UInt8] {
        var bytes = [UInt8](repeating: 0, count: Self.configurationByteCount)
        let mebibyte: UInt64 = 1 << 20
        bytes.storeLittleEndian(backend.byteCount / Self.sectorByteCount, at: 0, byteCount: 8)
        bytes.storeLittleEndian(mebibyte, at: 8, byteCount: 4)
        // A request is a header, data and a status byte in a chain no longer than the queue.
        bytes.storeLittleEndian(UInt64(Self.queueSizes[Self.requestQueue]) - 2, at: 12, byteCount: 4)
        bytes.storeLittleEndian(Self.sectorByteCount, at: 20, byteCount: 4)
        let ranges = UInt64(Self.maximumRangeSectors)
        // Discard: sectors in a request, ranges in a request, alignment in sectors.
        bytes.storeLittleEndian(ranges, at: 36, byteCount: 4)
        bytes.storeLittleEndian(1, at: 40, byteCount: 4)
        bytes.storeLittleEndian(1, at: 44, byteCount: 4)
        // Write zeroes: sectors in a request, ranges in a request, and that it may give up space.
        bytes.storeLittleEndian(ranges, at: 48, byteCount: 4)
        bytes.storeLittleEndian(1, at: 52, byteCount: 4)
        bytes.storeLittleEndian(1, at: 56, byteCount: 1)
        return bytes
    }
}

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
        return always | (resources.backend.isReadOnly ? Feature.readOnly : Feature.discard | Feature.writeZeroes)
    }

    public var configuration: [UInt8] {
        var bytes = [UInt8](repeating: 0, count: Self.configurationByteCount)
        func place(_ value: UInt64, byteCount: Int, at offset: Int) {
            for index in 0..<byteCount { bytes[offset + index] = UInt8(truncatingIfNeeded: value >> (8 * index)) }
        }
        let mebibyte: UInt64 = 1 << 20
        place(backend.byteCount / Self.sectorByteCount, byteCount: 8, at: 0)
        place(mebibyte, byteCount: 4, at: 8)
        // A request is a header, data and a status byte in a chain no longer than the queue.
        place(UInt64(Self.queueSizes[Self.requestQueue]) - 2, byteCount: 4, at: 12)
        place(Self.sectorByteCount, byteCount: 4, at: 20)
        let ranges = UInt64(Self.maximumRangeSectors)
        // Discard: sectors in a request, ranges in a request, alignment in sectors.
        place(ranges, byteCount: 4, at: 36)
        place(1, byteCount: 4, at: 40)
        place(1, byteCount: 4, at: 44)
        // Write zeroes: sectors in a request, ranges in a request, and that it may give up space.
        place(ranges, byteCount: 4, at: 48)
        place(1, byteCount: 4, at: 52)
        place(1, byteCount: 1, at: 56)
        return bytes
    }
}

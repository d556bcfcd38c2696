// What a disk tells about itself (ACS-3, 7.12.7).

extension ATADisk {
    /// The geometry for software that does not know sector numbers (4.1.2): 16 heads and 63 sectors a track,
    /// and at most 16383 cylinders.
    private var cylinders: UInt16 { UInt16(min(sectorCount / (16 * 63), 16383)) }

    /// The 512 bytes of IDENTIFY DEVICE.
    var identifyData: [UInt8] {
        var words = [UInt16](repeating: 0, count: 256)
        // A disk with a fixed medium.
        words[0] = 0x0040
        (words[1], words[3], words[6]) = (cylinders, 16, 63)
        identity.store(in: &words)
        words[47] = 0x8000 | UInt16(Self.maximumMultipleCount)
        ATAIdentification.storeTransferModes(in: &words)
        words[59] = state.multipleCount > 0 ? 0x0100 | UInt16(state.multipleCount) : 0
        storeCapacity(in: &words)
        storeFeatures(in: &words)
        // Logical sectors of 512 bytes, and no rotation.
        words[106] = 0x4000
        words[217] = 1
        return ATAIdentification.bytes(words)
    }

    private func storeCapacity(in words: inout [UInt16]) {
        let geometry = UInt64(cylinders) * 16 * 63
        (words[54], words[55], words[56]) = (cylinders, 16, 63)
        words.store(geometry, at: 57, wordCount: 2)
        words.store(min(sectorCount, 0xfff_ffff), at: 60, wordCount: 2)
        words.store(sectorCount, at: 100, wordCount: 4)
    }

    /// Words 82 to 84 say what there is, 85 to 87 what is on: NOP, read look-ahead, write cache, power
    /// management; FLUSH CACHE in both forms, 48-bit addresses; forced writes.
    private func storeFeatures(in words: inout [UInt16]) {
        let writeCache: UInt16 = 1 << 5
        let lookAhead: UInt16 = 1 << 6
        words[82] = 1 << 14 | lookAhead | writeCache | 1 << 3
        words[83] = 1 << 14 | 1 << 13 | 1 << 12 | 1 << 10
        words[84] = 1 << 14 | 1 << 6
        words[85] = words[82]
        if !state.writesAreCached { words[85] &= ~writeCache }
        if !state.readsAhead { words[85] &= ~lookAhead }
        words[86] = 1 << 13 | 1 << 12 | 1 << 10
        words[87] = words[84]
    }
}

/// What IDENTIFY data of disks and of packet devices have in common.
enum ATAIdentification {
    /// DMA and sector numbers, PIO mode 4, multiword DMA mode 2, Ultra DMA mode 5, SATA at 3 Gbit/s, and
    /// ACS-3 as the newest of the standards.
    static func storeTransferModes(in words: inout [UInt16]) {
        words[49] = 0x0f00
        words[53] = 0x0007
        words[63] = 0x0007
        words[64] = 0x0003
        for word in 65...68 { words[word] = 120 }
        words[76] = 0x0006
        words[80] = 0x07f0
        words[88] = 0x203f
        words[222] = 0x101f
    }

    /// The words as bytes, with the checksum that makes the sum of all bytes 0.
    static func bytes(_ words: [UInt16]) -> [UInt8] {
        var bytes = words.flatMap { [UInt8(truncatingIfNeeded: $0), UInt8($0 >> 8)] }
        bytes[510] = 0xa5
        bytes[511] = 0
        bytes[511] = 0 &- bytes.reduce(0, &+)
        return bytes
    }
}

extension [UInt16] {
    /// Stores a number in words, the lowest first.
    fileprivate mutating func store(_ value: UInt64, at word: Int, wordCount: Int) {
        for index in 0..<wordCount { self[word + index] = UInt16(truncatingIfNeeded: value >> (16 * index)) }
    }
}

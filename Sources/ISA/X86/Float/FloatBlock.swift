// A piece of memory that state is saved to and restored from, and its way to and from guest memory.
import MachineCore

/// Up to 832 bytes, little endian: the largest save area, with the upper halves of vectors.
struct FloatBlock {
    private(set) var words: InlineArray<104, UInt64> = InlineArray(repeating: 0)

    /// `count` bytes from `offset` on, 8 at most, zero-extended.
    func get(_ offset: Int, count: Int) -> UInt64 {
        let (index, shift) = (offset >> 3, UInt64(offset & 7) * 8)
        var value = words[index] >> shift
        if shift != 0 && offset & 7 + count > 8 { value |= words[index + 1] << (64 - shift) }
        return count == 8 ? value : value & (1 << (UInt64(count) * 8) - 1)
    }

    mutating func set(_ value: UInt64, at offset: Int, count: Int) {
        for place in 0..<count {
            let (index, shift) = ((offset + place) >> 3, UInt64((offset + place) & 7) * 8)
            words[index] = words[index] & ~(0xff << shift) | (value >> (UInt64(place) * 8) & 0xff) << shift
        }
    }

    /// Word `index` of 8 bytes.
    subscript(_ index: Int) -> UInt64 {
        get { words[index] }
        set { words[index] = newValue }
    }

    func register(at offset: Int) -> Extended80 {
        Extended80(
            significand: get(offset, count: 8), signExponent: UInt16(truncatingIfNeeded: get(offset + 8, count: 2)))
    }

    mutating func set(_ value: Extended80, at offset: Int) {
        set(value.significand, at: offset, count: 8)
        set(UInt64(value.signExponent), at: offset + 8, count: 2)
    }
}

extension CPU {
    /// Reads `count` bytes at a linear address.
    func loadBlock(_ block: inout FloatBlock, at address: UInt64, count: UInt8) throws(FaultTaken) {
        for offset in 0..<UInt64(count) {
            let byte = try slowLoad(blockAddress(address, offset), .byte)
            block.set(byte, at: Int(offset), count: 1)
        }
    }

    /// Writes `count` bytes at a linear address; if one of them may not be written, none.
    func storeBlock(_ block: inout FloatBlock, at address: UInt64, count: UInt8) throws(FaultTaken) {
        _ = try physicalAddress(of: address, .write)
        _ = try physicalAddress(of: blockAddress(address, UInt64(count) - 1), .write)
        for offset in 0..<UInt64(count) {
            try slowStore(blockAddress(address, offset), block.get(Int(offset), count: 1), .byte)
        }
    }

    /// Linear addresses have 32 bits outside 64-bit code.
    private func blockAddress(_ address: UInt64, _ offset: UInt64) -> UInt64 {
        let sum = address &+ offset
        return runtime.pointee.mode.codeSize == .bits64 ? sum : sum & 0xffff_ffff
    }
}

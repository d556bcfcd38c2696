// A slow model of a VGA's way from the bus to its planes, bit by bit, from IBM's description.

/// Four planes of bits, and the registers between them and the bus.
struct PlaneModel {
    var planes = [[UInt8]](repeating: [UInt8](repeating: 0, count: 65536), count: 4)
    var latches: [UInt8] = [0, 0, 0, 0]
    var sequencer: [UInt8] = [0, 0, 0, 0, 0]
    var graphics = [UInt8](repeating: 0, count: 9)

    private var isChain4: Bool { sequencer[4] & 8 != 0 }

    /// The registers let bytes through unchanged: then the latches are not used (this VGA's own rule).
    private var isTransparent: Bool {
        isChain4 && sequencer[2] == 15 && graphics[5] & 0b1011 == 0 && graphics[1] == 0 && graphics[3] == 0
            && graphics[8] == 255
    }

    /// The address in the window, or nil where it does not answer.
    private func windowAddress(_ address: Int) -> Int? {
        let windows = [(0xa0000, 0x20000), (0xa0000, 0x10000), (0xb0000, 0x8000), (0xb8000, 0x8000)]
        let (base, size) = windows[Int(graphics[6] >> 2)]
        return address >= base && address < base + size ? address - base : nil
    }

    private func planeAddress(_ address: Int) -> Int {
        if isChain4 { return address / 4 % 65536 }
        return (graphics[6] & 2 != 0 ? address / 2 * 2 : address) % 65536
    }

    mutating func read(_ physical: Int) -> UInt8 {
        guard let address = windowAddress(physical) else { return 0xff }
        let place = planeAddress(address)
        if !isTransparent { latches = planes.map { $0[place] } }
        if graphics[5] & 8 != 0 { return compare() }
        let plane: Int
        if isChain4 {
            plane = address % 4
        } else if graphics[5] & 16 != 0 {
            plane = Int(graphics[4]) / 2 * 2 + address % 2
        } else {
            plane = Int(graphics[4])
        }
        return planes[plane][place]
    }

    private func compare() -> UInt8 {
        var result: UInt8 = 0
        for bit in 0..<8 {
            let matches = (0..<4).allSatisfy { plane in
                let cares = graphics[7] >> plane & 1 == 1
                return !cares || latches[plane] >> bit & 1 == graphics[2] >> plane & 1
            }
            if matches { result |= 1 << bit }
        }
        return result
    }

    mutating func write(_ physical: Int, _ value: UInt8) {
        guard let address = windowAddress(physical) else { return }
        let place = planeAddress(address)
        for plane in 0..<4 where reaches(plane, address) {
            var byte: UInt8 = 0
            for bit in 0..<8 where written(value, plane, bit) { byte |= 1 << bit }
            planes[plane][place] = byte
        }
    }

    private func reaches(_ plane: Int, _ address: Int) -> Bool {
        guard sequencer[2] >> plane & 1 == 1 else { return false }
        if isChain4 { return plane == address % 4 }
        return sequencer[4] & 4 != 0 || plane % 2 == address % 2
    }

    /// The bit that a write puts into a plane.
    private func written(_ value: UInt8, _ plane: Int, _ bit: Int) -> Bool {
        let latch = latches[plane] >> bit & 1 == 1
        let rotated = value >> ((bit + Int(graphics[3] & 7)) % 8) & 1 == 1
        let setReset = graphics[0] >> plane & 1 == 1
        let isMasked = graphics[8] >> bit & 1 == 1
        switch graphics[5] & 3 {
        case 0:
            let source = graphics[1] >> plane & 1 == 1 ? setReset : rotated
            return isMasked ? logical(source, latch) : latch
        case 1: return latch
        case 2: return isMasked ? logical(value >> plane & 1 == 1, latch) : latch
        default: return isMasked && rotated ? logical(setReset, latch) : latch
        }
    }

    private func logical(_ source: Bool, _ latch: Bool) -> Bool {
        switch graphics[3] >> 3 & 3 {
        case 0: return source
        case 1: return source && latch
        case 2: return source || latch
        default: return source != latch
        }
    }
}

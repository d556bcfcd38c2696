// BAR 2 of the VGA: the monitor's description, the VGA's ports and the VBE registers as memory.
import MachineCore

extension VGAFunction {
    /// What is where in BAR 2 (QEMU, docs/specs/standard-vga, "MMIO area spec").
    private enum Place {
        /// EDID blocks.
        static let edid: Range<UInt64> = 0x000..<0x400
        /// Ports 0x3c0 to 0x3df.
        static let ports: Range<UInt64> = 0x400..<0x420
        /// VBE registers 0 to 10, 16 bits each.
        static let vbe: Range<UInt64> = 0x500..<0x516
        /// The size of what begins here in bytes, 32 bits.
        static let extensionSize: UInt64 = 0x600
        /// The byte order of pixels, 32 bits. This one's is always little-endian.
        static let byteOrder: UInt64 = 0x604
    }

    private static let littleEndian: UInt64 = 0x1e1e_1e1e

    func readRegisters(at offset: UInt64, _ width: AccessWidth) -> UInt64 {
        let last = offset + width.byteCount - 1
        switch offset {
        case Place.edid where Place.edid.contains(last): return readEDID(at: Int(offset), width)
        case Place.ports where Place.ports.contains(last):
            return vga.readPorts(0x3c0 + offset - Place.ports.lowerBound, width)
        case Place.vbe where width == .half && offset & 1 == 0:
            return UInt64(vga.readVBE(UInt16((offset - Place.vbe.lowerBound) / 2)))
        case Place.extensionSize where width == .word: return 8
        case Place.byteOrder where width == .word: return Self.littleEndian
        default: return 0
        }
    }

    func writeRegisters(_ value: UInt64, at offset: UInt64, _ width: AccessWidth) {
        let last = offset + width.byteCount - 1
        switch offset {
        case Place.ports where Place.ports.contains(last):
            vga.writePorts(0x3c0 + offset - Place.ports.lowerBound, value, width)
        case Place.vbe where width == .half && offset & 1 == 0:
            let register = UInt16((offset - Place.vbe.lowerBound) / 2)
            vga.writeVBE(UInt16(truncatingIfNeeded: value), to: register)
        default: return
        }
    }

    private func readEDID(at offset: Int, _ width: AccessWidth) -> UInt64 {
        var value: UInt64 = 0
        for index in 0..<Int(width.byteCount) where offset + index < edid.count {
            value |= UInt64(edid[offset + index]) << (8 * index)
        }
        return value
    }
}

extension VGA {
    /// Reads video memory as it is; the whole access is inside.
    func readFrameBuffer(at offset: UInt64, _ width: AccessWidth) -> UInt64 {
        let memory = resources.videoMemory
        switch width {
        case .byte: return memory.load(UInt8.self, at: offset).map(UInt64.init) ?? 0
        case .half: return memory.load(UInt16.self, at: offset).map(UInt64.init) ?? 0
        case .word: return memory.load(UInt32.self, at: offset).map(UInt64.init) ?? 0
        case .double: return memory.load(UInt64.self, at: offset) ?? 0
        }
    }

    /// Writes video memory as it is; the whole access is inside.
    func writeFrameBuffer(_ value: UInt64, at offset: UInt64, _ width: AccessWidth) {
        let memory = resources.videoMemory
        switch width {
        case .byte: memory.store(UInt8(truncatingIfNeeded: value), at: offset)
        case .half: memory.store(UInt16(truncatingIfNeeded: value), at: offset)
        case .word: memory.store(UInt32(truncatingIfNeeded: value), at: offset)
        case .double: memory.store(value, at: offset)
        }
    }
}

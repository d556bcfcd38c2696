// Reads and writes of video memory through the planes: latches, write modes, read modes.
import MachineCore

extension VGA {
    /// A byte for each of four planes: all ones where `bits` (bit 0 is plane 0) has a one.
    static func expand(_ bits: UInt8) -> UInt32 {
        let bits = UInt32(bits)
        return ((bits & 1) | (bits & 2) << 7 | (bits & 4) << 14 | (bits & 8) << 21) &* 0xff
    }

    /// Reads the byte at `offset` from 0xa0000 on; all ones where the adapter does not answer.
    func readMemory(at offset: UInt64) -> UInt8 {
        guard let address = windowAddress(offset) else { return 0xff }
        // Without latches: an engine that reaches this memory directly does not load them either.
        if window.direct != nil { return resources.videoMemory.load(UInt8.self, at: address) ?? 0xff }
        state.latches = planes(planeAddress(address))
        if state.graphics[GraphicsRegister.mode] & GraphicsBit.readModeOne != 0 { return comparedColors() }
        return UInt8(truncatingIfNeeded: state.latches >> (8 * readPlane(address)))
    }

    /// Writes the byte at `offset` from 0xa0000 on.
    func writeMemory(_ value: UInt8, at offset: UInt64) {
        guard let address = windowAddress(offset) else { return }
        if window.direct != nil {
            resources.videoMemory.store(value, at: address)
            return
        }
        let bytes = writtenBytes(address)
        if bytes == 0 { return }
        let plane = planeAddress(address)
        let new = data(for: value) & bytes | planes(plane) & ~bytes
        resources.videoMemory.store(new, at: plane << 2)
    }

    /// The video memory that the guest sees, byte for byte, at `offset` from 0xa0000 on; nil where accesses
    /// must go through the adapter. Holds until `Resources.windowChanged` is called.
    public func directMemory(at offset: UInt64) -> (memory: GuestMemory, address: GuestPhysicalAddress)? {
        guard let direct = window.direct, direct.range.contains(offset) else { return nil }
        let video = resources.videoMemory
        return (video.memory, video.base + offset - direct.range.lowerBound + direct.start)
    }

    /// Fills the first bytes of video memory with zeros.
    func clearVideoMemory(byteCount: UInt64) {
        let video = resources.videoMemory
        let count = min(byteCount, video.byteCount)
        guard count > 0, let pointer = video.hostPointer(to: 0, count: count) else { return }
        video.memory.dirtyLog.mark(video.base, count: count)
        pointer.initializeMemory(as: UInt8.self, repeating: 0, count: Int(count))
        video.memory.noteWrite(at: video.base, count: count)
    }

    // MARK: Addresses

    private func windowAddress(_ offset: UInt64) -> UInt64? {
        window.range.contains(offset) ? offset - window.range.lowerBound + window.bankStart : nil
    }

    /// The address in a plane, always inside video memory.
    private func planeAddress(_ address: UInt64) -> UInt64 {
        let inPlane: UInt64
        if window.chain4 {
            inPlane = address >> 2
        } else {
            inPlane = window.chainOddEven ? address & ~1 : address
        }
        return inPlane & window.planeMask & (resources.videoMemory.byteCount >> 2 - 1)
    }

    /// The bytes of all planes at an address of a plane that is inside video memory.
    private func planes(_ address: UInt64) -> UInt32 {
        resources.videoMemory.load(UInt32.self, at: address << 2) ?? 0
    }

    private func readPlane(_ address: UInt64) -> UInt32 {
        let selected = UInt32(state.graphics[GraphicsRegister.readMapSelect])
        let low = UInt32(truncatingIfNeeded: address)
        if window.chain4 { return low & 3 }
        return window.readsOddEven ? selected & 2 | low & 1 : selected
    }

    /// The planes that a write reaches, as a mask of bytes.
    private func writtenBytes(_ address: UInt64) -> UInt32 {
        let writable = window.writableBytes
        if window.chain4 { return writable & 0xff << (8 * UInt32(truncatingIfNeeded: address & 3)) }
        if window.writesOddEven { return writable & (address & 1 == 0 ? 0x00ff_00ff : 0xff00_ff00) }
        return writable
    }

    // MARK: Data

    /// What a write puts into the planes, if it reaches them (IBM, "Graphics Mode Register", write modes).
    private func data(for value: UInt8) -> UInt32 {
        let graphics = state.graphics
        let bitMask = graphics[GraphicsRegister.bitMask]
        let setReset = Self.expand(graphics[GraphicsRegister.setReset])
        switch graphics[GraphicsRegister.mode] & 3 {
        case 0:
            let enabled = Self.expand(graphics[GraphicsRegister.enableSetReset])
            let bytes = UInt32(rotated(value)) &* 0x0101_0101
            return combined(bytes & ~enabled | setReset & enabled, bitMask: bitMask)
        case 1: return state.latches
        case 2: return combined(Self.expand(value & 0xf), bitMask: bitMask)
        default: return combined(setReset, bitMask: bitMask & rotated(value))
        }
    }

    private func rotated(_ value: UInt8) -> UInt8 {
        let count = state.graphics[GraphicsRegister.dataRotate] & 7
        return value &>> count | value &<< ((8 - count) & 7)
    }

    /// The logical function with the latches; bits outside the mask are the latches'.
    private func combined(_ bytes: UInt32, bitMask: UInt8) -> UInt32 {
        let latches = state.latches
        let result: UInt32
        switch state.graphics[GraphicsRegister.dataRotate] >> 3 {
        case 0: result = bytes
        case 1: result = bytes & latches
        case 2: result = bytes | latches
        default: result = bytes ^ latches
        }
        let mask = UInt32(bitMask) &* 0x0101_0101
        return result & mask | latches & ~mask
    }

    /// Read mode 1: a one for each pixel whose color is the compared one, in the planes that are cared for.
    private func comparedColors() -> UInt8 {
        let wanted = Self.expand(state.graphics[GraphicsRegister.colorCompare])
        let cared = Self.expand(state.graphics[GraphicsRegister.colorDoNotCare])
        let different = (state.latches ^ wanted) & cared
        let any = different | different >> 16
        return ~UInt8(truncatingIfNeeded: any | any >> 8)
    }
}

// What the registers say about the guest's way to video memory: decoded once for each change of them.
import MachineCore

extension VGA {
    /// The window from 0xa0000 to 0xbffff, and how accesses to it reach the planes.
    struct MemoryWindow: Equatable {
        /// Part of video memory that the guest sees unchanged: byte for byte.
        struct Direct: Equatable {
            /// The range in the window.
            let range: Range<UInt64>
            /// Where it begins in video memory.
            let start: UInt64
        }

        /// The offsets at which the adapter answers.
        let range: Range<UInt64>
        /// Added to the offset in the range: which bank of VBE is seen.
        let bankStart: UInt64
        /// Every address in a plane has one of these bits at most: 64 KiB without VBE.
        let planeMask: UInt64
        let chain4: Bool
        /// Writes go to two of the planes, by the low bit of the address.
        let writesOddEven: Bool
        let readsOddEven: Bool
        /// The low bit of an address is no part of the address in a plane.
        let chainOddEven: Bool
        /// The planes that writes reach, as a mask of bytes.
        let writableBytes: UInt32
        let direct: Direct?
    }
}

extension VGA.MemoryWindow {
    init(_ state: VGA.State) {
        let memoryMode = state.sequencer[SequencerRegister.memoryMode]
        let miscellaneous = state.graphics[GraphicsRegister.miscellaneous]
        let isVBE = state.vbe.isEnabled
        range = Self.range(state)
        bankStart = isVBE ? UInt64(state.vbe.bank) << 16 : 0
        planeMask = isVBE ? ~0 : 0xffff
        let isPacked = isVBE && VGA.VBE.Depth(state.vbe.bitsPerPixel) != .planar4
        chain4 = isPacked || memoryMode & SequencerBit.chain4 != 0 && !isVBE
        writesOddEven = !isVBE && memoryMode & SequencerBit.oddEvenDisabled == 0
        readsOddEven = !isVBE && state.graphics[GraphicsRegister.mode] & GraphicsBit.hostOddEven != 0
        chainOddEven = !isVBE && miscellaneous & GraphicsBit.chainOddEven != 0
        writableBytes = isPacked ? ~0 : VGA.expand(state.sequencer[SequencerRegister.mapMask])
        // A VBE mode of whole bytes leaves out the graphics controller, whatever its registers say.
        let isTransparent = chain4 && writableBytes == ~0 && Self.isTransparent(state) && !range.isEmpty
        direct = isPacked || isTransparent ? Direct(range: range, start: bankStart) : nil
    }

    /// IBM's table of the memory map field; a VBE mode has its 64 KiB at 0xa0000 whatever the field says.
    private static func range(_ state: VGA.State) -> Range<UInt64> {
        if state.vbe.isEnabled { return 0..<0x10000 }
        if state.miscellaneousOutput & MiscellaneousBit.memoryEnable == 0 { return 0..<0 }
        switch state.graphics[GraphicsRegister.miscellaneous] >> 2 & 3 {
        case 0: return 0..<0x20000
        case 1: return 0..<0x10000
        case 2: return 0x10000..<0x18000
        default: return 0x18000..<0x20000
        }
    }

    /// The graphics controller passes bytes on as they are, in both directions.
    private static func isTransparent(_ state: VGA.State) -> Bool {
        let graphics = state.graphics
        return graphics[GraphicsRegister.mode] & 0b1011 == 0 && graphics[GraphicsRegister.enableSetReset] == 0
            && graphics[GraphicsRegister.dataRotate] == 0 && graphics[GraphicsRegister.bitMask] == 0xff
    }
}

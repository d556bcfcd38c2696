// What a guest can see of the VGA beside its video memory, and which of it can be true.
import MachineCore

extension VGA {
    /// All registers. Video memory is not part of it: it is saved as memory.
    public struct State: Codable, Equatable, Sendable {
        /// The miscellaneous output register.
        public var miscellaneousOutput: UInt8 = 0
        /// The feature control register.
        public var featureControl: UInt8 = 0
        /// The sequencer's index, 0 to 7.
        public var sequencerIndex: UInt8 = 0
        /// The sequencer's registers 0 to 4.
        public var sequencer = [UInt8](repeating: 0, count: SequencerRegister.count)
        /// The graphics controller's index, 0 to 15.
        public var graphicsIndex: UInt8 = 0
        /// The graphics controller's registers 0 to 8.
        public var graphics = [UInt8](repeating: 0, count: GraphicsRegister.count)
        /// The attribute controller's index with the palette address source in bit 5.
        public var attributeIndex: UInt8 = 0
        /// The attribute controller's registers 0 to 0x14.
        public var attribute = [UInt8](repeating: 0, count: AttributeRegister.count)
        /// The next write to 0x3c0 is data, not an index.
        public var attributeExpectsData = false
        /// The CRT controller's index, 0 to 63.
        public var crtcIndex: UInt8 = 0
        /// The CRT controller's registers 0 to 0x18.
        public var crtc = [UInt8](repeating: 0, count: CRTCRegister.count)
        /// The bytes last read from the four planes: plane 0 in the low byte.
        public var latches: UInt32 = 0
        /// The color look-up table.
        public var palette = Palette()
        /// The Bochs VBE registers.
        public var vbe = VBE()

        /// The state after power-on: everything is 0 but the mask of the look-up table.
        public init() {}
    }

    /// The color look-up table (DAC).
    public struct Palette: Codable, Equatable, Sendable {
        /// Red, green and blue of 256 colors, as they were written.
        public var components = [UInt8](repeating: 0, count: 768)
        /// ANDed with every color before it is looked up.
        public var mask: UInt8 = 0xff
        /// The color that is read next.
        public var readIndex: UInt8 = 0
        /// The color that is written next.
        public var writeIndex: UInt8 = 0
        /// Which component comes next: 0 to 2.
        public var component: UInt8 = 0
        /// The components of the color that is being written: they count when all are there.
        public var pending: [UInt8] = [0, 0]
        /// The table was last prepared for reading.
        public var isReading = false

        /// A black table.
        public init() {}
    }
}

extension VGA.State {
    func validate(videoMemoryByteCount: UInt64) throws(StateError) {
        guard fits(sequencer, SequencerRegister.masks), fits(graphics, GraphicsRegister.masks),
            fits(attribute, AttributeRegister.masks), crtc.count == CRTCRegister.count
        else { throw StateError(part: "vga", reason: "it has registers, or bits in them, that do not exist") }
        guard sequencerIndex <= 7, graphicsIndex <= 15, crtcIndex <= 63, attributeIndex <= 63 else {
            throw StateError(part: "vga", reason: "an index register has bits that do not exist")
        }
        guard palette.components.count == 768, palette.component <= 2, palette.pending.count == 2 else {
            throw StateError(part: "vga", reason: "the color look-up table has not 256 colors")
        }
        try vbe.validate(videoMemoryByteCount: videoMemoryByteCount)
    }

    private func fits(_ registers: [UInt8], _ masks: [UInt8]) -> Bool {
        registers.count == masks.count && zip(registers, masks).allSatisfy { $0 & ~$1 == 0 }
    }

    /// The base of the CRT controller's ports is 0x3d0, not 0x3b0.
    var isColor: Bool { miscellaneousOutput & MiscellaneousBit.color != 0 }

    /// Ten bits of a vertical position: the low eight in a register, two in the overflow register.
    func vertical(_ register: Int, bit8: UInt8, bit9: UInt8) -> Int {
        let overflow = crtc[CRTCRegister.overflow]
        return Int(crtc[register]) | (overflow & bit8 != 0 ? 0x100 : 0) | (overflow & bit9 != 0 ? 0x200 : 0)
    }

    /// Sixteen bits of an address counter in two registers, high byte first.
    func counter(_ high: Int) -> UInt32 { UInt32(crtc[high]) << 8 | UInt32(crtc[high + 1]) }
}

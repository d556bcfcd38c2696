// The names of the VGA's registers and of their bits.

/// Indices of the sequencer's registers (ports 0x3c4 and 0x3c5).
enum SequencerRegister {
    static let clockingMode = 1
    static let mapMask = 2
    static let characterMapSelect = 3
    static let memoryMode = 4
    static let count = 5
    /// The bits of each register that exist.
    static let masks: [UInt8] = [0x03, 0x3d, 0x0f, 0x3f, 0x0e]
}

/// Bits of the sequencer's clocking mode and memory mode registers.
enum SequencerBit {
    /// Characters are eight dots wide, not nine.
    static let eightDots: UInt8 = 1 << 0
    /// The dot clock is halved: each dot is shown twice.
    static let halvedDotClock: UInt8 = 1 << 3
    static let screenOff: UInt8 = 1 << 5
    /// Memory mode: all planes are written at all addresses, not two of them at even and two at odd ones.
    static let oddEvenDisabled: UInt8 = 1 << 2
    /// Memory mode: the low two bits of an address select the plane.
    static let chain4: UInt8 = 1 << 3
}

/// Indices of the graphics controller's registers (ports 0x3ce and 0x3cf).
enum GraphicsRegister {
    static let setReset = 0
    static let enableSetReset = 1
    static let colorCompare = 2
    static let dataRotate = 3
    static let readMapSelect = 4
    static let mode = 5
    static let miscellaneous = 6
    static let colorDoNotCare = 7
    static let bitMask = 8
    static let count = 9
    static let masks: [UInt8] = [0x0f, 0x0f, 0x0f, 0x1f, 0x03, 0x7b, 0x0f, 0x0f, 0xff]
}

/// Bits of the graphics controller's mode and miscellaneous registers.
enum GraphicsBit {
    static let readModeOne: UInt8 = 1 << 3
    /// Reads: the low bit of an address selects between an even and an odd plane.
    static let hostOddEven: UInt8 = 1 << 4
    /// Pixels of two bits, from even and odd planes in turn (CGA).
    static let interleavedShift: UInt8 = 1 << 5
    /// Pixels of eight bits.
    static let shift256: UInt8 = 1 << 6
    /// Miscellaneous: graphics, not text.
    static let graphicsMode: UInt8 = 1 << 0
    /// Miscellaneous: the low bit of an address selects planes and is no part of the address in them.
    static let chainOddEven: UInt8 = 1 << 1
}

/// Indices of the attribute controller's registers (port 0x3c0); 0 to 15 are the palette.
enum AttributeRegister {
    static let modeControl = 0x10
    static let colorPlaneEnable = 0x12
    static let horizontalPanning = 0x13
    static let colorSelect = 0x14
    static let count = 0x15
    static let masks: [UInt8] = [UInt8](repeating: 0x3f, count: 16) + [0xef, 0xff, 0x3f, 0x0f, 0x0f]
    /// In the index register: the palette belongs to the display, which is blank otherwise.
    static let paletteAddressSource: UInt8 = 1 << 5
}

/// Bits of the attribute controller's mode control register.
enum AttributeBit {
    static let monochrome: UInt8 = 1 << 1
    /// The ninth column of line-drawing characters repeats the eighth.
    static let lineGraphics: UInt8 = 1 << 2
    static let blink: UInt8 = 1 << 3
    /// The part of a split screen below the line compare does not pan.
    static let panningStopsAtSplit: UInt8 = 1 << 5
    /// Palette bits 5:4 come from the color select register.
    static let colorSelectsLow: UInt8 = 1 << 7
}

/// Indices of the CRT controller's registers (ports 0x3d4 and 0x3d5, or 0x3b4 and 0x3b5).
enum CRTCRegister {
    static let horizontalTotal = 0x00
    static let horizontalDisplayEnd = 0x01
    static let horizontalRetraceStart = 0x04
    static let verticalTotal = 0x06
    static let overflow = 0x07
    static let presetRowScan = 0x08
    static let maximumScanLine = 0x09
    static let cursorStart = 0x0a
    static let cursorEnd = 0x0b
    static let startAddressHigh = 0x0c
    static let startAddressLow = 0x0d
    static let cursorLocationHigh = 0x0e
    static let cursorLocationLow = 0x0f
    static let verticalRetraceStart = 0x10
    static let verticalRetraceEnd = 0x11
    static let verticalDisplayEnd = 0x12
    static let offset = 0x13
    static let underlineLocation = 0x14
    static let modeControl = 0x17
    static let lineCompare = 0x18
    static let count = 0x19
}

/// Bits of the CRT controller's registers.
enum CRTCBit {
    /// Vertical retrace end: registers 0 to 7 can not be written.
    static let protect: UInt8 = 1 << 7
    /// Overflow: bit 8 of the line compare, the one bit that is not protected.
    static let lineCompare8: UInt8 = 1 << 4
    static let cursorOff: UInt8 = 1 << 5
    /// Maximum scan line: each scan line is shown twice.
    static let doubleScan: UInt8 = 1 << 7
    /// Underline location: the address counter counts groups of four bytes.
    static let doubleword: UInt8 = 1 << 6
    /// Mode control: address bit 13 (14) is that of the counter, not bit 0 (1) of the row scan.
    static let addressBit13: UInt8 = 1 << 0
    static let addressBit14: UInt8 = 1 << 1
    /// Mode control: in word mode the lowest address bit is bit 15 of the counter, not bit 13.
    static let wrapsAtBit15: UInt8 = 1 << 5
    static let byteMode: UInt8 = 1 << 6
}

/// Bits of the miscellaneous output register (ports 0x3c2 and 0x3cc).
enum MiscellaneousBit {
    /// The CRT controller is at 0x3d4, not 0x3b4.
    static let color: UInt8 = 1 << 0
    static let memoryEnable: UInt8 = 1 << 1
    static let clock28MHz: UInt8 = 1 << 2
}

/// Bits of input status registers 0 and 1 (ports 0x3c2, and 0x3da or 0x3ba).
enum StatusBit {
    /// Status 0: a color display is attached.
    static let switchSense: UInt8 = 1 << 4
    /// Status 1: nothing is displayed: horizontal or vertical blanking.
    static let displayDisabled: UInt8 = 1 << 0
    static let verticalRetrace: UInt8 = 1 << 3
}

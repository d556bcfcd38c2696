// How the CRT controller walks through video memory: sizes, addresses, and where the beam is.
import MachineCore

/// The screen that the VGA's own registers describe.
struct ScreenGeometry {
    /// Characters (groups of eight pixels in graphics modes) in a line: 1 to 256.
    let columns: Int
    /// Dots in a character as it is stored: 8 or 9.
    let characterWidth: Int
    /// Each dot is shown this many times: 1 or 2.
    let dotRepeat: Int
    /// Scan lines: 1 to 1024.
    let lines: Int
    /// Added to the address counter at the end of each row.
    let rowIncrement: UInt32
    private let modeControl: UInt8
    private let isDoubleword: Bool

    init(_ state: VGA.State, lines: Int) {
        let clocking = state.sequencer[SequencerRegister.clockingMode]
        let isGraphics = state.graphics[GraphicsRegister.miscellaneous] & GraphicsBit.graphicsMode != 0
        columns = Int(state.crtc[CRTCRegister.horizontalDisplayEnd]) + 1
        characterWidth = isGraphics || clocking & SequencerBit.eightDots != 0 ? 8 : 9
        dotRepeat = clocking & SequencerBit.halvedDotClock != 0 ? 2 : 1
        self.lines = lines
        // The register counts pairs of the counter's steps (IBM, "Offset Register").
        rowIncrement = UInt32(state.crtc[CRTCRegister.offset]) * 2
        modeControl = state.crtc[CRTCRegister.modeControl]
        isDoubleword = state.crtc[CRTCRegister.underlineLocation] & CRTCBit.doubleword != 0
    }

    /// Dots in a line.
    var width: Int { columns * characterWidth * dotRepeat }

    /// The address in the planes that the counter stands for (IBM, "CRT Mode Control Register").
    func address(_ counter: UInt32, row: UInt32) -> UInt32 {
        var address = counter & 0xffff
        // In doubleword mode the counter is used as it is, because chain 4 leaves no gaps in the planes.
        if !isDoubleword, modeControl & CRTCBit.byteMode == 0 {
            let low = modeControl & CRTCBit.wrapsAtBit15 != 0 ? address >> 15 : address >> 13
            address = address << 1 & 0xffff | low & 1
        }
        if modeControl & CRTCBit.addressBit13 == 0 { address = address & ~(1 << 13) | (row & 1) << 13 }
        if modeControl & CRTCBit.addressBit14 == 0 { address = address & ~(1 << 14) | (row >> 1 & 1) << 14 }
        return address
    }
}

/// The state of the CRT controller's counters in one scan line.
struct Beam {
    /// The address counter at the left edge.
    private(set) var counter: UInt32
    /// The scan line in the row of characters: 0 to 31.
    private(set) var row: UInt32
    /// How many pixels the line begins to the left of the screen, as the register says it.
    private(set) var panning: UInt8

    private var line = 0
    private var isSecondOfTwo = false
    private let increment: UInt32
    private let lastRow: UInt32
    private let lineCompare: Int
    private let doublesLines: Bool
    private let panningStops: Bool

    init(_ state: VGA.State, _ screen: ScreenGeometry) {
        let scanLine = state.crtc[CRTCRegister.maximumScanLine]
        let preset = state.crtc[CRTCRegister.presetRowScan]
        counter = state.counter(CRTCRegister.startAddressHigh) &+ UInt32(preset >> 5 & 3)
        row = UInt32(preset & 0x1f)
        panning = state.attribute[AttributeRegister.horizontalPanning]
        increment = screen.rowIncrement
        lastRow = UInt32(scanLine & 0x1f)
        doublesLines = scanLine & CRTCBit.doubleScan != 0
        let overflow = state.crtc[CRTCRegister.overflow]
        lineCompare = Int(state.crtc[CRTCRegister.lineCompare])
            | (overflow & CRTCBit.lineCompare8 != 0 ? 0x100 : 0) | (scanLine & 0x40 != 0 ? 0x200 : 0)
        panningStops = state.attribute[AttributeRegister.modeControl] & AttributeBit.panningStopsAtSplit != 0
    }

    /// Goes to the next scan line.
    mutating func advance() {
        line += 1
        if line - 1 == lineCompare {
            // The lower part of a split screen shows video memory from address 0 on.
            counter = 0
            row = 0
            isSecondOfTwo = false
            if panningStops { panning = 0 }
            return
        }
        if doublesLines, !isSecondOfTwo {
            isSecondOfTwo = true
            return
        }
        isSecondOfTwo = false
        if row == lastRow {
            row = 0
            counter = (counter &+ increment) & 0xffff
        } else {
            row = (row + 1) & 0x1f
        }
    }
}

// Scan lines of text modes: characters, attributes and fonts in the planes.
import MachineCore

/// What does not change from scan line to scan line of a text screen.
struct TextLine {
    private let vga: VGA
    private let screen: ScreenGeometry
    private let colors: [Picture.Color]
    private let control: UInt8
    /// Where the two fonts begin in plane 2: that of characters whose attribute has bit 3 clear, and set.
    private let fonts: (UInt32, UInt32)
    /// The counter's value at the cursor, or nil when no cursor is to be seen now.
    private let cursor: UInt32?
    private let cursorRows: ClosedRange<UInt32>
    private let underlineRow: UInt32
    private let hidesBlinking: Bool

    init(_ vga: VGA, _ screen: ScreenGeometry) {
        self.vga = vga
        self.screen = screen
        let state = vga.state
        colors = vga.sixteenColors
        control = state.attribute[AttributeRegister.modeControl]
        let select = state.sequencer[SequencerRegister.characterMapSelect]
        fonts = (Self.font(select & 3 | select >> 2 & 4), Self.font(select >> 2 & 3 | select >> 3 & 4))
        underlineRow = UInt32(state.crtc[CRTCRegister.underlineLocation] & 0x1f)
        // The cursor blinks with 16 frames, characters with 32 (IBM, "Attribute Mode Control Register").
        let frame = vga.frame
        hidesBlinking = frame & 16 != 0
        let start = UInt32(state.crtc[CRTCRegister.cursorStart] & 0x1f)
        let end = UInt32(state.crtc[CRTCRegister.cursorEnd] & 0x1f)
        let isDisabled = state.crtc[CRTCRegister.cursorStart] & CRTCBit.cursorOff != 0
        let isOff = isDisabled || start > end || frame & 8 != 0
        let skew = UInt32(state.crtc[CRTCRegister.cursorEnd] >> 5 & 3)
        cursor = isOff ? nil : (state.counter(CRTCRegister.cursorLocationHigh) &+ skew) & 0xffff
        cursorRows = start...max(start, end)
    }

    /// Fonts are 8 KiB apart: first the four at multiples of 16 KiB, then the four between them (IBM,
    /// "Character Map Select Register").
    private static func font(_ number: UInt8) -> UInt32 {
        UInt32(number & 3) << 14 | UInt32(number >> 2) << 13
    }

    /// The colors of the dots in the beam's line.
    func colors(_ beam: Beam) -> [Picture.Color] {
        // With nine dots, 8 means none, and 0 to 7 mean one more (IBM, "Horizontal PEL Panning Register").
        let panning = Int(beam.panning & 0xf)
        let skipped = screen.characterWidth == 9 ? (panning >= 8 ? 0 : panning + 1) : panning & 7
        var line: [Picture.Color] = []
        line.reserveCapacity((screen.columns + 1) * screen.characterWidth * screen.dotRepeat)
        for column in 0..<UInt32(screen.columns + (skipped > 0 ? 1 : 0)) {
            append((beam.counter &+ column) & 0xffff, beam.row, to: &line)
        }
        line.removeFirst(skipped)
        guard screen.dotRepeat == 2 else { return line }
        return line.flatMap { [$0, $0] }
    }

    private func append(_ counter: UInt32, _ row: UInt32, to line: inout [Picture.Color]) {
        let planes = vga.displayedPlanes(screen.address(counter, row: row))
        let character = planes & 0xff
        let attribute = UInt8(truncatingIfNeeded: planes >> 8)
        let (foreground, background) = colors(of: attribute)
        let font = attribute & 8 != 0 ? fonts.1 : fonts.0
        let bits = UInt8(truncatingIfNeeded: vga.displayedPlanes(font + character * 32 + row) >> 16)
        let isSolid = counter == cursor && cursorRows.contains(row) || isUnderlined(attribute, row)
        let isHidden = control & AttributeBit.blink != 0 && attribute & 0x80 != 0 && hidesBlinking
        let shape = isSolid ? 0xff : isHidden ? 0 : bits
        for dot in 0..<8 { line.append(shape << dot & 0x80 != 0 ? foreground : background) }
        guard screen.characterWidth == 9 else { return }
        let repeats = isSolid || control & AttributeBit.lineGraphics != 0 && character & 0xe0 == 0xc0
        line.append(repeats && shape & 1 != 0 ? foreground : background)
    }

    private func isUnderlined(_ attribute: UInt8, _ row: UInt32) -> Bool {
        control & AttributeBit.monochrome != 0 && attribute & 7 == 1 && row == underlineRow
    }

    private func colors(of attribute: UInt8) -> (Picture.Color, Picture.Color) {
        // Bit 7 is either blinking or the fourth bit of the background.
        let background = control & AttributeBit.blink != 0 ? attribute >> 4 & 7 : attribute >> 4
        return (colors[Int(attribute & 0xf)], colors[Int(background)])
    }
}

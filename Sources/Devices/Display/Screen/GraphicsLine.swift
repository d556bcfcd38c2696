// Scan lines of the VGA's own graphics modes.
import MachineCore

/// What does not change from scan line to scan line of a graphics screen.
struct GraphicsLine {
    /// How the four bytes of an address become pixels (IBM, "Graphics Mode Register", shift register).
    enum Format {
        /// Eight pixels; each plane has one bit of each.
        case planar
        /// Eight pixels: four from planes 0 and 2, then four from planes 1 and 3, two bits from each plane.
        case interleaved
        /// Four pixels of two dots; each plane has one.
        case bytes
    }

    private let vga: VGA
    private let screen: ScreenGeometry
    private let format: Format
    private let colors: [Picture.Color]

    init(_ vga: VGA, _ screen: ScreenGeometry) {
        self.vga = vga
        self.screen = screen
        let mode = vga.state.graphics[GraphicsRegister.mode]
        if mode & GraphicsBit.shift256 != 0 {
            format = .bytes
        } else {
            format = mode & GraphicsBit.interleavedShift != 0 ? .interleaved : .planar
        }
        colors = format == .bytes ? vga.lookUpTable : vga.sixteenColors
    }

    /// The colors of the dots in the beam's line.
    func colors(_ beam: Beam) -> [Picture.Color] {
        let skipped = Int(beam.panning & 7)
        var line: [Picture.Color] = []
        line.reserveCapacity((screen.columns + 1) * 8 * screen.dotRepeat)
        for column in 0..<UInt32(screen.columns + (skipped > 0 ? 1 : 0)) {
            let counter = (beam.counter &+ column) & 0xffff
            append(vga.displayedPlanes(screen.address(counter, row: beam.row)), to: &line)
        }
        line.removeFirst(skipped)
        guard screen.dotRepeat == 2 else { return line }
        return line.flatMap { [$0, $0] }
    }

    private func append(_ planes: UInt32, to line: inout [Picture.Color]) {
        for dot in 0..<8 { line.append(colors[Self.pixel(planes, dot, format)]) }
    }

    /// The value of pixel `dot` (0 to 7) of the four bytes at an address.
    static func pixel(_ planes: UInt32, _ dot: Int, _ format: Format) -> Int {
        let planes = Int(planes)
        switch format {
        case .planar:
            let bits = planes >> (7 - dot)
            return bits & 1 | bits >> 7 & 2 | bits >> 14 & 4 | bits >> 21 & 8
        case .interleaved:
            let bytes = dot < 4 ? planes : planes >> 8
            let shift = 6 - 2 * (dot & 3)
            return bytes >> shift & 3 | (bytes >> (16 + shift) & 3) << 2
        case .bytes:
            return planes >> (dot / 2 * 8) & 0xff
        }
    }
}

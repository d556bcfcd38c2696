// Pictures of VBE modes.
import MachineCore

extension VGA {
    /// A picture of a mode in which the bytes of video memory are pixels.
    func packedPicture(_ mode: VBEMode) -> Picture {
        var picture = Picture(width: mode.width, height: mode.height)
        let byteCount = mode.depth.storedBytes(1)
        let table = mode.depth == .palette8 ? lookUpTable : []
        for line in 0..<mode.height {
            let start = (mode.yOffset + line) * mode.lineByteCount + mode.xOffset * byteCount
            // A mode is inside video memory; an empty line would be left black.
            guard let source = resources.videoMemory.hostPointer(
                to: UInt64(start), count: UInt64(mode.width * byteCount))
            else { continue }
            picture.setLine(line, (0..<mode.width).map { mode.depth.color(source + $0 * byteCount, table) })
        }
        return picture
    }

    /// A picture of a mode with four planes.
    func planarPicture(_ mode: VBEMode) -> Picture {
        var picture = Picture(width: mode.width, height: mode.height)
        let colors = sixteenColors
        for line in 0..<mode.height {
            let start = (mode.yOffset + line) * (mode.lineWidth / 8)
            let pixels = (mode.xOffset..<(mode.xOffset + mode.width)).map { x in
                let planes = displayedPlanes(UInt32(start + x / 8))
                return colors[GraphicsLine.pixel(planes, x & 7, .planar)]
            }
            picture.setLine(line, pixels)
        }
        return picture
    }
}

extension VGA.VBE.Depth {
    /// The color of the pixel that is stored at `source`.
    fileprivate func color(_ source: UnsafeMutableRawPointer, _ table: [Picture.Color]) -> Picture.Color {
        func byte(_ index: Int) -> Picture.Color {
            Picture.Color(source.load(fromByteOffset: index, as: UInt8.self))
        }
        let half = self == .rgb15 || self == .rgb16 ? byte(0) | byte(1) << 8 : 0
        switch self {
        case .rgb15: return Self.color(half >> 10 & 31, half >> 5 & 31, half & 31, greenBits: 5)
        case .rgb16: return Self.color(half >> 11, half >> 5 & 63, half & 31, greenBits: 6)
        case .rgb24, .rgb32: return byte(2) << 16 | byte(1) << 8 | byte(0)
        case .palette8, .planar4: return table.isEmpty ? 0 : table[Int(byte(0))]
        }
    }

    /// Widens components so that the largest value is the largest.
    private static func color(
        _ red: Picture.Color, _ green: Picture.Color, _ blue: Picture.Color, greenBits: Picture.Color
    ) -> Picture.Color {
        let wideGreen = greenBits == 6 ? green << 2 | green >> 4 : green << 3 | green >> 2
        return (red << 3 | red >> 2) << 16 | wideGreen << 8 | (blue << 3 | blue >> 2)
    }
}

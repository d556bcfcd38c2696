// What the VGA's monitor shows now.
import MachineCore

extension VGA {
    /// The picture on the screen at this moment, dot by dot as a monitor gets it: modes with fat pixels
    /// show each of them as several dots (mode 13h has 640 x 400). The screen border is left out.
    public func picture() -> Picture {
        let isOn = state.attributeIndex & AttributeRegister.paletteAddressSource != 0
        if let mode = vbeMode {
            guard isOn else { return Picture(width: mode.width, height: mode.height) }
            return mode.depth == .planar4 ? planarPicture(mode) : packedPicture(mode)
        }
        let screen = ScreenGeometry(state, lines: displayedLines)
        var picture = Picture(width: screen.width, height: screen.lines)
        let isOff = state.sequencer[SequencerRegister.clockingMode] & SequencerBit.screenOff != 0
        guard isOn, !isOff else { return picture }
        draw(screen, into: &picture)
        return picture
    }

    private func draw(_ screen: ScreenGeometry, into picture: inout Picture) {
        let isGraphics = state.graphics[GraphicsRegister.miscellaneous] & GraphicsBit.graphicsMode != 0
        let text = isGraphics ? nil : TextLine(self, screen)
        let graphics = isGraphics ? GraphicsLine(self, screen) : nil
        var beam = Beam(state, screen)
        for line in 0..<screen.lines {
            if let text { picture.setLine(line, text.colors(beam)) }
            if let graphics { picture.setLine(line, graphics.colors(beam)) }
            beam.advance()
        }
    }

    /// The colors of the 256 values of a pixel, after the look-up table.
    var lookUpTable: [Picture.Color] {
        let palette = state.palette
        let isEightBit = state.vbe.hasEightBitPalette
        return (0..<256).map { value in
            let first = (value & Int(palette.mask)) * 3
            let components = palette.components[first..<(first + 3)]
            return components.reduce(0) { color, component in
                // Six bits become eight so that the largest value is the largest.
                let six = component & 0x3f
                return color << 8 | Picture.Color(isEightBit ? component : six << 2 | six >> 4)
            }
        }
    }

    /// The colors of the 16 values of a pixel with four planes, after palette and look-up table.
    var sixteenColors: [Picture.Color] {
        let attribute = state.attribute
        let control = attribute[AttributeRegister.modeControl]
        let select = attribute[AttributeRegister.colorSelect]
        let table = lookUpTable
        return (0..<16).map { value in
            var color = attribute[value & Int(attribute[AttributeRegister.colorPlaneEnable] & 0xf)] & 0x3f
            if control & AttributeBit.colorSelectsLow != 0 { color = color & 0xf | (select & 3) << 4 }
            return table[Int(color | (select & 0xc) << 4)]
        }
    }

    /// Four bytes, one for each plane, at an address of the planes.
    func displayedPlanes(_ address: UInt32) -> UInt32 {
        resources.videoMemory.load(UInt32.self, at: UInt64(address) << 2) ?? 0
    }
}

// Text screens against bitmaps that are put together here dot by dot.
import MachineCore
import Testing

@testable import Devices

@Suite struct TextScreenTests {
    /// A font in which scan line `row` of character `n` has the bits of n*5 + row*17.
    private static func bits(_ character: Int, _ row: Int) -> Int { (character * 5 + row * 17) & 0xff }

    /// Puts the font into plane 2 as a BIOS does, `start` bytes from its beginning.
    private func loadFont(_ world: DisplayWorld, at start: Int = 0, inverted: Bool = false) {
        for (index, value) in [(2, 4), (4, 6)] as [(UInt8, UInt8)] { world.sequencer(index, value) }
        for (index, value) in [(5, 0), (6, 4)] as [(UInt8, UInt8)] { world.graphics(index, value) }
        for character in 0..<256 {
            for row in 0..<32 {
                let bits = UInt8(Self.bits(character, row)) ^ (inverted ? 0xff : 0)
                world.poke(UInt64(0xa0000 + start + character * 32 + row), bits)
            }
        }
        for (index, value) in [(2, 3), (4, 2)] as [(UInt8, UInt8)] { world.sequencer(index, value) }
        for (index, value) in [(5, 0x10), (6, 0x0e)] as [(UInt8, UInt8)] { world.graphics(index, value) }
    }

    private func makeWorld(_ mode: StandardMode) throws -> DisplayWorld {
        let world = try DisplayWorld()
        world.set(mode)
        loadFont(world)
        world.crtc(0x0a, 0x20)
        return world
    }

    /// Fills the screen with all characters in all attributes.
    private func fill(_ world: DisplayWorld, _ cells: Int) {
        for cell in 0..<cells {
            world.poke(UInt64(0xb8000 + cell * 2), UInt8(cell * 7 & 0xff))
            world.poke(UInt64(0xb8000 + cell * 2 + 1), UInt8(cell & 0xff))
        }
    }

    /// The color value of a dot of the screen that `fill` makes, by IBM's rules.
    private func value(
        _ column: Int, _ row: Int, _ dot: Int, _ line: Int, columns: Int, dim: Bool = false
    ) -> Int {
        let cell = row * columns + column
        let (character, attribute) = (cell * 7 & 0xff, cell & 0xff)
        let bits = Self.bits(character, line)
        var isSet = dot < 8 ? bits >> (7 - dot) & 1 == 1 : character & 0xe0 == 0xc0 && bits & 1 == 1
        if dim, attribute & 0x80 != 0 { isSet = false }
        return isSet ? attribute & 15 : attribute >> 4 & 7
    }

    @Test func every80ColumnDotIsRight() throws {
        let world = try makeWorld(.text80)
        fill(world, 2000)
        let picture = world.vga.picture()
        #expect(picture.width == 720 && picture.height == 400)
        var wrong = 0
        for y in 0..<400 {
            for x in 0..<720 {
                let wanted = value(x / 9, y / 16, x % 9, y % 16, columns: 80)
                if picture[x, y] != DisplayWorld.shown(wanted) { wrong += 1 }
            }
        }
        #expect(wrong == 0)
    }

    @Test func every40ColumnDotIsRight() throws {
        let world = try makeWorld(.text40)
        fill(world, 1000)
        let picture = world.vga.picture()
        #expect(picture.width == 720 && picture.height == 400)
        var wrong = 0
        for y in 0..<400 {
            for x in 0..<720 {
                let wanted = value(x / 18, y / 16, x / 2 % 9, y % 16, columns: 40)
                if picture[x, y] != DisplayWorld.shown(wanted) { wrong += 1 }
            }
        }
        #expect(wrong == 0)
    }

    @Test func attributesBlinkWithTime() throws {
        let world = try makeWorld(.text80)
        fill(world, 2000)
        let first = world.vga.picture()
        // 16 frames of 14.27 ms later blinking characters are gone.
        world.world.advance(to: 16 * 14_268_000 + 5_000_000)
        let second = world.vga.picture()
        #expect(first != second)
        let wrong = (0..<720).filter { x in
            second[x, 100] != DisplayWorld.shown(value(x / 9, 6, x % 9, 4, columns: 80, dim: true))
        }
        #expect(wrong.isEmpty)
        world.attribute(0x10, 0x04)
        // Without blinking bit 7 is the fourth bit of the background: cell 160 has attribute 0xa0.
        #expect(world.vga.picture()[8, 32] == DisplayWorld.shown(10))
    }

    @Test func theCursorIsAtItsPlaceAndBlinks() throws {
        let world = try makeWorld(.text80)
        for cell in 0..<2000 { world.poke(UInt64(0xb8000 + cell * 2 + 1), 0x1e) }
        let without = world.vga.picture()
        world.crtc(0x0a, 0x0d)
        world.crtc(0x0b, 0x0e)
        world.crtc(0x0e, 0)
        world.crtc(0x0f, 80 + 3)
        let with = world.vga.picture()
        var changed: [[Int]] = []
        for y in 0..<400 {
            for x in 0..<720 where with[x, y] != without[x, y] { changed.append([x, y]) }
        }
        #expect(!changed.isEmpty)
        #expect(changed.allSatisfy { (27..<36).contains($0[0]) && (29...30).contains($0[1]) })
        for x in 27..<36 { #expect(with[x, 29] == DisplayWorld.shown(14)) }
        world.world.advance(to: 8 * 14_268_000 + 5_000_000)
        #expect(world.vga.picture() == without)
    }

    @Test func scrollingBySplitScreenAndPanningFollowsTheRegisters() throws {
        let world = try makeWorld(.text80)
        fill(world, 4000)
        let whole = world.vga.picture()
        // The screen begins at the second row; from line 200 on the first row follows.
        world.crtc(0x0d, 80)
        world.crtc(0x18, 199)
        world.crtc(0x07, 0x0f)
        world.crtc(0x09, 0x0f)
        let split = world.vga.picture()
        for x in [0, 5, 300, 719] {
            #expect(split[x, 0] == whole[x, 16])
            #expect(split[x, 199] == whole[x, 215])
            #expect(split[x, 200] == whole[x, 0])
        }
        world.crtc(0x18, 0xff)
        world.attribute(0x13, 2)
        let panned = world.vga.picture()
        #expect((0..<717).allSatisfy { panned[$0, 50] == split[$0 + 3, 50] })
    }

    @Test func attributeBit3SelectsTheSecondFont() throws {
        let world = try makeWorld(.text80)
        loadFont(world, at: 0x2000, inverted: true)
        // Map A (bit 3 set) is the font at 8 KiB, map B that at 0.
        world.sequencer(3, 0x20)
        for cell in 0..<2 {
            world.poke(UInt64(0xb8000 + cell * 2), 0x33)
            world.poke(UInt64(0xb8000 + cell * 2 + 1), cell == 0 ? 0x07 : 0x0f)
        }
        let picture = world.vga.picture()
        for x in 0..<8 {
            let isSet = Self.bits(0x33, 0) >> (7 - x) & 1 == 1
            #expect(picture[x, 0] == DisplayWorld.shown(isSet ? 7 : 0))
            #expect(picture[9 + x, 0] == DisplayWorld.shown(isSet ? 0 : 15))
        }
    }

    @Test func aBlankScreenIsBlack() throws {
        let world = try makeWorld(.text80)
        fill(world, 2000)
        _ = world.in(0x3da)
        world.out(0x3c0, 0)
        #expect(world.vga.picture() == Picture(width: 720, height: 400))
        world.attribute(0x11, 0)
        #expect(world.vga.picture() != Picture(width: 720, height: 400))
        world.sequencer(1, 0x20)
        #expect(world.vga.picture() == Picture(width: 720, height: 400))
    }

    @Test func monochromeTextIsUnderlined() throws {
        let world = try makeWorld(.text80)
        world.attribute(0x10, 0x0e)
        world.crtc(0x14, 0x0d)
        world.poke(0xb8001, 0x01)
        world.poke(0xb8003, 0x02)
        let picture = world.vga.picture()
        #expect((0..<9).allSatisfy { picture[$0, 13] == DisplayWorld.shown(1) })
        #expect(!(9..<18).allSatisfy { picture[$0, 13] == DisplayWorld.shown(2) })
    }
}

// Graphics screens: a guest's pixels are where they belong.
import MachineCore
import Testing

@testable import Devices

@Suite struct GraphicsScreenTests {
    /// A value for each pixel, by its place.
    private static func value(_ x: Int, _ y: Int, _ count: Int) -> Int { (x * 3 + y * 5 + x * y / 7) % count }

    /// Compares a picture with pixels that are `scale` dots wide and `lines` lines high.
    private func wrongDots(_ picture: Picture, _ scale: Int, _ lines: Int, _ count: Int) -> Int {
        var wrong = 0
        for y in 0..<picture.height {
            for x in 0..<picture.width
            where picture[x, y] != DisplayWorld.shown(Self.value(x / scale, y / lines, count)) { wrong += 1 }
        }
        return wrong
    }

    /// Sets pixels in planes one by one, with the map mask.
    private func drawPlanes(_ world: DisplayWorld, width: Int, height: Int, lineByteCount: Int, count: Int) {
        for plane in 0..<4 {
            world.sequencer(2, 1 << UInt8(plane))
            for y in 0..<height {
                for byte in 0..<(width / 8) {
                    var bits: UInt8 = 0
                    for dot in 0..<8 where Self.value(byte * 8 + dot, y, count) >> plane & 1 == 1 {
                        bits |= 0x80 >> UInt8(dot)
                    }
                    world.poke(UInt64(0xa0000 + y * lineByteCount + byte), bits)
                }
            }
        }
        world.sequencer(2, 15)
    }

    @Test func mode13() throws {
        let world = try DisplayWorld()
        world.set(.mode13)
        for y in 0..<200 {
            for x in 0..<320 { world.poke(UInt64(0xa0000 + y * 320 + x), UInt8(Self.value(x, y, 256))) }
        }
        let picture = world.vga.picture()
        #expect(picture.width == 640 && picture.height == 400)
        #expect(wrongDots(picture, 2, 2, 256) == 0)
    }

    @Test func unchained256ColorsWithPages() throws {
        // "Mode X": four pixels at each address, here of the second page.
        let world = try DisplayWorld()
        world.set(.mode13)
        world.sequencer(4, 0x06)
        world.crtc(0x14, 0)
        world.crtc(0x17, 0xe3)
        world.crtc(0x0c, 0x40)
        for plane in 0..<4 {
            world.sequencer(2, 1 << UInt8(plane))
            for y in 0..<200 {
                for x in 0..<80 {
                    let value = UInt8(Self.value(x * 4 + plane, y, 256))
                    world.poke(UInt64(0xa4000 + y * 80 + x), value)
                }
            }
        }
        #expect(wrongDots(world.vga.picture(), 2, 2, 256) == 0)
    }

    @Test func planarModes() throws {
        let small = try DisplayWorld()
        small.set(.planar320)
        drawPlanes(small, width: 320, height: 200, lineByteCount: 40, count: 16)
        #expect(small.vga.picture().width == 640 && small.vga.picture().height == 400)
        #expect(wrongDots(small.vga.picture(), 2, 2, 16) == 0)
        let large = try DisplayWorld()
        large.set(.planar640)
        drawPlanes(large, width: 640, height: 480, lineByteCount: 80, count: 16)
        #expect(large.vga.picture().width == 640 && large.vga.picture().height == 480)
        #expect(wrongDots(large.vga.picture(), 1, 1, 16) == 0)
        // Five pixels to the left; the last ones come from the next line.
        let before = large.vga.picture()
        large.attribute(0x13, 5)
        let panned = large.vga.picture()
        #expect((0..<635).allSatisfy { panned[$0, 7] == before[$0 + 5, 7] })
    }

    @Test func fourColorsOfTheCGA() throws {
        let world = try DisplayWorld()
        world.set(.cga4)
        for y in 0..<200 {
            for byte in 0..<80 {
                var bits = 0
                for dot in 0..<4 { bits = bits << 2 | Self.value(byte * 4 + dot, y, 4) }
                world.poke(UInt64(0xb8000 + y % 2 * 0x2000 + y / 2 * 80 + byte), UInt8(bits))
            }
        }
        let picture = world.vga.picture()
        #expect(picture.width == 640 && picture.height == 400)
        #expect(wrongDots(picture, 2, 2, 4) == 0)
    }

    @Test func twoColorsOfTheCGA() throws {
        let world = try DisplayWorld()
        world.set(.cga2)
        for y in 0..<200 {
            for byte in 0..<80 {
                var bits = 0
                for dot in 0..<8 { bits = bits << 1 | Self.value(byte * 8 + dot, y, 2) }
                world.poke(UInt64(0xb8000 + y % 2 * 0x2000 + y / 2 * 80 + byte), UInt8(bits))
            }
        }
        #expect(wrongDots(world.vga.picture(), 1, 2, 2) == 0)
    }

    @Test func palettesAndTheColorSelectRegister() throws {
        let world = try DisplayWorld()
        world.set(.planar640)
        world.poke(0xa0000, 0xff)
        world.attribute(15, 0x2a)
        #expect(world.vga.picture()[0, 0] == DisplayWorld.shown(0x2a))
        world.attribute(0x14, 0x0d)
        #expect(world.vga.picture()[0, 0] == DisplayWorld.shown(0xea))
        world.attribute(0x10, 0x81)
        #expect(world.vga.picture()[0, 0] == DisplayWorld.shown(0xda))
        world.out(0x3c6, 0x0f)
        #expect(world.vga.picture()[0, 0] == DisplayWorld.shown(0x0a))
        world.attribute(0x12, 0x07)
        #expect(world.vga.picture()[0, 0] == DisplayWorld.shown(0x07))
    }

    // MARK: VBE

    private func setVBE(_ world: DisplayWorld, _ width: UInt16, _ height: UInt16, _ depth: UInt16) {
        world.writeVBE(4, 0)
        world.writeVBE(1, width)
        world.writeVBE(2, height)
        world.writeVBE(3, depth)
        world.writeVBE(4, 0x41)
        _ = world.in(0x3da)
        _ = world.in(0x3ba)
        world.out(0x3c0, 0x20)
    }

    /// A color that 15 bits hold, in all depths.
    private static func color(_ x: Int, _ y: Int) -> (Int, Int, Int) {
        (x * 3 % 32, (x + y) % 32, y * 7 % 32)
    }

    private func store(_ world: DisplayWorld, _ x: Int, _ y: Int, _ depth: Int, lineWidth: Int) {
        let (red, green, blue) = Self.color(x, y)
        let wide = [blue, green, red].map { UInt8($0 << 3 | $0 >> 2) }
        let place = UInt64((y * lineWidth + x) * ((depth + 7) / 8))
        switch depth {
        case 15: _ = world.memory.store(UInt16(red << 10 | green << 5 | blue), at: place)
        case 16:
            let wideGreen = green << 1 | green >> 4
            _ = world.memory.store(UInt16(red << 11 | wideGreen << 5 | blue), at: place)
        default: _ = world.memory.write(depth == 24 ? wide : wide + [0xee], at: place)
        }
    }

    @Test(arguments: [15, 16, 24, 32]) func trueColors(depth: Int) throws {
        let world = try DisplayWorld()
        setVBE(world, 320, 200, UInt16(depth))
        world.writeVBE(6, 400)
        world.writeVBE(8, 33)
        world.writeVBE(9, 21)
        #expect(world.readVBE(6) == 400)
        for y in 0..<221 { for x in 0..<400 { store(world, x, y, depth, lineWidth: 400) } }
        let picture = world.vga.picture()
        #expect(picture.width == 320 && picture.height == 200)
        var wrong = 0
        for y in 0..<200 {
            for x in 0..<320 {
                let (red, green, blue) = Self.color(x + 33, y + 21)
                let six = green << 1 | green >> 4
                let shownGreen = depth == 16 ? six << 2 | six >> 4 : green << 3 | green >> 2
                let wanted = [red << 3 | red >> 2, shownGreen, blue << 3 | blue >> 2].map { UInt8($0) }
                if picture[x, y] != wanted { wrong += 1 }
            }
        }
        #expect(wrong == 0)
    }

    @Test func palettesInVBE() throws {
        let world = try DisplayWorld()
        world.set(.mode13)
        setVBE(world, 640, 400, 8)
        world.writeVBE(5, 1)
        world.poke(0xa0000 + 640 * 200 - 0x10000 + 7, 0x99)
        #expect(world.vga.picture()[7, 200] == DisplayWorld.shown(0x99))
        world.writeVBE(4, 0x61)
        world.color(0x99, 200, 100, 50)
        #expect(world.vga.picture()[7, 200] == [200, 100, 50])
    }

    @Test func planesInVBE() throws {
        let world = try DisplayWorld()
        world.set(.planar640)
        setVBE(world, 800, 600, 4)
        drawPlanes(world, width: 800, height: 600, lineByteCount: 100, count: 16)
        let picture = world.vga.picture()
        #expect(picture.width == 800 && picture.height == 600)
        #expect(wrongDots(picture, 1, 1, 16) == 0)
        world.writeVBE(6, 1600)
        world.writeVBE(8, 3)
        #expect(world.vga.picture()[0, 0] == picture[3, 0])
    }

    @Test func modesStayInsideVideoMemory() throws {
        let world = try DisplayWorld()
        setVBE(world, 0xffff, 0xffff, 32)
        // 1 MiB is 34 lines of 7680 pixels.
        #expect(world.readVBE(1) == 7680 && world.readVBE(2) == 34)
        #expect(world.vga.picture().height == 34)
        setVBE(world, 0, 0, 0)
        #expect(world.readVBE(1) == 8 && world.readVBE(2) == 1 && world.readVBE(3) == 8)
        setVBE(world, 1021, 768, 8)
        #expect(world.readVBE(1) == 1016)
        world.writeVBE(9, 0xffff)
        #expect(world.readVBE(9) == UInt16((1 << 20) / 1016 - 768))
    }

    @Test func aNewModeClearsItsMemory() throws {
        let world = try DisplayWorld()
        _ = world.memory.write([UInt8](repeating: 7, count: 1 << 20), at: 0)
        setVBE(world, 320, 200, 8)
        #expect(world.memory.bytes(at: 0, count: 64000) == [UInt8](repeating: 0, count: 64000))
        #expect(world.memory.load(UInt8.self, at: 64000) == 7)
        _ = world.memory.store(9 as UInt8, at: 0)
        world.writeVBE(4, 0)
        world.writeVBE(4, 0x81)
        #expect(world.memory.load(UInt8.self, at: 0) == 9)
    }
}

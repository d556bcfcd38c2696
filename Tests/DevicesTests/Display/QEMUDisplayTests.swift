// The VGA against QEMU's: the same guest on both gives the same bytes and the same pictures.
//
// Left out is where QEMU leaves the hardware: chain 4 and odd/even bypass the graphics controller there, text
// does not blink and repeats the eighth column of characters 0xb0 to 0xbf too, a virtual height above 65535
// reads as its low bits, and colors of six bits become eight in another way.
import MachineCore
import Testing

@testable import Devices

@Suite(.serialized) struct QEMUDisplayTests {
    private let world: DisplayWorld
    private let qemu: QEMUDisplay

    init() throws {
        world = try DisplayWorld(byteCount: 16 << 20)
        qemu = try QEMUDisplay()
    }

    private func both(_ body: (any DisplayGuest) -> Void) {
        body(world)
        body(qemu)
    }

    /// A look-up table in which all colors differ.
    private func setColors(_ random: inout PlatformRandom) {
        for index in UInt8.min...UInt8.max {
            let color = (0..<3).map { _ in UInt8.random(in: 0...63, using: &random) }
            both { $0.color(index, color[0], color[1], color[2]) }
        }
    }

    /// Compares the pictures in the bits of components that are the same on both; each of QEMU's pixels is as
    /// many dots as the sizes say.
    private func expectSamePictures(
        bits: UInt8 = 6, sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
        let ours = world.vga.picture()
        let theirs = try qemu.picture()
        #expect(
            ours.width % theirs.width == 0 && ours.height % theirs.height == 0,
            "\(ours.width) x \(ours.height), not \(theirs.width) x \(theirs.height)",
            sourceLocation: sourceLocation)
        guard ours.width % theirs.width == 0, ours.height % theirs.height == 0 else { return }
        let (across, down) = (ours.width / theirs.width, ours.height / theirs.height)
        var wrong = 0
        var colors: Set<[UInt8]> = []
        for y in 0..<ours.height {
            for x in 0..<ours.width {
                let place = (y / down * theirs.width + x / across) * 3
                let pixel = ours[x, y]
                for part in 0..<3 {
                    let differences = pixel[part] ^ theirs.rgb[place + part]
                    if differences >> (8 - bits) != 0 { wrong += 1 }
                }
                if x % 7 == 0, y % 3 == 0 { colors.insert(pixel) }
            }
        }
        #expect(wrong == 0, sourceLocation: sourceLocation)
        #expect(colors.count > 1, "an empty picture proves nothing", sourceLocation: sourceLocation)
    }

    @Test func registers() throws {
        defer { qemu.stop() }
        var random = PlatformRandom(seed: 5)
        both { $0.out(0x3c2, 1) }
        let indices: [(UInt64, UInt8)] = [(0x3c4, 5), (0x3ce, 9), (0x3d4, 0x19), (0x3c7, 255), (0x3c8, 255)]
        var wrong: Set<UInt64> = []
        for _ in 0..<12_000 {
            let (port, count) = indices.randomElement(using: &random) ?? (0x3c4, 5)
            let index = UInt8.random(in: 0..<count, using: &random)
            let value = UInt8.random(in: 0...63, using: &random)
            switch random.next() % 6 {
            case 0, 1: both { $0.out(port, index) }
            case 2: both { $0.out(port > 0x3c6 && port < 0x3ca ? 0x3c9 : port + 1, value) }
            case 3: both { $0.out(0x3c0, value % 0x15) }
            case 4:
                for port in [0x3c1, 0x3c4, 0x3c5, 0x3c7, 0x3c8, 0x3ce, 0x3cf, 0x3d4, 0x3d5] as [UInt64]
                where world.in(port) != qemu.in(port) { wrong.insert(port) }
            default: if world.in(0x3c9) != qemu.in(0x3c9) { wrong.insert(0x3c9) }
            }
            if random.next() % 64 == 0 { both { _ = $0.in(0x3da) } }
        }
        #expect(wrong.isEmpty)
    }

    @Test func writesAndReadsOfTwoPlanes() throws {
        defer { qemu.stop() }
        both { $0.set(.text80) }
        var random = PlatformRandom(seed: 78)
        var wrong = 0
        for _ in 0..<4000 {
            let value = UInt8.random(in: 0...255, using: &random)
            let address = 0xb8000 + random.next() % 64
            switch random.next() % 8 {
            case 0: both { $0.sequencer(2, value & 3) }
            case 1, 2, 3: if world.peek(address) != qemu.peek(address) { wrong += 1 }
            default: both { $0.poke(address, value) }
            }
        }
        #expect(wrong == 0)
    }

    @Test func writesAndReadsOfPlanes() throws {
        defer { qemu.stop() }
        both {
            $0.out(0x3c2, 3)
            $0.sequencer(4, 6)
            $0.graphics(6, 5)
        }
        var random = PlatformRandom(seed: 77)
        var wrong = 0
        for _ in 0..<12_000 {
            let index = UInt8.random(in: 0...8, using: &random)
            var value = UInt8.random(in: 0...255, using: &random) & GraphicsRegister.masks[Int(index)]
            if index == 5 { value &= 0b1011 }
            switch random.next() % 6 {
            case 0 where index != 6: both { $0.graphics(index, value) }
            case 1: both { $0.sequencer(2, value & 15) }
            case 2:
                let address = 0xa0000 + random.next() % 32
                if world.peek(address) != qemu.peek(address) { wrong += 1 }
            default:
                let address = 0xa0000 + random.next() % 32
                both { $0.poke(address, value) }
            }
        }
        #expect(wrong == 0)
    }

    @Test func textScreens() throws {
        defer { qemu.stop() }
        for (mode, cells) in [(StandardMode.text80, 2000), (.text40, 1000)] {
            var random = PlatformRandom(seed: UInt64(cells))
            let (font, text) = (random, random)
            both { guest in
                guest.set(mode)
                guest.crtc(0x0a, 0x20)
                guest.attribute(0x10, 0x04)
                // QEMU doubles only characters of eight dots.
                if cells == 1000 { guest.sequencer(1, 0x09) }
                guest.sequencer(2, 4)
                guest.sequencer(4, 6)
                guest.graphics(5, 0)
                guest.graphics(6, 4)
                var font = font
                for character in 0..<256 as Range<UInt64> {
                    for row in 0..<16 as Range<UInt64> {
                        guest.poke(0xa0000 + character * 32 + row, .random(in: 0...255, using: &font))
                    }
                }
                guest.sequencer(2, 3)
                guest.sequencer(4, 2)
                guest.graphics(5, 0x10)
                guest.graphics(6, 0x0e)
                var text = text
                for cell in 0..<UInt64(cells) {
                    let character = UInt8.random(in: 0...255, using: &text)
                    guest.poke(0xb8000 + cell * 2, character & 0xf0 == 0xb0 ? 0xc0 : character)
                    guest.poke(0xb8001 + cell * 2, .random(in: 0...255, using: &text))
                }
            }
            setColors(&random)
            try expectSamePictures()
        }
    }

    @Test func graphicsScreens() throws {
        defer { qemu.stop() }
        let modes: [(StandardMode, UInt64, UInt64)] = [
            (.mode13, 0xa0000, 0xfa00), (.planar320, 0xa0000, 8000), (.planar640, 0xa0000, 38400),
            (.cga4, 0xb8000, 0x4000), (.cga2, 0xb8000, 0x4000),
        ]
        for (number, (mode, start, count)) in modes.enumerated() {
            var random = PlatformRandom(seed: UInt64(number))
            both { $0.set(mode) }
            let planes: [UInt8] = start == 0xa0000 && number != 0 ? [1, 2, 4, 8] : [mode.sequencer[2]]
            for plane in planes {
                both { $0.sequencer(2, plane) }
                for place in stride(from: start, to: start + count, by: number == 2 ? 3 : 1) {
                    let value = UInt8.random(in: 0...255, using: &random)
                    both { $0.poke(place, value) }
                }
            }
            both { $0.sequencer(2, mode.sequencer[2]) }
            setColors(&random)
            try expectSamePictures()
            guard number == 2 else { continue }
            // Another part of memory, and below line 150 its beginning.
            both {
                $0.crtc(0x0c, 0x12)
                $0.crtc(0x0d, 0x34)
                $0.crtc(0x18, 150)
                $0.crtc(0x07, 0x2e)
                $0.crtc(0x09, 0x00)
            }
            try expectSamePictures()
        }
    }

    @Test func screensOfVBE() throws {
        defer { qemu.stop() }
        both { $0.set(.mode13) }
        for depth in [8, 15, 16, 24, 32] as [UInt16] {
            var random = PlatformRandom(seed: UInt64(depth))
            setColors(&random)
            let settings: [(UInt16, UInt16)] = [
                (4, 0), (1, 64), (2, 48), (3, depth), (4, 0x41), (6, 96), (8, 8), (9, 5),
            ]
            for (index, value) in settings { both { $0.writeVBE(index, value) } }
            for place in 0..<(96 * 53 * UInt64((depth + 7) / 8)) {
                let value = UInt8.random(in: 0...255, using: &random)
                both { $0.poke(0xa0000 + place, value) }
            }
            for index in [1, 2, 3, 4, 6, 7, 8, 9, 10] as [UInt16] where index != 7 || depth >= 24 {
                #expect(world.readVBE(index) == qemu.readVBE(index), "register \(index)")
            }
            try expectSamePictures(bits: depth == 15 || depth == 16 ? 5 : depth == 8 ? 6 : 8)
        }
    }
}

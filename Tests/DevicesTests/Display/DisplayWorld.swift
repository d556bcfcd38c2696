// A VGA under test: its windows, and the register values of the standard modes.
import MachineCore

@testable import Devices

/// What a guest does with a VGA: with the one under test, or with another one beside it.
protocol DisplayGuest: AnyObject {
    func out(_ port: UInt64, _ value: UInt8)
    func `in`(_ port: UInt64) -> UInt8
    func writeVBE(_ index: UInt16, _ value: UInt16)
    func readVBE(_ index: UInt16) -> UInt16
    /// Writes and reads the window by guest-physical address.
    func poke(_ address: UInt64, _ value: UInt8)
    func peek(_ address: UInt64) -> UInt8
}

extension DisplayGuest {
    func sequencer(_ index: UInt8, _ value: UInt8) { indexed(0x3c4, index, value) }
    func graphics(_ index: UInt8, _ value: UInt8) { indexed(0x3ce, index, value) }
    func crtc(_ index: UInt8, _ value: UInt8) { indexed(0x3d4, index, value) }

    private func indexed(_ port: UInt64, _ index: UInt8, _ value: UInt8) {
        out(port, index)
        out(port + 1, value)
    }

    /// Writes an attribute register and leaves the palette to the display.
    func attribute(_ index: UInt8, _ value: UInt8) {
        _ = `in`(0x3da)
        _ = `in`(0x3ba)
        out(0x3c0, index)
        out(0x3c0, value)
        out(0x3c0, 0x20)
    }

    /// Sets color `index` to components of six bits.
    func color(_ index: UInt8, _ red: UInt8, _ green: UInt8, _ blue: UInt8) {
        out(0x3c8, index)
        for component in [red, green, blue] { out(0x3c9, component) }
    }

    /// Sets a mode as a BIOS does, with a look-up table in which the color of value `n` is (n, n/2, 63-n/4).
    func set(_ mode: StandardMode) {
        out(0x3c2, mode.miscellaneous)
        for (index, value) in mode.sequencer.enumerated() { sequencer(UInt8(index), value) }
        crtc(0x11, 0)
        for (index, value) in mode.crtc.enumerated() { crtc(UInt8(index), value) }
        for (index, value) in mode.graphics.enumerated() { graphics(UInt8(index), value) }
        for (index, value) in mode.attribute.enumerated() { attribute(UInt8(index), value) }
        for index in UInt8.min...UInt8.max { color(index, index & 63, index / 4, 63 - index / 4) }
    }
}

/// A VGA with 1 MiB of video memory, at virtual time 0.
final class DisplayWorld: DisplayGuest {
    let world: PlatformWorld
    let memory: GuestMemory
    let vga: VGA
    let ports: any Device
    let vbe: any Device
    let window: any Device
    private(set) var windowChanges = 0

    init(restoring state: VGA.State = .init(), byteCount: UInt64 = 1 << 20) throws {
        world = try PlatformWorld()
        memory = try GuestMemory(base: 0, byteCount: byteCount)
        var changed: () -> Void = {}
        vga = try VGA(
            .init(clock: world.clock, videoMemory: VideoMemory(memory), windowChanged: { changed() }), restoring: state)
        ports = vga.makePortWindow()
        vbe = vga.makeVBEPortWindow()
        window = vga.makeMemoryWindow()
        changed = { [unowned self] in windowChanges += 1 }
    }

    // MARK: Ports

    func out(_ port: UInt64, _ value: UInt8) { ports.write(UInt64(value), at: port - 0x3b0, width: .byte) }
    func `in`(_ port: UInt64) -> UInt8 { UInt8(ports.read(at: port - 0x3b0, width: .byte)) }

    func writeVBE(_ index: UInt16, _ value: UInt16) {
        vbe.write(UInt64(index), at: 0, width: .half)
        vbe.write(UInt64(value), at: 1, width: .half)
    }

    func readVBE(_ index: UInt16) -> UInt16 {
        vbe.write(UInt64(index), at: 0, width: .half)
        return UInt16(vbe.read(at: 2, width: .half))
    }

    func poke(_ address: UInt64, _ value: UInt8) {
        window.write(UInt64(value), at: address - VGA.memoryRange.lowerBound, width: .byte)
    }

    func peek(_ address: UInt64) -> UInt8 {
        UInt8(window.read(at: address - VGA.memoryRange.lowerBound, width: .byte))
    }

    /// What the monitor shows for value `n` of the table that `set` makes.
    static func shown(_ value: Int) -> [UInt8] {
        [value & 63, value / 4, 63 - value / 4].map { UInt8($0 << 2 | $0 >> 4) }
    }
}

/// Register values of modes (IBM, "BIOS Video Modes"; the numbers are those of every VGA).
struct StandardMode {
    let miscellaneous: UInt8
    let sequencer: [UInt8]
    let crtc: [UInt8]
    let graphics: [UInt8]
    let attribute: [UInt8]

    private static let vertical400: [UInt8] = [0x9c, 0x8e, 0x8f]
    private static let identity = [UInt8](0...15)

    private static func crtc(
        _ horizontal: [UInt8], scanLine: UInt8, cursor: [UInt8], offset: UInt8, underline: UInt8, mode: UInt8
    ) -> [UInt8] {
        horizontal + [0xbf, 0x1f, 0, scanLine] + cursor + [0, 0, 0, 0] + vertical400
            + [offset, underline, 0x96, 0xb9, mode, 0xff]
    }

    private static let wide: [UInt8] = [0x5f, 0x4f, 0x50, 0x82, 0x55, 0x81]
    private static let narrow: [UInt8] = [0x2d, 0x27, 0x28, 0x90, 0x2b, 0xa0]

    /// 80 x 25 characters of 9 x 16 dots.
    static let text80 = StandardMode(
        miscellaneous: 0x67, sequencer: [3, 0x00, 0x03, 0, 0x02],
        crtc: crtc(wide, scanLine: 0x4f, cursor: [0x0d, 0x0e], offset: 0x28, underline: 0x1f, mode: 0xa3),
        graphics: [0, 0, 0, 0, 0, 0x10, 0x0e, 0x0f, 0xff], attribute: identity + [0x0c, 0, 0x0f, 8, 0])
    /// 40 x 25 characters.
    static let text40 = StandardMode(
        miscellaneous: 0x67, sequencer: [3, 0x08, 0x03, 0, 0x02],
        crtc: crtc(narrow, scanLine: 0x4f, cursor: [0x0d, 0x0e], offset: 0x14, underline: 0x1f, mode: 0xa3),
        graphics: text80.graphics, attribute: text80.attribute)
    /// 320 x 200, four colors of the CGA.
    static let cga4 = StandardMode(
        miscellaneous: 0x63, sequencer: [3, 0x09, 0x03, 0, 0x02],
        crtc: crtc(narrow, scanLine: 0xc1, cursor: [0, 0], offset: 0x14, underline: 0, mode: 0xa2),
        graphics: [0, 0, 0, 0, 0, 0x30, 0x0f, 0x0f, 0xff], attribute: identity + [0x01, 0, 0x03, 0, 0])
    /// 640 x 200, two colors of the CGA.
    static let cga2 = StandardMode(
        miscellaneous: 0x63, sequencer: [3, 0x01, 0x01, 0, 0x06],
        crtc: crtc(wide, scanLine: 0xc1, cursor: [0, 0], offset: 0x28, underline: 0, mode: 0xc2),
        graphics: [0, 0, 0, 0, 0, 0x00, 0x0d, 0x0f, 0xff], attribute: identity + [0x01, 0, 0x01, 0, 0])
    /// 320 x 200, 16 colors in planes.
    static let planar320 = StandardMode(
        miscellaneous: 0x63, sequencer: [3, 0x09, 0x0f, 0, 0x06],
        crtc: crtc(narrow, scanLine: 0xc0, cursor: [0, 0], offset: 0x14, underline: 0, mode: 0xe3),
        graphics: [0, 0, 0, 0, 0, 0x00, 0x05, 0x0f, 0xff], attribute: identity + [0x01, 0, 0x0f, 0, 0])
    /// 640 x 480, 16 colors in planes.
    static let planar640 = StandardMode(
        miscellaneous: 0xe3, sequencer: [3, 0x01, 0x0f, 0, 0x06],
        crtc: [
            0x5f, 0x4f, 0x50, 0x82, 0x54, 0x80, 0x0b, 0x3e, 0, 0x40, 0, 0, 0, 0, 0, 0,
            0xea, 0x8c, 0xdf, 0x28, 0, 0xe7, 0x04, 0xe3, 0xff,
        ], graphics: planar320.graphics, attribute: planar320.attribute)
    /// 320 x 200, 256 colors, one byte for each pixel.
    static let mode13 = StandardMode(
        miscellaneous: 0x63, sequencer: [3, 0x01, 0x0f, 0, 0x0e],
        crtc: crtc(wide, scanLine: 0x41, cursor: [0, 0], offset: 0x28, underline: 0x40, mode: 0xa3),
        graphics: [0, 0, 0, 0, 0, 0x40, 0x05, 0x0f, 0xff], attribute: identity + [0x41, 0, 0x0f, 0, 0])

    static let all: [StandardMode] = [text80, text40, cga4, cga2, planar320, planar640, mode13]
}

extension Picture {
    subscript(x: Int, y: Int) -> [UInt8] {
        let place = (y * width + x) * 3
        return Array(rgb[place..<(place + 3)])
    }
}

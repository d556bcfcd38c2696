// The VGA's registers: indices, masks, places, protection, the look-up table, timing, saving.
import MachineCore
import StateCodec
import Testing

@testable import Devices

@Suite struct VGAPortTests {
    @Test func indexedRegistersKeepTheirBits() throws {
        let world = try DisplayWorld()
        world.out(0x3c2, 1)
        for (index, mask) in SequencerRegister.masks.enumerated() {
            world.sequencer(UInt8(index), 0xff)
            #expect(world.in(0x3c5) == mask)
        }
        for (index, mask) in GraphicsRegister.masks.enumerated() {
            world.graphics(UInt8(index), 0xff)
            #expect(world.in(0x3cf) == mask)
        }
        for index in 0..<UInt8(CRTCRegister.count) {
            world.crtc(index, 0x7f)
            #expect(world.in(0x3d5) == 0x7f)
        }
        world.crtc(0x30, 0x55)
        #expect(world.in(0x3d5) == 0)
        #expect(world.in(0x3cc) == 1)
    }

    @Test func theCRTControllerMovesWithTheMiscellaneousRegister() throws {
        let world = try DisplayWorld()
        world.out(0x3b4, 0x0e)
        world.out(0x3b5, 0x12)
        #expect(world.in(0x3b5) == 0x12)
        #expect(world.in(0x3d5) == 0xff)
        world.out(0x3d5, 0x13)
        world.out(0x3c2, 1)
        #expect(world.in(0x3b5) == 0xff)
        #expect(world.in(0x3d5) == 0x12)
    }

    @Test func protectedRegistersKeepTheirValue() throws {
        let world = try DisplayWorld()
        world.out(0x3c2, 1)
        for index in 0...7 as ClosedRange<UInt8> { world.crtc(index, 0) }
        world.crtc(0x11, 0x80)
        for index in 0...8 as ClosedRange<UInt8> { world.crtc(index, 0xff) }
        #expect(world.vga.state.crtc[0..<9] == [0, 0, 0, 0, 0, 0, 0, 0x10, 0xff])
    }

    @Test func theAttributePortTakesIndexAndDataInTurns() throws {
        let world = try DisplayWorld()
        world.out(0x3c2, 1)
        _ = world.in(0x3da)
        world.out(0x3c0, 0x10)
        world.out(0x3c0, 0x41)
        world.out(0x3c0, 0x12)
        _ = world.in(0x3da)
        world.out(0x3c0, 0x32)
        #expect(world.in(0x3c0) == 0x32)
        world.out(0x3c0, 0x0f)
        #expect(world.vga.state.attribute[0x10] == 0x41)
        #expect(world.vga.state.attribute[0x12] == 0x0f)
        #expect(world.in(0x3c1) == 0x0f)
        // The palette is the display's while bit 5 of the index is set.
        world.out(0x3c0, 0x23)
        world.out(0x3c0, 0x3f)
        #expect(world.vga.state.attribute[3] == 0)
        world.out(0x3c0, 0x03)
        world.out(0x3c0, 0x3f)
        #expect(world.vga.state.attribute[3] == 0x3f)
    }

    @Test func theLookUpTableTakesColorsWhole() throws {
        let world = try DisplayWorld()
        world.out(0x3c8, 255)
        for value in [1, 2, 0xff, 4, 5] as [UInt8] { world.out(0x3c9, value) }
        #expect(world.in(0x3c8) == 0)
        #expect(world.in(0x3c7) == 0)
        world.out(0x3c7, 255)
        #expect(world.in(0x3c7) == 3)
        #expect((0..<6).map { _ in world.in(0x3c9) } == [1, 2, 0x3f, 0, 0, 0])
        world.writeVBE(4, 0x20)
        world.color(7, 0xff, 0x80, 0x40)
        world.out(0x3c7, 7)
        #expect((0..<3).map { _ in world.in(0x3c9) } == [0xff, 0x80, 0x40])
    }

    /// The time between two rises of `bit` of status 1, in nanoseconds, to 100 ns.
    private func period(_ world: DisplayWorld, of bit: UInt8) -> UInt64 {
        var rises: [UInt64] = []
        var before = true
        var time = world.world.clock.now
        while rises.count < 3 {
            time += 100
            world.world.advance(to: time)
            let level = world.in(0x3da) & bit != 0
            if level, !before { rises.append(time) }
            before = level
        }
        return rises[2] - rises[1]
    }

    @Test func retraceFollowsVirtualTime() throws {
        let world = try DisplayWorld()
        world.set(.text80)
        // IBM: 70.09 Hz with 31.47 kHz lines for 400 lines; 59.94 Hz for 480.
        let frame = period(world, of: 0x08)
        #expect((14_258_000...14_278_000).contains(frame))
        let line = period(world, of: 0x01)
        #expect((31_500...32_000).contains(line))
        world.set(.planar640)
        #expect((16_670_000...16_690_000).contains(period(world, of: 0x08)))
    }

    @Test func statusOneNeverTraps() throws {
        var random = PlatformRandom(seed: 9)
        for _ in 0..<2000 {
            let world = try DisplayWorld()
            world.out(0x3c2, 1 | UInt8.random(in: 0...255, using: &random))
            for index in 0..<UInt8(CRTCRegister.count) where index != 0x11 {
                world.crtc(index, .random(in: 0...255, using: &random))
            }
            world.world.advance(to: random.next())
            _ = world.in(0x3da)
        }
    }

    @Test func stateIsAllThereIs() throws {
        try expectSnapshotConformance(
            powerOn: VGA.State(), make: { try DisplayWorld(restoring: $0).vga },
            mutate: { vga in
                let ports = vga.makePortWindow()
                ports.fuzz(count: 5000, seed: 3, offsets: Array(0..<0x30))
                vga.makeVBEPortWindow().fuzz(count: 500, seed: 4, offsets: [0, 1, 2])
            },
            observe: { vga in
                let ports = vga.makePortWindow()
                return (0..<0x30).map { ports.read(at: $0, width: .byte) }
            })
    }

    @Test func statesThatCanNotBeAreRefused() throws {
        let changes: [(inout VGA.State) -> Void] = [
            { $0.crtc.removeLast() }, { $0.graphics[5] = 0x80 }, { $0.sequencer.append(0) },
            { $0.attribute = [] }, { $0.palette.components = [] }, { $0.palette.component = 3 },
            { $0.palette.pending = [1] }, { $0.attributeIndex = 0x40 }, { $0.crtcIndex = 0x40 },
            { $0.vbe.bank = 16 }, { $0.vbe.version = 0 }, { $0.vbe.enable = 0x8000 },
        ]
        for change in changes {
            var state = VGA.State()
            change(&state)
            #expect(throws: StateError.self) { try DisplayWorld(restoring: state) }
        }
        #expect(throws: StateError.self) { try DisplayWorld(byteCount: 3 << 20) }
    }
}

// The VGA on the PCI bus: BARs, registers as memory, ROM, and what firmware and drivers look for.
import MachineCore
import Testing

@testable import Devices

@Suite struct VGAFunctionTests {
    private let memory: GuestMemory
    private let function: VGAFunction
    private let ecam: any Device
    private let window: any Device
    private let rom: [UInt8]

    init() throws {
        memory = try GuestMemory(base: 0, byteCount: 16 << 20)
        rom = (0..<39936).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ $0 >> 8) }
        function = try Self.make(memory, rom)
        let host = PCIHost(bridge: try PCIHostBridge((), restoring: .powerOn))
        host.attach(function, device: 1)
        ecam = host.makeConfigurationWindow()
        window = host.makeMemoryWindow(0x8000_0000..<0xfec0_0000)
    }

    private static func make(
        _ memory: GuestMemory, _ rom: [UInt8], _ state: VGAFunction.State? = nil
    ) throws -> VGAFunction {
        let vga = VGA.Resources(clock: try PlatformWorld().clock, videoMemory: VideoMemory(memory))
        return try VGAFunction(
            .init(vga: vga, rom: rom), restoring: state ?? .init(videoMemoryByteCount: memory.byteCount))
    }

    private func configure(_ register: UInt64, _ value: UInt64, _ width: AccessWidth = .word) {
        ecam.write(value, at: 1 << 15 | register, width: width)
    }
    private func configuration(_ register: UInt64, _ width: AccessWidth = .word) -> UInt64 {
        ecam.read(at: 1 << 15 | register, width: width)
    }
    private func place(frameBuffer: UInt64, registers: UInt64, rom: UInt64) {
        configure(0x10, frameBuffer)
        configure(0x18, registers)
        configure(0x30, rom | 1)
        configure(0x04, 0x3, .half)
    }

    @Test func firmwareSeesAVGAAndItsSizes() {
        #expect(configuration(0) == 0x1111_1234)
        #expect(configuration(8) == 0x0300_0002)
        for (register, size) in [(0x10, 16 << 20), (0x18, 0x1000), (0x30, 0x10000)] as [(UInt64, UInt64)] {
            configure(register, register == 0x30 ? 0xffff_fffe : 0xffff_ffff)
            #expect(configuration(register) == 0xffff_ffff & ~(size - 1))
            configure(register, 0)
        }
        #expect(configuration(0x14) == 0)
        // SeaBIOS takes a VGA without both bits for one that is not in use.
        configure(4, 0x3, .half)
        #expect(configuration(4, .half) == 0x3)
        configure(4, 0x2, .byte)
        #expect(configuration(4) & 0xffff == 0x2)
    }

    @Test func theROMIsReadWhereItIsPlaced() {
        place(frameBuffer: 0xe000_0000, registers: 0xf000_0000, rom: 0xf100_0000)
        let offset: UInt64 = 0x7100_0000
        let read = (0..<UInt64(rom.count)).map { UInt8(window.read(at: offset + $0, width: .byte)) }
        #expect(read == rom)
        #expect(window.read(at: offset + 0xfffc, width: .word) == 0xffff_ffff)
        window.write(0, at: offset, width: .word)
        #expect(window.read(at: offset, width: .byte) == UInt64(rom[0]))
        configure(0x30, 0xf100_0000)
        #expect(window.read(at: offset, width: .half) == 0xffff)
    }

    @Test func theFrameBufferIsVideoMemory() {
        place(frameBuffer: 0xe000_0000, registers: 0xf000_0000, rom: 0)
        window.write(0x1122_3344_5566_7788, at: 0x60ff_fff8, width: .double)
        #expect(memory.load(UInt64.self, at: 0xff_fff8) == 0x1122_3344_5566_7788)
        #expect(window.read(at: 0x60ff_fffe, width: .half) == 0x1122)
        #expect(function.directMemory(bar: 0, at: 0x123)?.address == 0x123)
        #expect(function.directMemory(bar: 2, at: 0) == nil)
    }

    @Test func aDriverSetsAModeThroughBAR2() {
        // The steps of Linux' bochs driver.
        place(frameBuffer: 0xe000_0000, registers: 0xf000_0000, rom: 0)
        let base: UInt64 = 0x7000_0000
        #expect(window.read(at: base, width: .double) == 0x00ff_ffff_ffff_ff00)
        #expect(window.read(at: base + 0x500, width: .half) & 0xfff0 == 0xb0c0)
        #expect(window.read(at: base + 0x500 + 20, width: .half) == 256)
        #expect(window.read(at: base + 0x600, width: .word) == 8)
        window.write(0x1e1e_1e1e, at: base + 0x604, width: .word)
        window.write(0x20, at: base + 0x400, width: .byte)
        let settings: [(UInt64, UInt64)] = [
            (4, 0), (3, 32), (1, 1280), (2, 800), (5, 0), (6, 1280), (7, 3276), (8, 0), (9, 0), (4, 0x41),
        ]
        for (index, value) in settings { window.write(value, at: base + 0x500 + index * 2, width: .half) }
        window.write(0x00ff_8040, at: 0x6000_0000 + (799 * 1280 + 1279) * 4, width: .word)
        let picture = function.vga.picture()
        #expect(picture.width == 1280 && picture.height == 800)
        #expect(picture[1279, 799] == [0xff, 0x80, 0x40])
        // Two ports with one access: index and data.
        window.write(0x0f02, at: base + 0x404, width: .half)
        #expect(function.vga.state.sequencer[2] == 0x0f)
    }

    @Test func theMonitorsDescriptionIsWhole() {
        for (width, height) in [(1280, 800), (640, 480), (99999, 99999), (-1, 0)] {
            let block = EDID.block(width: width, height: height)
            #expect(block.count == 128)
            #expect(block.reduce(0, &+) == 0)
        }
        let block = EDID.block(width: 1280, height: 800).map { Int($0) }
        #expect(block[56] | (block[58] >> 4) << 8 == 1280)
        #expect(block[59] | (block[61] >> 4) << 8 == 800)
        let blanks = (block[57] | (block[58] & 15) << 8, block[60] | (block[61] & 15) << 8)
        let dots = Double((1280 + blanks.0) * (800 + blanks.1))
        let frames = Double((block[54] | block[55] << 8) * 10_000) / dots
        #expect(abs(frames - 60) < 0.1)
    }

    @Test func stateIsAllThereIs() throws {
        try expectSnapshotConformance(
            powerOn: VGAFunction.State(videoMemoryByteCount: memory.byteCount),
            make: { try Self.make(memory, rom, $0) },
            mutate: { function in
                function.writeConfiguration(0x3, at: 4, width: .half)
                function.writeConfiguration(0xf100_0001, at: 0x30, width: .word)
                function.write(0x77, bar: 2, at: 0x410, width: .byte)
                function.write(9, bar: 2, at: 0x506, width: .half)
                let line = function.read(bar: 2, at: 0x512, width: .half)
                function.write(line + 1, bar: 2, at: 0x512, width: .half)
                function.write(5, bar: 2, at: 0x404, width: .byte)
            },
            observe: { function in
                (0..<64).map { function.readConfiguration(at: $0 * 4, width: .word) }
                    + (0..<0x400).map { function.read(bar: 2, at: $0 * 2, width: .half) }
            })
        var state = VGAFunction.State(videoMemoryByteCount: memory.byteCount)
        state.romRegister = 0x0000_8000
        #expect(throws: StateError.self) { try Self.make(memory, rom, state) }
        #expect(throws: StateError.self) { try Self.make(memory, [], state) }
    }

    @Test func resetBringsBackThePowerOnState() {
        place(frameBuffer: 0xe000_0000, registers: 0xf000_0000, rom: 0xf100_0000)
        window.write(0x41, at: 0x7000_0508, width: .half)
        ecam.reset()
        #expect(function.state == VGAFunction.State(videoMemoryByteCount: memory.byteCount))
        #expect(function.decodedRanges.isEmpty)
    }
}

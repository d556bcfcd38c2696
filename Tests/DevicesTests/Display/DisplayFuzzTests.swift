// Random guests: nothing traps, nothing leaves video memory, every state can be saved and drawn.
import MachineCore
import StateCodec
import Testing

@testable import Devices

@Suite struct DisplayFuzzTests {
    @Test(arguments: 1...6 as ClosedRange<UInt64>) func randomRegistersAndPictures(seed: UInt64) throws {
        let world = try DisplayWorld()
        var pictures = 0
        let windows: [(any Device, [UInt64])] = [
            (world.ports, Array(0..<0x30)), (world.vbe, [0, 1, 2]),
            (world.window, Array(stride(from: 0, to: 0x20000, by: 999))),
        ]
        for round in 0..<60 as Range<UInt64> {
            for (index, (device, offsets)) in windows.enumerated() {
                device.fuzz(count: 400, seed: seed << 32 | round << 4 | UInt64(index), offsets: offsets)
            }
            world.world.advance(to: world.world.clock.now + round * 1_234_567)
            // Small screens, most of the time; the largest ones are for other tests.
            if round % 8 != 0 {
                world.writeVBE(4, 0)
                world.writeVBE(2, 4)
                world.writeVBE(4, UInt16(round & 1))
            }
            let picture = world.vga.picture()
            #expect(picture.rgb.count == picture.width * picture.height * 3)
            pictures += 1
            _ = try DisplayWorld(restoring: world.vga.state)
        }
        #expect(pictures == 60)
    }

    @Test func randomFunction() throws {
        let memory = try GuestMemory(base: 0, byteCount: 1 << 20)
        let resources = VGAFunction.Resources(
            vga: .init(clock: try PlatformWorld().clock, videoMemory: VideoMemory(memory)), rom: [0x55, 0xaa, 1])
        let function = try VGAFunction(resources, restoring: .init(videoMemoryByteCount: 1 << 20))
        let host = PCIHost(bridge: try PCIHostBridge((), restoring: .powerOn))
        host.attach(function, device: 1)
        let ecam = host.makeConfigurationWindow()
        let window = host.makeMemoryWindow(0..<0x1_0000_0000)
        ecam.fuzz(count: 20_000, seed: 1, offsets: (0..<64).map { 1 << 15 | $0 * 4 })
        let places: [(UInt64, UInt64)] = [(0x10, 0x10_0000), (0x18, 0x20_0000), (0x30, 0x30_0001)]
        for (register, value) in places {
            ecam.write(value, at: 1 << 15 | register, width: .word)
        }
        ecam.write(3, at: 1 << 15 | 4, width: .half)
        #expect(function.decodedRanges.count == 3)
        let offsets: [UInt64] = [
            0x10_0000, 0x1f_fff8, 0x20_0400, 0x20_0500, 0x20_0514, 0x20_0600, 0x20_0ffc, 0x30_07fc,
        ]
        window.fuzz(count: 100_000, seed: 2, offsets: offsets + (0..<40).map { 0x20_0500 + $0 })
        _ = try VGAFunction(resources, restoring: function.state)
    }
}

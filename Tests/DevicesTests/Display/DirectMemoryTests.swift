// Memory of devices that CPUs reach without them: found where it is, and nowhere else.
import MachineCore
import Testing

@testable import Devices

@Suite struct DirectMemoryTests {
    @Test func theBusFindsVideoMemory() throws {
        let world = try DisplayWorld()
        let bus = Bus()
        bus.attach(world.window, at: VGA.memoryRange)
        #expect(bus.directMemory(ofPage: 0xa0000) == nil)
        world.set(.mode13)
        #expect(bus.directMemory(ofPage: 0xa5000)?.address == 0x5000)
        #expect(bus.directMemory(ofPage: 0xa5000)?.memory === world.memory)
        #expect(bus.directMemory(ofPage: 0xb0000) == nil)
        #expect(bus.directMemory(ofPage: 0xc0000) == nil)
    }

    @Test func theBusFindsTheFrameBufferWhereverItIs() throws {
        let memory = try GuestMemory(base: 0, byteCount: 1 << 20)
        let vga = VGA.Resources(clock: try PlatformWorld().clock, videoMemory: VideoMemory(memory))
        let function = try VGAFunction(
            .init(vga: vga, rom: []), restoring: .init(videoMemoryByteCount: 1 << 20))
        let host = PCIHost(bridge: try PCIHostBridge((), restoring: .powerOn))
        host.attach(function, device: 1)
        var changes = 0
        host.routesChanged = { changes += 1 }
        let bus = Bus()
        bus.attach(host.makeMemoryWindow(0x8000_0000..<0xc000_0000), at: 0x8000_0000..<0xc000_0000)
        let ecam = host.makeConfigurationWindow()
        #expect(bus.directMemory(ofPage: 0x9000_0000) == nil)
        ecam.write(0x9000_0000, at: 1 << 15 | 0x10, width: .word)
        ecam.write(0xa000_0000, at: 1 << 15 | 0x18, width: .word)
        #expect(changes == 0)
        ecam.write(3, at: 1 << 15 | 4, width: .half)
        #expect(changes == 1)
        #expect(bus.directMemory(ofPage: 0x900f_f000)?.address == 0xff000)
        #expect(bus.directMemory(ofPage: 0x9010_0000) == nil)
        #expect(bus.directMemory(ofPage: 0xa000_0000) == nil)
        ecam.write(0xb000_0000, at: 1 << 15 | 0x10, width: .word)
        #expect(changes == 2)
        #expect(bus.directMemory(ofPage: 0x9000_0000) == nil)
        #expect(bus.directMemory(ofPage: 0xb000_0000)?.address == 0)
    }
}

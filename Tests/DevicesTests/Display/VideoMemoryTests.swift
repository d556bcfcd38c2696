// The guest's way to video memory, against a slow model.
import MachineCore
import Testing

@testable import Devices

@Suite struct VideoMemoryTests {
    /// Sets a register in the device and in the model.
    private func set(_ world: DisplayWorld, _ model: inout PlaneModel, _ random: inout PlatformRandom) {
        if Bool.random(using: &random) {
            let index = Int.random(in: 0..<9, using: &random)
            var value = UInt8.random(in: 0...255, using: &random) & GraphicsRegister.masks[index]
            // Half of the time what lets most through, or rare states are all there is.
            if index == 8, Bool.random(using: &random) { value = 0xff }
            if index == 1, Bool.random(using: &random) { value = 0 }
            if index == 3, Bool.random(using: &random) { value = 0 }
            world.graphics(UInt8(index), value)
            model.graphics[index] = value
        } else {
            let index = Bool.random(using: &random) ? 2 : 4
            var value = UInt8.random(in: 0...255, using: &random) & SequencerRegister.masks[index]
            if index == 2, Bool.random(using: &random) { value = 15 }
            world.sequencer(UInt8(index), value)
            model.sequencer[index] = value
        }
    }

    @Test(arguments: 1...8 as ClosedRange<UInt64>) func allModesAgreeWithTheModel(seed: UInt64) throws {
        let world = try DisplayWorld()
        world.out(0x3c2, 0x03)
        var model = PlaneModel()
        var random = PlatformRandom(seed: seed)
        var differences = 0
        for _ in 0..<40_000 {
            if random.next() % 4 == 0 { set(world, &model, &random) }
            // Few places, so that reads find what writes left.
            let places: [Int] = [0xa0000, 0xaff00, 0xb0000, 0xb7f80, 0xb8000, 0xbff80]
            let address = (places.randomElement(using: &random) ?? 0) + Int.random(in: 0..<64, using: &random)
            if Bool.random(using: &random) {
                let value = UInt8.random(in: 0...255, using: &random)
                world.poke(UInt64(address), value)
                model.write(address, value)
            } else if world.peek(UInt64(address)) != model.read(address) {
                differences += 1
            }
        }
        #expect(differences == 0)
        #expect(try planes(world.memory) == model.planes)
    }

    private func planes(_ memory: GuestMemory) throws -> [[UInt8]] {
        let bytes = try #require(memory.bytes(at: 0, count: 4 * 65536))
        return (0..<4).map { plane in (0..<65536).map { bytes[4 * $0 + plane] } }
    }

    @Test func wideAccessesAreBytesFromTheLowAddressOn() throws {
        let world = try DisplayWorld()
        world.set(.text80)
        world.window.write(0x1f42_0741, at: 0x18000, width: .word)
        #expect([0xb8000, 0xb8001, 0xb8002, 0xb8003].map(world.peek) == [0x41, 0x07, 0x42, 0x1f])
        #expect(world.window.read(at: 0x18000, width: .double) == 0x1f42_0741)
        // Characters and attributes are in planes 0 and 1, at even addresses.
        #expect(world.memory.bytes(at: 0, count: 12) == [0x41, 7, 0, 0, 0, 0, 0, 0, 0x42, 0x1f, 0, 0])
    }

    @Test func memoryThatIsDisabledDoesNotAnswer() throws {
        let world = try DisplayWorld()
        world.set(.mode13)
        world.poke(0xa0000, 5)
        world.out(0x3c2, 0x61)
        world.poke(0xa0000, 6)
        #expect(world.peek(0xa0000) == 0xff)
        world.out(0x3c2, 0x63)
        #expect(world.peek(0xa0000) == 5)
        #expect(world.peek(0xb8000) == 0xff)
    }

    @Test func directMemoryIsWhatTheWindowShows() throws {
        let world = try DisplayWorld()
        world.set(.planar640)
        #expect(world.vga.directMemory(at: 0) == nil)
        world.set(.mode13)
        let found = try #require(world.vga.directMemory(at: 0x1234))
        world.poke(0xa1234, 0x77)
        #expect(found.memory.load(UInt8.self, at: found.address) == 0x77)
        #expect(world.vga.directMemory(at: 0x10000) == nil)
        let changes = world.windowChanges
        world.graphics(8, 0x0f)
        #expect(world.vga.directMemory(at: 0) == nil)
        #expect(world.windowChanges == changes + 1)
        world.out(0x3c6, 0xf0)
        #expect(world.windowChanges == changes + 1)
    }

    @Test func banksOfVBEReachAllOfVideoMemory() throws {
        let world = try DisplayWorld()
        for (index, value) in [(1, 640), (2, 480), (3, 8), (4, 1)] as [(UInt16, UInt16)] {
            world.writeVBE(index, value)
        }
        for bank in 0..<16 as Range<UInt16> {
            world.writeVBE(5, bank)
            #expect(world.readVBE(5) == bank)
            world.poke(0xa0000 + 3, 0x40 + UInt8(bank))
            #expect(world.memory.load(UInt8.self, at: UInt64(bank) << 16 + 3) == 0x40 + UInt8(bank))
            #expect(world.vga.directMemory(at: 3)?.address == UInt64(bank) << 16 + 3)
        }
        world.writeVBE(5, 16)
        #expect(world.readVBE(5) == 0)
    }

    @Test func planesOfVBEReachBehind64KiB() throws {
        let world = try DisplayWorld()
        world.set(.planar640)
        for (index, value) in [(1, 800), (2, 600), (3, 4), (4, 1)] as [(UInt16, UInt16)] {
            world.writeVBE(index, value)
        }
        world.writeVBE(5, 1)
        world.sequencer(2, 0b0100)
        world.poke(0xa0010, 0xa5)
        #expect(world.memory.load(UInt32.self, at: 0x10010 * 4) == 0x00a5_0000)
    }

    @Test func writesAreMarkedAsDirty() throws {
        let world = try DisplayWorld()
        world.set(.planar640)
        world.memory.dirtyLog.clear(for: .snapshots)
        world.poke(0xa0400, 1)
        let dirty = (0..<world.memory.dirtyLog.pageCount).filter {
            world.memory.dirtyLog.isDirty(page: $0, for: .snapshots)
        }
        #expect(dirty == [1])
    }
}

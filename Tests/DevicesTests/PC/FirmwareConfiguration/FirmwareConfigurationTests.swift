// The firmware configuration device, used as firmware uses it: ports, directory, DMA.
import Devices
import MachineCore
import Testing

private final class Bench {
    let world: PCIOWorld
    let device: FirmwareConfiguration

    init(
        _ files: [FirmwareItems.File] = Bench.files, restoring state: FirmwareConfiguration.State = .init()
    ) throws {
        world = try PCIOWorld()
        let items = try FirmwareItems(numbered: [FirmwareSelector.cpuCount: [4, 0]], files: files)
        let noted = Noted()
        device = try FirmwareConfiguration(
            .init(context: world.context, items: items) { selector, _ in noted.selectors.append(selector) },
            restoring: state)
        self.noted = noted
    }

    final class Noted { var selectors: [UInt16] = [] }
    let noted: Noted

    static let files: [FirmwareItems.File] = [
        .init("opt/z", [1, 2, 3, 4, 5]), .init("etc/note", [0, 0, 0, 0, 0, 0, 0, 0], isWritable: true),
        .init("etc/acpi/tables", (0..<100).map { UInt8($0) }),
    ]

    func select(_ selector: UInt16) { device.write(UInt64(selector), at: 0, width: .half) }
    func bytes(_ count: Int) -> [UInt8] { (0..<count).map { _ in UInt8(device.read(at: 1, width: .byte)) } }

    /// The directory as firmware reads it: sizes and selectors by name.
    func directory() -> [String: (size: UInt64, selector: UInt16)] {
        select(FirmwareSelector.directory)
        func number(_ count: Int) -> UInt64 { bytes(count).reduce(0) { $0 << 8 | UInt64($1) } }
        var found: [String: (UInt64, UInt16)] = [:]
        for _ in 0..<number(4) {
            let size = number(4)
            let selector = UInt16(number(2))
            #expect(number(2) == 0)
            found[String(decoding: bytes(56).prefix { $0 != 0 }, as: UTF8.self)] = (size, selector)
        }
        return found
    }

    /// Places a request at 0x100, starts it, and gives its control field afterwards.
    func transfer(
        _ control: UInt32, _ length: UInt32, _ target: UInt64, at address: UInt64 = 0x100
    ) -> UInt32? {
        _ = world.memory.store(control.bigEndian, at: address)
        _ = world.memory.store(length.bigEndian, at: address &+ 4)
        _ = world.memory.store(target.bigEndian, at: address &+ 8)
        device.write(UInt64(UInt32(address >> 32).byteSwapped), at: 4, width: .word)
        device.write(UInt64(UInt32(truncatingIfNeeded: address).byteSwapped), at: 8, width: .word)
        return world.memory.load(UInt32.self, at: address).map(UInt32.init(bigEndian:))
    }
}

struct FirmwareConfigurationTests {
    @Test func firmwareFindsTheDeviceAndItsDMA() throws {
        let bench = try Bench()
        bench.select(0)
        #expect(bench.bytes(6) == Array("QEMU".utf8) + [0, 0])
        bench.select(1)
        #expect(bench.bytes(5) == [3, 0, 0, 0, 0])
        #expect(bench.device.read(at: 4, width: .word) == UInt64(UInt32(0x5145_4d55).byteSwapped))
        #expect(bench.device.read(at: 8, width: .word) == UInt64(UInt32(0x2043_4647).byteSwapped))
        bench.select(FirmwareSelector.cpuCount)
        #expect(bench.bytes(3) == [4, 0, 0])
        bench.select(0x7777)
        #expect(bench.bytes(3) == [0, 0, 0])
    }

    @Test func theDirectoryLeadsToTheFiles() throws {
        let bench = try Bench()
        let directory = bench.directory()
        #expect(Set(directory.keys) == ["opt/z", "etc/note", "etc/acpi/tables"])
        #expect(directory["etc/acpi/tables"]?.size == 100 && directory["opt/z"]?.size == 5)
        #expect(directory["etc/acpi/tables"]?.selector == 0x20, "sorted by name, from 0x20 on")
        bench.select(try #require(directory["opt/z"]).selector)
        #expect(bench.bytes(7) == [1, 2, 3, 4, 5, 0, 0])
    }

    @Test func dmaSelectsSkipsAndReads() throws {
        let bench = try Bench()
        let tables = UInt32(try #require(bench.directory()["etc/acpi/tables"]).selector)
        #expect(bench.transfer(tables << 16 | 0x8 | 0x4, 10, 0) == 0)
        #expect(bench.transfer(0x2, 4, 0x1000) == 0)
        #expect(bench.world.memory.bytes(at: 0x1000, count: 5) == [10, 11, 12, 13, 0])
        _ = bench.world.memory.write([UInt8](repeating: 0xee, count: 200), at: 0x2000)
        #expect(bench.transfer(0x2, 150, 0x2000) == 0, "behind the end there are zeros")
        let expected = (14..<100).map { UInt8($0) } + [UInt8](repeating: 0, count: 64) + [0xee]
        #expect(bench.world.memory.bytes(at: 0x2000, count: 151) == expected)
        #expect(bench.transfer(0x4, .max, 0) == 0, "skipping does not overflow")
    }

    @Test func dmaOutsideRAMFails() throws {
        let bench = try Bench()
        #expect(bench.transfer(0x20 << 16 | 0xa, 4, 0xffff_ffff_ffff_fffe) == 1)
        #expect(bench.transfer(0x20 << 16 | 0xa, .max, 0x1000) == 1)
        #expect(bench.transfer(0x20 << 16 | 0xa, 16, (1 << 20) - 8) == 1)
        _ = bench.transfer(0xa, 4, 0x1000, at: 0xffff_ffff_ffff_fff8)
        #expect(bench.transfer(0, 0, 0) == 0, "the device still works")
    }

    @Test func onlyWritableFilesAreWritten() throws {
        let bench = try Bench()
        let directory = bench.directory()
        let note = UInt32(try #require(directory["etc/note"]).selector)
        let other = UInt32(try #require(directory["opt/z"]).selector)
        _ = bench.world.memory.write([9, 8, 7, 6, 5, 4, 3, 2, 1], at: 0x3000)
        #expect(bench.transfer(note << 16 | 0x18, 8, 0x3000) == 0)
        #expect(bench.transfer(note << 16 | 0x18, 9, 0x3000) == 1, "longer than the file")
        #expect(bench.transfer(other << 16 | 0x18, 1, 0x3000) == 1)
        bench.select(UInt16(note))
        #expect(bench.bytes(8) == [9, 8, 7, 6, 5, 4, 3, 2])
        #expect(bench.noted.selectors == [UInt16(note)])
        bench.device.reset()
        bench.select(UInt16(note))
        #expect(bench.bytes(8) == [UInt8](repeating: 0, count: 8))
    }

    @Test func snapshotConformance() throws {
        var benches: [Bench] = []
        try expectSnapshotConformance(
            powerOn: FirmwareConfiguration.State(),
            make: { (state: FirmwareConfiguration.State) -> FirmwareConfiguration in
                benches.append(try Bench(restoring: state))
                return benches[benches.count - 1].device
            },
            mutate: { (device: FirmwareConfiguration) in
                device.write(0x21, at: 0, width: .half)
                _ = device.read(at: 1, width: .byte)
                device.write(0x1234, at: 4, width: .word)
            },
            observe: { device in (0..<4).map { _ in device.read(at: 1, width: .byte) } })
        let written = try Bench()
        let note = UInt32(try #require(written.directory()["etc/note"]).selector)
        _ = written.world.memory.write([5, 4, 3, 2, 1, 0, 1, 2], at: 0x3000)
        _ = written.transfer(note << 16 | 0x18, 8, 0x3000)
        let restored = try Bench(restoring: encodedAndDecoded(written.device.state))
        restored.select(UInt16(note))
        #expect(restored.bytes(8) == [5, 4, 3, 2, 1, 0, 1, 2])
        #expect(throws: StateError.self) {
            try Bench([.init("opt/z", [1])], restoring: written.device.state)
        }
    }

    @Test func impossibleItemsAreRefused() {
        let long = String(repeating: "x", count: 56)
        for name in ["", "ä", "a b", long] {
            #expect(throws: FirmwareItemError.badName(name)) { try FirmwareItems(files: [.init(name, [])]) }
        }
        #expect(throws: FirmwareItemError.duplicateName("a")) {
            try FirmwareItems(files: [.init("a", []), .init("b", []), .init("a", [1])])
        }
        #expect(throws: FirmwareItemError.badSelector(0x19)) { try FirmwareItems(numbered: [0x19: []]) }
        #expect(throws: FirmwareItemError.tooManyFiles(5000)) {
            try FirmwareItems(files: (0..<5000).map { .init("f\($0)", []) })
        }
    }

    @Test func fuzz() throws {
        let bench = try Bench()
        bench.device.fuzz(count: 100_000, seed: 0x510, offsets: [0, 1, 4, 8]) { random in
            for address in [0x100, 0x104, 0x108, 0x10c] as [UInt64] where random.next() % 4 == 0 {
                let value = UInt32(truncatingIfNeeded: random.next()) >> UInt32(random.next() % 32)
                _ = bench.world.memory.store(value, at: address)
            }
            if random.next() % 8 == 0 {
                bench.device.write(UInt64(UInt32(0x100).byteSwapped), at: 8, width: .word)
            }
        }
    }
}

// Disks behind the SATA controller, used as SeaBIOS and Linux use them.
import Devices
import MachineCore
import Testing

private typealias Command = SATABench.Command

struct ATADiskTests {
    private let backend = ManualBlockBackend(byteCount: 512 * 1000)

    private func bench() throws -> SATABench {
        let bench = try SATABench([.none, .disk(backend, .test)])
        bench.start()
        return bench
    }

    private static let identify = Command(code: 0xec, areas: [(SATABench.data, 512)])

    /// SeaBIOS asks for a packet device first, recovers, and then asks for a disk.
    @Test func firmwareFindsTheDisk() throws {
        let bench = try SATABench([.disk(backend, .test)])
        #expect(bench.controller.readConfiguration(at: 8, width: .word) == 0x0106_0102)
        bench.controller.writeConfiguration(0x7, at: 4, width: .half)
        #expect(bench[0x00] & 0x1f == 5 && bench[0x0c] == 0x3f && bench[0x04] >> 31 == 1)
        bench[0, 0x00] = UInt32(bench.list(0))
        bench[0, 0x08] = UInt32(bench.received(0))
        bench[0, 0x18] = 0x10
        #expect(bench[0, 0x28] & 0xf == 3 && bench[0, 0x24] == 0x101 && bench[1, 0x28] & 0xf == 0)
        bench[0, 0x30] = bench[0, 0x30]
        #expect(bench[0, 0x30] == 0 && bench[0, 0x10] == 0 && bench[0, 0x20] & 0x88 == 0)
        bench[0, 0x18] = 0x11
        bench.issue(Command(code: 0xa1, areas: [(SATABench.data, 512)]))
        #expect(bench[0, 0x10] & 1 == 1)
        #expect(bench.bytes(4, at: bench.received(0) + 0x40) == [0x34, 0x40, 0x51, 4])
        bench[0, 0x18] = 0x10
        #expect(bench[0, 0x18] & 0x8000 == 0 && bench[0, 0x38] == 0)
        bench[0, 0x10] = ~0
        bench[0, 0x18] = 0x11
        bench[0, 0x34] = 1
        bench.issue(Self.identify)
        #expect(bench[0, 0x10] == 2 && bench[0, 0x38] == 0 && bench[0, 0x34] == 0)
        let setup = bench.bytes(20, at: bench.received(0) + 0x20)
        #expect(setup[0] == 0x5f && setup[2] == 0x58 && setup[15] == 0x50 && setup[16...17] == [0, 2])
        #expect(bench.transferred() == 512)
    }

    @Test func identifiesItself() throws {
        let bench = try bench()
        #expect(bench.run(Self.identify, port: 1) == 0x50)
        let data = bench.bytes(512)
        func word(_ index: Int) -> Int { Int(data[2 * index]) | Int(data[2 * index + 1]) << 8 }
        func text(_ first: Int, _ words: Int) -> String {
            let bytes = (first..<(first + words)).flatMap { [data[2 * $0 + 1], data[2 * $0]] }
            return String(decoding: bytes, as: UTF8.self)
        }
        #expect(text(27, 20) == "Starling Test Drive" + String(repeating: " ", count: 21))
        #expect(text(10, 10) == "S-0001" + String(repeating: " ", count: 14) && text(23, 4) == "9.8     ")
        #expect(word(60) == 1000 && word(61) == 0 && word(100) == 1000 && word(1) == 0 && word(3) == 16)
        #expect(word(83) & 1 << 10 != 0 && word(49) & 0x300 == 0x300 && word(0) & 0x8000 == 0)
        #expect(data.reduce(0, &+) == 0 && data[510] == 0xa5, "the sum of all bytes is 0")
    }

    @Test func readsIntoScatteredAreas() throws {
        let bench = try bench()
        let areas: [(UInt64, Int)] = [(0x10_0002, 100), (0x11_0000, 412), (0x12_0000, 512)]
        bench.issue(Command(code: 0xc8, address: 7, count: 2, areas: areas), port: 1)
        #expect(backend.history == ["read 3584+1024"] && bench[1, 0x20] & 0x80 != 0 && !bench.interrupt)
        #expect(bench[1, 0x38] == 1)
        backend.complete()
        #expect(bench.interrupt && bench[0x08] == 2 && bench[1, 0x10] == 1 && bench[1, 0x38] == 0)
        let expected = Array(backend.data[3584..<4608])
        let read = areas.flatMap { bench.bytes($0.1, at: $0.0) }
        #expect(read == expected && bench[1, 0x20] == 0x50 && bench.transferred(port: 1) == 1024)
        bench[1, 0x10] = 1
        #expect(bench.interrupt, "IS is cleared after PxIS")
        bench[0x08] = 2
        #expect(!bench.interrupt)
    }

    @Test(arguments: [0x20, 0x21, 0xc4, 0xc8, 0xc9, 0x24, 0x25, 0x29] as [UInt8])
    func allReadCommands(code: UInt8) throws {
        let bench = try bench()
        bench.issue(Command(code: code, address: 999, count: 1, areas: [(SATABench.data, 512)]), port: 1)
        backend.completeAll()
        #expect(bench.bytes(512) == Array(backend.data[(999 * 512)...]) && bench[1, 0x38] == 0)
        let isPIO = [0x20, 0x21, 0xc4, 0x24, 0x29].contains(code)
        #expect(bench[1, 0x10] == (isPIO ? 2 : 1))
    }

    @Test func writesAndFlushes() throws {
        let bench = try bench()
        let bytes = (0..<1024).map { UInt8(truncatingIfNeeded: $0 * 3) }
        _ = bench.world.memory.write(bytes, at: SATABench.data)
        func write(_ code: UInt8) -> [String] {
            let before = backend.history.count
            let area = (address: SATABench.data, count: 1024)
            bench.issue(Command(code: code, address: 10, count: 2, isWrite: true, areas: [area]), port: 1)
            backend.completeAll()
            return Array(backend.history[before...])
        }
        for code in [0x30, 0x34, 0x35, 0x39, 0xc5, 0xca] as [UInt8] {
            #expect(write(code) == ["write 5120+1024"])
        }
        #expect(Array(backend.data[5120..<6144]) == bytes)
        #expect(write(0x3d) == ["write 5120+1024", "flush"], "forced")
        #expect(bench.run(Command(code: 0xef, features: 0x82), port: 1) == 0x50)
        #expect(write(0xca) == ["write 5120+1024", "flush"], "the write cache is off")
        bench.issue(Command(code: 0xea), port: 1)
        #expect(backend.history.last == "flush" && bench[1, 0x38] == 1)
        backend.completeAll()
        #expect(bench[1, 0x38] == 0)
        backend.isReadOnly = true
        #expect(write(0xca) == [] && bench[1, 0x20] == 0x451)
    }

    @Test func commandsRunInTurn() throws {
        let bench = try bench()
        for slot in 0..<4 {
            let area = (address: SATABench.data + UInt64(slot) * 512, count: 512)
            let command = Command(code: 0x25, address: UInt64(slot), count: 1, areas: [area])
            bench.place(command, port: 1, slot: slot)
        }
        bench[1, 0x38] = 0xf
        #expect(backend.pending.count == 1)
        backend.completeAll()
        #expect(backend.history == (0..<4).map { "read \($0 * 512)+512" } && bench[1, 0x38] == 0)
        #expect(bench.bytes(2048) == Array(backend.data[..<2048]))
    }

    @Test func errorsStopThePort() throws {
        let bench = try bench()
        func read(_ sector: UInt64, _ count: UInt16, device: UInt8 = 0x40, areas: [(UInt64, Int)]) -> UInt32 {
            let command = Command(code: 0x25, address: sector, count: count, device: device, areas: areas)
            return bench.run(command, port: 1)
        }
        #expect(read(999, 2, areas: [(SATABench.data, 1024)]) == 0x1051, "behind the end")
        #expect(read(1 << 47, 1, areas: [(SATABench.data, 512)]) == 0x1051)
        #expect(read(0, 0, areas: [(SATABench.data, 1 << 20)]) == 0x1051, "0 is 65536 sectors")
        let cylinders = Command(code: 0xc8, count: 1, device: 0, areas: [(SATABench.data, 512)])
        #expect(bench.run(cylinders, port: 1) == 0x1051)
        #expect(backend.history.isEmpty)
        bench.issue(Command(code: 0x25, count: 1, areas: [(SATABench.data, 100)]), port: 1)
        #expect(bench[1, 0x10] & (1 << 24 | 1 << 30) == 1 << 24 | 1 << 30 && bench[1, 0x38] == 1)
        bench.issue(Self.identify, port: 1, slot: 1)
        #expect(bench[1, 0x38] == 3, "stopped")
        bench[1, 0x18] = 0x10
        bench[1, 0x18] = 0x11
        #expect(bench.run(Self.identify, port: 1) == 0x50)
        backend.failure = .ioError
        bench.issue(Command(code: 0x25, address: 5, count: 1, areas: [(SATABench.data, 512)]), port: 1)
        backend.complete()
        #expect(bench[1, 0x20] == 0x4051 && bench.bytes(3, at: bench.received(1) + 0x44) == [5, 0, 0])
        bench[1, 0x18] = 0x10
        bench[1, 0x18] = 0x11
        #expect(bench.run(Command(code: 0x06), port: 1) == 0x451)
    }

    @Test func areasOutsideRAMAreABusError() throws {
        let bench = try bench()
        for address in [0xffff_ffff_ffff_fffe, 0x1f_ff00, 0x8000_0000_0000] as [UInt64] {
            bench.issue(Command(code: 0x25, count: 1, areas: [(address, 512)]), port: 1)
            #expect(bench[1, 0x10] & 1 << 29 != 0 && backend.history.isEmpty)
            bench[1, 0x18] = 0x10
            bench[1, 0x18] = 0x11
            bench[1, 0x10] = ~0
        }
        bench[1, 0x18] = 0x10
        bench[1, 0x04] = 0xffff_ffff
        bench[1, 0x00] = 0xffff_fc00
        bench[1, 0x18] = 0x11
        bench[1, 0x38] = 1 << 31
        #expect(bench[1, 0x10] & 1 << 29 != 0)
    }

    /// A drive in flight at a reset: the driver sees that the port still works, and hears nothing afterwards.
    @Test func resetsForgetCommands() throws {
        let bench = try bench()
        let read = Command(code: 0x25, count: 1, areas: [(SATABench.data, 512)])
        bench.issue(read, port: 1)
        bench[1, 0x18] = 0x10
        #expect(bench[1, 0x18] & 0x8000 != 0 && bench[1, 0x38] == 0)
        backend.complete()
        #expect(bench[1, 0x18] & 0x8000 == 0 && bench[1, 0x10] == 0 && !bench.interrupt)
        bench[1, 0x18] = 0x11
        bench.issue(read, port: 1)
        bench[0x04] = 1
        #expect(bench[0x04] == 1 << 31 && bench[1, 0x00] == 0)
        backend.complete()
        #expect(!bench.interrupt && bench[1, 0x24] == 0x101)
    }

    /// Linux's hard reset (SControl) and soft reset (two FISes without a command).
    @Test func linuxResetsTheLinkAndTheDrive() throws {
        let bench = try bench()
        bench[1, 0x18] = 0x10
        bench[1, 0x2c] = 0x301
        #expect(bench[1, 0x28] & 0xf == 0 && bench[1, 0x20] == 0x17f)
        bench[1, 0x2c] = 0x300
        #expect(bench[1, 0x28] == 0x123 && bench[1, 0x24] == 0x101 && bench[1, 0x30] & 1 << 26 != 0)
        bench[1, 0x30] = ~0
        bench[1, 0x18] = 0x11
        for control in [4, 0] as [UInt8] {
            bench.place(Command(code: 0), port: 1)
            _ = bench.world.memory.store(0 as UInt8, at: bench.table(1, 0) + 1)
            _ = bench.world.memory.store(control, at: bench.table(1, 0) + 15)
            bench[1, 0x38] = 1
            #expect(bench[1, 0x38] == 0)
        }
        #expect(bench[1, 0x20] == 0x150)
        let fis = bench.bytes(14, at: bench.received(1) + 0x40)
        #expect(fis[0] == 0x34 && fis[2] == 0x50 && fis[4] == 1 && fis[5] == 0 && fis[12] == 1)
    }

    @Test func withoutBusMasterNothingHappens() throws {
        let bench = try bench()
        bench.controller.writeConfiguration(0x2, at: 4, width: .half)
        bench.issue(Self.identify, port: 1)
        #expect(bench[1, 0x38] == 1 && bench.bytes(8) == [UInt8](repeating: 0, count: 8))
        bench.controller.writeConfiguration(0x6, at: 4, width: .half)
        #expect(bench[1, 0x38] == 0 && bench.interrupt)
        #expect(bench.controller.readConfiguration(at: 6, width: .half) & 8 != 0)
        bench.controller.writeConfiguration(0x406, at: 4, width: .half)
        #expect(!bench.interrupt)
    }

    @Test func textsThatDoNotFitAreRefused() {
        #expect(DriveIdentity(model: String(repeating: "m", count: 41), serial: "") == nil)
        #expect(DriveIdentity(model: "m", serial: String(repeating: "s", count: 21)) == nil)
        #expect(DriveIdentity(model: "m\n", serial: "") == nil)
        #expect(DriveIdentity(model: "\u{e9}", serial: "") == nil)
        #expect(DriveIdentity(model: "", serial: "") != nil)
    }
}

// Optical drives behind the SATA controller.
import Devices
import MachineCore
import Testing

private typealias Command = SATABench.Command

struct OpticalDriveTests {
    private let medium = ManualBlockBackend(byteCount: 2048 * 400)

    private func bench(_ medium: ManualBlockBackend?, didEject: (() -> Void)? = nil) throws -> SATABench {
        let bench = try SATABench([.optical(medium, .test, didEject: didEject)])
        bench.start()
        return bench
    }

    private static let ready: UInt32 = 0x50

    /// The sense data of the last failure: key, code, qualifier.
    private func sense(_ bench: SATABench) -> [UInt8] {
        #expect(bench.run(packet: [3, 0, 0, 0, 18, 0, 0, 0, 0, 0, 0, 0]) == Self.ready)
        let data = bench.bytes(18)
        #expect(data[0] == 0x70 && data[7] == 10)
        return [data[2], data[12], data[13]]
    }

    private static let testUnitReady = [UInt8](repeating: 0, count: 12)

    private func packet(_ bytes: UInt8...) -> [UInt8] {
        bytes + [UInt8](repeating: 0, count: 12 - bytes.count)
    }

    @Test func identifiesItself() throws {
        let bench = try bench(medium)
        #expect(bench[0, 0x24] == 0xeb14_0101)
        #expect(bench.run(Command(code: 0xec, areas: [(SATABench.data, 512)])) == 0x451, "not a disk")
        #expect(bench.bytes(3, at: bench.received(0) + 0x44) == [0x01, 0x14, 0xeb])
        #expect(bench.run(Command(code: 0xa1, areas: [(SATABench.data, 512)])) == Self.ready)
        let data = bench.bytes(512)
        #expect(data[0...1] == [0xc0, 0x85] && data.reduce(0, &+) == 0 && data[98] == 0)
        #expect(bench.run(packet: packet(0x12, 0, 0, 0, 36)) == Self.ready)
        let inquiry = bench.bytes(36)
        #expect(inquiry[0...1] == [5, 0x80] && inquiry[4] == 31)
        #expect(String(decoding: inquiry[8..<32], as: UTF8.self) == "Starling Test Drive     ")
        #expect(bench.run(packet: packet(0x12, 1, 0x80, 0, 36)) == Self.ready)
        #expect(bench.bytes(10) == [5, 0x80, 0, 6] + Array("S-0001".utf8))
    }

    /// What SeaBIOS does before and while it boots: ready, capacity, sectors.
    @Test func firmwareReadsTheMedium() throws {
        let bench = try bench(medium)
        #expect(bench.run(packet: Self.testUnitReady, room: 0) == 0x6451, "power-on is told first")
        #expect(sense(bench) == [6, 0x29, 0])
        #expect(bench.run(packet: Self.testUnitReady, room: 0) == Self.ready)
        #expect(bench.run(packet: packet(0x25), room: 8) == Self.ready)
        #expect(bench.bytes(8) == [0, 0, 1, 0x8f, 0, 0, 8, 0])
        let areas = [(address: SATABench.data, count: 6144)]
        let read = packet(0x28, 0, 0, 0, 0, 17, 0, 0, 3)
        bench.issue(Command(code: 0xa0, features: 1, packet: read, areas: areas))
        #expect(medium.history == ["read 34816+6144"])
        medium.complete()
        #expect(bench.bytes(6144) == Array(medium.data[34816..<40960]))
        #expect(bench[0, 0x20] == Self.ready && bench.transferred() == 6144 && bench[0, 0x10] == 1)
        let read12 = packet(0xa8, 0, 0, 0, 1, 0x8f, 0, 0, 0, 1)
        bench.issue(Command(code: 0xa0, features: 1, packet: read12, areas: areas))
        medium.complete()
        #expect(bench.bytes(2048) == Array(medium.data[(399 * 2048)...]))
        let readCD = packet(0xbe, 0, 0, 0, 0, 5, 0, 0, 1, 0x10)
        bench.issue(Command(code: 0xa0, packet: readCD, areas: areas))
        medium.complete()
        #expect(bench.bytes(2048) == Array(medium.data[10240..<12288]) && bench[0, 0x10] & 3 == 3, "by PIO")
    }

    @Test func readErrorsAreMediumErrors() throws {
        let bench = try bench(medium)
        _ = bench.run(packet: Self.testUnitReady)
        #expect(bench.run(packet: packet(0x28, 0, 0, 0, 1, 0x8f, 0, 0, 2)) == 0x5451)
        #expect(sense(bench) == [5, 0x21, 0] && sense(bench) == [0, 0, 0])
        medium.failure = .ioError
        let areas = [(address: SATABench.data, count: 2048)]
        let read = packet(0x28, 0, 0, 0, 0, 0, 0, 0, 1)
        bench.issue(Command(code: 0xa0, features: 1, packet: read, areas: areas))
        medium.complete()
        #expect(bench[0, 0x20] == 0x3451)
        bench[0, 0x18] = 0x10
        bench[0, 0x18] = 0x11
        #expect(sense(bench) == [3, 0x11, 0])
        #expect(bench.run(packet: packet(0xa8, 0, 0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff)) == 0x5451)
        #expect(bench.run(packet: packet(0x77)) == 0x5451 && sense(bench) == [5, 0x20, 0])
    }

    @Test func theTableOfContentsHasOneTrack() throws {
        let bench = try bench(medium)
        _ = bench.run(packet: Self.testUnitReady)
        #expect(bench.run(packet: packet(0x43, 0, 0, 0, 0, 0, 0, 0, 0xff)) == Self.ready)
        let track: [UInt8] = [0, 0x14, 1, 0, 0, 0, 0, 0]
        #expect(bench.bytes(20) == [0, 18, 1, 1] + track + [0, 0x14, 0xaa, 0, 0, 0, 1, 0x90])
        #expect(bench.run(packet: packet(0x43, 2, 0, 0, 0, 0, 0xaa, 0, 0xff)) == Self.ready)
        // 400 sectors and the two seconds before them are 7 seconds and 25 frames.
        #expect(bench.bytes(12) == [0, 10, 1, 1, 0, 0x14, 0xaa, 0, 0, 0, 7, 25])
        #expect(bench.run(packet: packet(0x43, 0, 0, 0, 0, 0, 0, 0, 12, 0x40)) == Self.ready)
        #expect(bench.bytes(12) == [0, 10, 1, 1] + track)
        #expect(bench.run(packet: packet(0x43, 0, 2, 0, 0, 0, 0, 0, 0xff)) == Self.ready)
        #expect(bench.bytes(2) == [0, 46] && bench.transferred() == 48)
        #expect(bench.run(packet: packet(0x43, 0, 0, 0, 0, 0, 2, 0, 0xff)) == 0x5451)
    }

    @Test func pagesAndFeatures() throws {
        let bench = try bench(medium)
        _ = bench.run(packet: Self.testUnitReady)
        #expect(bench.run(packet: packet(0x5a, 0, 0x2a, 0, 0, 0, 0, 0, 0xff)) == Self.ready)
        #expect(bench.bytes(10) == [0, 26, 0, 0, 0, 0, 0, 0, 0x2a, 18] && bench.transferred() == 28)
        #expect(bench.run(packet: packet(0x5a, 0, 0x3f, 0, 0, 0, 0, 0, 0xff)) == Self.ready)
        #expect(bench.bytes(2) == [0, 34] && bench.transferred() == 36)
        #expect(bench.run(packet: packet(0x1a, 0, 0x01, 0, 6)) == Self.ready && bench.transferred() == 6)
        #expect(bench.run(packet: packet(0x5a, 0, 0xc1, 0, 0, 0, 0, 0, 0xff)) == 0x5451)
        #expect(sense(bench) == [5, 0x39, 0])
        #expect(bench.run(packet: packet(0x46, 0, 0, 0, 0, 0, 0, 2, 0)) == Self.ready)
        let configuration = bench.bytes(16)
        #expect(configuration[6...7] == [0, 8], "a CD-ROM")
        #expect(bench.transferred() == UInt32(configuration[3]) + 4)
        #expect(bench.run(packet: packet(0x46, 2, 0, 0x1e, 0, 0, 0, 2, 0)) == Self.ready)
        #expect(bench.bytes(12).suffix(4) == [0, 0x1e, 9, 4])
        #expect(bench.run(packet: packet(0x51, 0, 0, 0, 0, 0, 0, 0, 34)) == Self.ready)
        #expect(bench.run(packet: packet(0x52, 1, 0, 0, 0, 1, 0, 0, 36)) == Self.ready)
        #expect(bench.bytes(4, at: SATABench.data + 24) == [0, 0, 1, 0x90])
    }

    @Test func traysAndMedia() throws {
        final class Count { var value = 0 }
        let ejections = Count()
        let bench = try bench(nil) { ejections.value += 1 }
        _ = bench.run(packet: Self.testUnitReady)
        #expect(bench.run(packet: Self.testUnitReady) == 0x2451 && sense(bench) == [2, 0x3a, 1])
        bench.controller.changeMedium(to: medium, port: 0)
        #expect(bench.run(packet: Self.testUnitReady) == 0x6451 && sense(bench) == [6, 0x28, 0])
        #expect(bench.run(packet: Self.testUnitReady) == Self.ready)
        let event = packet(0x4a, 1, 0, 0, 0x10, 0, 0, 0, 8)
        #expect(bench.run(packet: event) == Self.ready && bench.bytes(6) == [0, 6, 4, 0x10, 2, 2])
        #expect(bench.run(packet: event) == Self.ready && bench.bytes(6) == [0, 6, 4, 0x10, 0, 2])
        #expect(bench.run(packet: packet(0x1e, 0, 0, 0, 1)) == Self.ready)
        #expect(bench.run(packet: packet(0x1b, 0, 0, 0, 2)) == 0x5451 && sense(bench) == [5, 0x53, 2])
        bench.controller.pressEject(port: 0)
        #expect(bench.run(packet: event) == Self.ready && bench.bytes(6) == [0, 6, 4, 0x10, 1, 2])
        #expect(bench.run(packet: packet(0x1e)) == Self.ready && ejections.value == 0)
        #expect(bench.run(packet: packet(0x1b, 0, 0, 0, 2)) == Self.ready && ejections.value == 1)
        #expect(bench.run(packet: Self.testUnitReady) == 0x2451 && sense(bench) == [2, 0x3a, 2])
        #expect(bench.run(packet: packet(0x1b, 0, 0, 0, 3)) == Self.ready)
        #expect(bench.run(packet: Self.testUnitReady) == 0x2451 && sense(bench) == [2, 0x3a, 1])
        bench.controller.changeMedium(to: medium, port: 5)
        bench.controller.pressEject(port: 99)
    }

    @Test func aMediumWithoutAWholeSectorIsEmpty() throws {
        let bench = try bench(ManualBlockBackend(byteCount: 512))
        _ = bench.run(packet: Self.testUnitReady)
        #expect(bench.run(packet: packet(0x25)) == Self.ready && bench.bytes(8) == [0, 0, 0, 0, 0, 0, 8, 0])
        #expect(bench.run(packet: packet(0x28, 0, 0, 0, 0, 0, 0, 0, 1)) == 0x5451)
    }
}

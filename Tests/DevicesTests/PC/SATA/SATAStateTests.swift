// The SATA controller's state, and nonsense from a guest.
import Devices
import MachineCore
import Testing

private typealias Command = SATABench.Command

struct SATAStateTests {
    private let disk = ManualBlockBackend(byteCount: 512 * 64)
    private let medium = ManualBlockBackend(byteCount: 2048 * 64)
    private var attachments: [AHCIController.Attachment] {
        [.disk(disk, .test), .optical(medium, .test, didEject: nil)]
    }

    @Test func snapshotConformance() throws {
        var benches: [SATABench] = []
        try expectSnapshotConformance(
            powerOn: AHCIController.State.powerOn(attachments),
            make: { (state: AHCIController.State) -> AHCIController in
                benches.append(try SATABench(attachments, restoring: state, copying: benches.last))
                return benches[benches.count - 1].controller
            },
            mutate: { (controller: AHCIController) in
                guard let bench = benches.first(where: { $0.controller === controller }) else { return }
                bench.start()
                _ = bench.run(Command(code: 0xef, features: 0x82))
                _ = bench.run(packet: [UInt8](repeating: 0, count: 12), port: 1)
                bench.issue(Command(code: 0xec, areas: [(SATABench.data, 512)]), slot: 5)
            },
            observe: { (controller: AHCIController) in
                (0..<0x100).map { controller.read(bar: 5, at: $0 * 4, width: .word) }
                    + (0..<64).map { controller.readConfiguration(at: $0 * 4, width: .word) }
            })
        #expect(benches[0].interrupt && benches[1].interrupt)
    }

    /// A command in flight is begun again by the restored machine, and the driver hears of it once.
    @Test func commandsInFlightAreBegunAgain() throws {
        let original = try SATABench(attachments)
        original.start()
        let read = Command(code: 0x25, address: 3, count: 1, areas: [(SATABench.data, 512)])
        original.issue(read, slot: 9)
        original.place(Command(code: 0xea), slot: 4)
        original[0, 0x38] = 1 << 4
        let state = try encodedAndDecoded(original.controller.state)
        let other = ManualBlockBackend(byteCount: 512 * 64)
        let drives: [AHCIController.Attachment] = [
            .disk(other, .test), .optical(medium, .test, didEject: nil),
        ]
        let restored = try SATABench(drives, restoring: state, copying: original)
        #expect(restored.controller.state == state && other.history == ["read 1536+512"])
        other.completeAll()
        #expect(restored[0, 0x38] == 0 && other.history == ["read 1536+512", "flush"] && restored.interrupt)
        #expect(restored.bytes(512) == Array(other.data[1536..<2048]))
    }

    @Test func impossibleStatesAreRefused() throws {
        var state = AHCIController.State.powerOn(attachments)
        #expect(throws: StateError.self) { try SATABench([.none, .none], restoring: state) }
        #expect(throws: StateError.self) { try SATABench([.disk(disk, .test)], restoring: state) }
        state.interruptStatus = 0x40
        #expect(throws: StateError.self) { try SATABench(attachments, restoring: state) }
        state = .powerOn(attachments)
        state.configuration[0x10] = 1
        #expect(throws: StateError.self) { try SATABench(attachments, restoring: state) }
    }

    @Test func registerFuzz() throws {
        let bench = try SATABench(attachments)
        var random = PlatformRandom(seed: 0xabc)
        let widths: [AccessWidth] = [.byte, .half, .word, .double]
        for _ in 0..<100_000 {
            let width = widths[Int(random.next() % 4)]
            let offset = random.next() % (0x1000 - 7)
            let near = random.next() % 0x200 & ~3
            let place = random.next() % 2 == 0 ? offset : near
            if random.next() % 2 == 0 {
                _ = bench.controller.read(bar: 5, at: place, width: width)
            } else {
                bench.controller.write(random.next() & width.mask, bar: 5, at: place, width: width)
            }
            if random.next() % 16 == 0 {
                let register = Int(random.next() % 64) * 4
                bench.controller.writeConfiguration(random.next() & 0xffff_ffff, at: register, width: .word)
            }
            disk.completeAll()
            medium.completeAll()
        }
        _ = try SATABench(attachments, restoring: encodedAndDecoded(bench.controller.state), copying: bench)
    }

    /// Commands with random contents: the disks are asked for sectors that exist, into RAM, and the port
    /// works afterwards.
    @Test func commandFuzz() throws {
        let disk = CheckedBackend(disk)
        let medium = CheckedBackend(medium)
        let bench = try SATABench([.disk(disk, .test), .optical(medium, .test, didEject: nil)])
        let ram = UInt(bitPattern: bench.world.memory.hostBase)
        for backend in [disk, medium] { backend.ram = ram..<(ram + 2 << 20) }
        var random = PlatformRandom(seed: 0x5a7a)
        for step in 0..<60_000 {
            if step % 64 == 0 { bench.start() }
            let port = Int(random.next() % 2)
            let command = Self.command(&random, isOptical: port == 1)
            bench.issue(command, port: port, slot: Int(random.next() % 32))
            if random.next() % 8 == 0 { Self.damage(bench, port, &random) }
            disk.inner.failure = random.next() % 4 == 0 ? .ioError : nil
            if random.next() % 2 == 0 { disk.inner.completeAll() }
            medium.inner.completeAll()
            if bench[port, 0x10] & 3 << 29 != 0 || random.next() % 16 == 0 {
                bench[port, 0x18] = 0x10
                bench[port, 0x18] = 0x11
                bench[port, 0x10] = ~0
            }
            if random.next() % 32 == 0 { bench.controller.changeMedium(to: medium, port: 1) }
            if random.next() % 512 == 0 { bench.controller.pressEject(port: 1) }
        }
        disk.inner.completeAll()
        #expect(disk.violations == [] && medium.violations == [])
        #expect(disk.inner.history.count > 1000 && medium.inner.history.count > 100, "commands got through")
        bench[0x04] = 1
        bench.start()
        disk.inner.failure = nil
        #expect(bench.run(Command(code: 0xec, areas: [(SATABench.data, 512)])) == 0x50)
    }

    private static func command(_ random: inout PlatformRandom, isOptical: Bool) -> Command {
        let known: [UInt8] = [
            0x20, 0x24, 0x25, 0x29, 0x30, 0x35, 0x3d, 0xc4, 0xc8, 0xca, 0xea, 0xec, 0xef, 0xa1,
        ]
        let packets: [UInt8] = [
            0, 3, 0x12, 0x1a, 0x1b, 0x1e, 0x25, 0x28, 0x28, 0x28, 0x2b, 0x43, 0x46, 0x4a, 0x51, 0x52, 0x5a,
            0xa8, 0xa8, 0xbd, 0xbe,
        ]
        var command = Command(code: known.randomElement(using: &random) ?? 0)
        if random.next() % 16 == 0 { command.code = UInt8(truncatingIfNeeded: random.next()) }
        command.address = random.next() % 80
        command.count = UInt16(random.next() % 8)
        command.features = UInt16(truncatingIfNeeded: random.next())
        if random.next() % 8 == 0 { command.address = random.next() }
        if random.next() % 8 == 0 { command.count = UInt16(truncatingIfNeeded: random.next()) }
        if isOptical, random.next() % 8 != 0 {
            command.code = 0xa0
            command.packet = (0..<12).map { _ in
                random.next() % 3 == 0 ? UInt8(truncatingIfNeeded: random.next()) : UInt8(random.next() % 3)
            }
            command.packet[0] = packets.randomElement(using: &random) ?? 0
            if random.next() % 4 != 0 { command.packet.replaceSubrange(2..<9, with: [0, 0, 0, 7, 0, 0, 0]) }
        }
        for _ in 0..<(random.next() % 4) {
            let isWild = random.next() % 32 == 0
            let address = isWild ? random.next() : SATABench.data + random.next() % 0x8_0000
            command.areas.append((address & ~1, Int(random.next() % 0x1000) * 2 + 2))
        }
        return command
    }

    /// Overwrites some of a command in RAM, and issues it.
    private static func damage(_ bench: SATABench, _ port: Int, _ random: inout PlatformRandom) {
        let slot = Int(random.next() % 32)
        let places = [bench.list(port) + UInt64(slot) * 32, bench.table(port, slot)]
        let place = places[Int(random.next() % 2)] + random.next() % 32
        _ = bench.world.memory.store(random.next(), at: place)
        bench[port, 0x38] = 1 << UInt32(slot)
    }
}

/// A disk that checks what is asked of it.
private final class CheckedBackend: BlockBackend {
    let inner: ManualBlockBackend
    var ram: Range<UInt> = 0..<0
    var violations: [String] = []

    init(_ inner: ManualBlockBackend) { self.inner = inner }

    var byteCount: UInt64 { inner.byteCount }
    var isReadOnly: Bool { false }

    func submit(_ request: BlockRequest, completion: @escaping (BlockStatus) -> Void) {
        switch request.operation {
        case .read(let offset, let segments), .write(let offset, let segments):
            let count = segments.reduce(0) { $0 + UInt64($1.count) }
            if count == 0 || count % 512 != 0 || offset > byteCount || count > byteCount - offset {
                violations.append("\(count) bytes at \(offset)")
            }
            for segment in segments {
                let start = UInt(bitPattern: segment.pointer)
                let end = start + UInt(segment.count)
                if segment.count <= 0 || start < ram.lowerBound || end > ram.upperBound {
                    violations.append("a segment outside RAM")
                }
            }
        default: break
        }
        inner.submit(request, completion: completion)
    }
}

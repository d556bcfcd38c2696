// Malformed rings and wild register accesses: devices must neither crash nor hang nor write elsewhere.
import Devices
import Foundation
import MachineCore
import Testing

@Suite struct VirtioFuzzTests {
    /// Runs malformed rings against a device; `work` does what the outside world does meanwhile.
    private func fuzzRings<Model: VirtioDevice>(
        _ machine: VirtioTestMachine<Model>, _ shapes: [VirtioChainShape], rounds: Int, seed: UInt64,
        work: () -> Void
    ) {
        var fuzzer = VirtioRingFuzzer(shapes: shapes, random: VirtioRandom(seed: seed))
        let count = Int(VirtioRingFuzzer.ramByteCount)
        let before = UnsafeMutableRawPointer.allocate(byteCount: count, alignment: 8)
        defer { before.deallocate() }
        var checked = 0
        var failed = 0
        machine.probe()
        for _ in 0..<rounds {
            machine.negotiate(fuzzer.random.oneIn(8) ? fuzzer.random.next() | 1 << 32 : ~0)
            let size: UInt64 = 1 << (fuzzer.random.next() % 5)
            for queue in 0..<UInt64(shapes.count) { enable(machine, queue, size) }
            fuzzer.fill(machine.memory, size: size)
            fuzzer.writeHeaders(machine.memory)
            let ranges = fuzzer.changeable(machine.memory, size: size)
            before.copyMemory(from: machine.memory.hostBase, byteCount: count)
            machine.status = 15
            for queue in shapes.indices { machine.notify(queue) }
            work()
            if let ranges {
                checked += 1
                if !onlyChanged(ranges, machine.memory, before) {
                    Issue.record("memory changed that was not lent (seed \(seed))")
                    return
                }
            }
            if machine.status & 0x40 != 0 { failed += 1 }
        }
        // Neither all good nor all bad, or the fuzzer would not test much.
        #expect(failed > rounds / 20 && failed < rounds * 19 / 20, "\(failed) of \(rounds) failed")
        #expect(checked > rounds / 4, "\(checked) of \(rounds) checked")
    }

    private func enable<Model: VirtioDevice>(
        _ machine: VirtioTestMachine<Model>, _ queue: UInt64, _ size: UInt64
    ) {
        machine.writeCommon(queue, 0x16, .half)
        machine.writeCommon(size, 0x18, .half)
        machine.writeCommon(VirtioRingFuzzer.descriptors(queue), 0x20, .double)
        machine.writeCommon(VirtioRingFuzzer.available(queue), 0x28, .double)
        machine.writeCommon(VirtioRingFuzzer.used(queue), 0x30, .double)
        machine.writeCommon(1, 0x1c, .half)
    }

    private func onlyChanged(
        _ ranges: [Range<UInt64>], _ memory: GuestMemory, _ before: UnsafeMutableRawPointer
    ) -> Bool {
        let page = 256
        for start in stride(from: 0, to: Int(VirtioRingFuzzer.ramByteCount), by: page)
        where memcmp(memory.hostBase + start, before + start, page) != 0 {
            for offset in start..<(start + page) {
                let now = memory.hostBase.load(fromByteOffset: offset, as: UInt8.self)
                guard now != before.load(fromByteOffset: offset, as: UInt8.self) else { continue }
                let address = VirtioRingFuzzer.base + UInt64(offset)
                if !ranges.contains(where: { $0.contains(address) }) { return false }
            }
        }
        return true
    }

    private func ramRange(_ memory: GuestMemory) -> ClosedRange<UInt> {
        let start = UInt(bitPattern: memory.hostBase)
        return start...(start + UInt(memory.byteCount) - 1)
    }

    private func blockMachine(seed: UInt64) throws -> (VirtioTestMachine<VirtioBlock>, CheckingBlockBackend) {
        let backend = CheckingBlockBackend(seed: seed)
        let serial = try #require(BlockSerial("fuzz"))
        let machine = try VirtioTestMachine<VirtioBlock>(
            .init(backend: backend, serial: serial), ramByteCount: VirtioRingFuzzer.ramByteCount)
        backend.ram = ramRange(machine.memory)
        return (machine, backend)
    }

    @Test(arguments: 1...4 as ClosedRange<UInt64>)
    func blockSurvivesMalformedRings(seed: UInt64) throws {
        let (machine, backend) = try blockMachine(seed: seed)
        fuzzRings(machine, [.request], rounds: 16_000, seed: seed) { backend.completeAll() }
        #expect(backend.violations.isEmpty, "\(backend.violations.prefix(3))")
        #expect(backend.requestCount > 3_000)
    }

    @Test(arguments: 5...6 as ClosedRange<UInt64>)
    func consoleSurvivesMalformedRings(seed: UInt64) throws {
        let port = CharacterPort()
        let machine = try VirtioTestMachine<VirtioConsole>(
            .init(port: port), ramByteCount: VirtioRingFuzzer.ramByteCount)
        let shapes: [VirtioChainShape] = [.allWritable, .allReadable]
        let input = [UInt8](repeating: 0xd5, count: 600)
        fuzzRings(machine, shapes, rounds: 10_000, seed: seed) { port.offer(input) }
    }

    @Test(arguments: 7...8 as ClosedRange<UInt64>)
    func entropySurvivesMalformedRings(seed: UInt64) throws {
        let machine = try VirtioTestMachine<VirtioEntropy>(
            .init(source: CountingEntropySource()), ramByteCount: VirtioRingFuzzer.ramByteCount)
        fuzzRings(machine, [.allWritable], rounds: 10_000, seed: seed) {}
    }

    // MARK: Wild accesses

    /// Random accesses to every register, with rings wherever they land, and machine copies between.
    private func fuzzRegisters<Model: VirtioDevice>(
        _ machine: VirtioTestMachine<Model>, rounds: Int, seed: UInt64, work: () -> Void
    ) {
        var random = VirtioRandom(seed: seed)
        let shapes = [VirtioChainShape](repeating: .request, count: Model.queueSizes.count)
        var fuzzer = VirtioRingFuzzer(shapes: shapes, random: VirtioRandom(seed: ~seed))
        let widths: [AccessWidth] = [.byte, .half, .word, .double]
        machine.probe()
        for round in 0..<rounds {
            let width = widths[Int(random.next() % 4)]
            let value = random.oneIn(3) ? random.next() : random.next() % 16
            switch random.next() % 16 {
            case 0: machine.writeConfiguration(value, random.next() % 0x140, width)
            case 1: _ = machine.readConfiguration(random.next() % 0x140, width)
            case 2...4: machine.writeCommon(value, random.next() % 0x44, width)
            case 5: machine.writeCommon(value, random.next() % 0x4010, width)
            case 6: _ = machine.readCommon(random.next() % 0x4010, width)
            case 7:
                let ring = VirtioRingFuzzer.base + random.next() % 0x1_0000 & ~15
                machine.writeCommon(ring, 0x20 + 8 * (value % 3), .double)
            case 8: machine.status = UInt8(truncatingIfNeeded: value)
            case 9...11: machine.notify(Int(random.next() % 3))
            case 12: fuzzer.fill(machine.memory, size: 16)
            case 13: work()
            case 14:
                let base = VirtioTestMachine<Model>.windowBase
                machine.write(value, base + random.next() % 0x4000_0000, width)
            default: if random.oneIn(4) { bringUpWildly(machine, &random) }
            }
            if round % 512 == 0 { machine.function.reset(); machine.probe() }
        }
        work()
        machine.probe()
        machine.function.reset()
        #expect(machine.function.state.configuration == VirtioPCIFunction<Model>.State.powerOn.configuration)
    }

    /// A driver that does most things right, with rings that may overlap each other and the data.
    private func bringUpWildly<Model: VirtioDevice>(
        _ machine: VirtioTestMachine<Model>, _ random: inout VirtioRandom
    ) {
        machine.probe()
        machine.negotiate(random.oneIn(4) ? ~(1 << 29) : ~0)
        for queue in 0..<UInt64(Model.queueSizes.count) {
            enable(machine, queue, 1 << (random.next() % 5))
            machine.status = 0
            machine.negotiate()
            machine.writeCommon(queue, 0x16, .half)
            for field in [0x20, 0x28, 0x30] as [UInt64] {
                machine.writeCommon(VirtioRingFuzzer.base + random.next() % 0x4000 & ~15, field, .double)
            }
            machine.writeCommon(1, 0x1c, .half)
        }
        machine.status = 15
    }

    @Test(arguments: 11...12 as ClosedRange<UInt64>)
    func blockSurvivesWildAccesses(seed: UInt64) throws {
        let (machine, backend) = try blockMachine(seed: seed)
        fuzzRegisters(machine, rounds: 30_000, seed: seed) { backend.complete(3) }
        backend.completeAll()
        #expect(backend.violations.isEmpty, "\(backend.violations.prefix(3))")
    }

    @Test func consoleSurvivesWildAccesses() throws {
        let port = CharacterPort()
        let machine = try VirtioTestMachine<VirtioConsole>(
            .init(port: port), ramByteCount: VirtioRingFuzzer.ramByteCount)
        fuzzRegisters(machine, rounds: 30_000, seed: 13) { port.offer([1, 2, 3, 4, 5, 6, 7]) }
    }

    @Test func entropySurvivesWildAccesses() throws {
        let machine = try VirtioTestMachine<VirtioEntropy>(
            .init(source: CountingEntropySource()), ramByteCount: VirtioRingFuzzer.ramByteCount)
        fuzzRegisters(machine, rounds: 30_000, seed: 14) {}
    }

    /// Whatever nonsense a device is in the middle of can be saved, and continues in a copy.
    @Test func statesOfFuzzedDevicesCanBeRestored() throws {
        var (machine, backend) = try blockMachine(seed: 21)
        for round in 0..<300 as Range<UInt64> {
            fuzzRegisters(machine, rounds: 40, seed: 1000 + round) { backend.complete(1) }
            var random = VirtioRandom(seed: round)
            var fuzzer = VirtioRingFuzzer(shapes: [.request], random: VirtioRandom(seed: round))
            bringUpWildly(machine, &random)
            fuzzer.fill(machine.memory, size: 16)
            machine.notify()
            let next = CheckingBlockBackend(seed: round)
            let serial = try #require(BlockSerial("fuzz"))
            // The range is known only afterwards: requests in flight are not checked here.
            next.ram = 1...UInt.max
            let restored = try machine.copy(.init(backend: next, serial: serial))
            next.ram = ramRange(restored.memory)
            backend.completeAll()
            (machine, backend) = (restored, next)
        }
        backend.completeAll()
        #expect(backend.violations.isEmpty)
    }
}

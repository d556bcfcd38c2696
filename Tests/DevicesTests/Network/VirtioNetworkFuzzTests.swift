// Malformed rings, headers and register accesses against the network device.
import Devices
import Foundation
import MachineCore
import Testing

@Suite struct VirtioNetworkFuzzTests {
    private typealias Machine = VirtioTestMachine<VirtioNetwork>
    private let queues: [VirtioChainShape] = [.allWritable, .allReadable, .request]

    private func enable(_ machine: Machine, _ queue: UInt64, _ size: UInt64) {
        machine.writeCommon(queue, 0x16, .half)
        machine.writeCommon(size, 0x18, .half)
        machine.writeCommon(VirtioRingFuzzer.descriptors(queue), 0x20, .double)
        machine.writeCommon(VirtioRingFuzzer.available(queue), 0x28, .double)
        machine.writeCommon(VirtioRingFuzzer.used(queue), 0x30, .double)
        machine.writeCommon(1, 0x1c, .half)
    }

    /// Bytes that make plausible headers and commands here and there.
    private func fillData(_ memory: GuestMemory, _ random: inout VirtioRandom) {
        let start = VirtioRingFuzzer.tablesEnd
        for offset in stride(from: start, to: VirtioRingFuzzer.ramByteCount, by: 8) {
            let word = random.next()
            let value = word % 3 == 0 ? word : word & 0x0004_0003_0000_0401
            _ = memory.store(value, at: VirtioRingFuzzer.base + offset)
        }
    }

    private func frames(_ random: inout VirtioRandom) -> [NetworkFrame] {
        (0..<Int(random.next() % 6)).map { _ in
            let count = random.oneIn(8) ? Int(random.next() % 70_000) : 14 + Int(random.next() % 1500)
            var frame = NetworkTestGuest.frame(count)
            frame.bytes = frame.bytes.count < count ? Array(frame.bytes.prefix(count)) : frame.bytes
            if random.oneIn(3) { frame.offload.checksum = .partial(start: UInt16(random.next() % 40), offset: 6) }
            if random.oneIn(3) { frame.offload.segmentation = .tcp4 }
            if random.oneIn(3) { frame.offload.segmentByteCount = 500 }
            return frame
        }
    }

    @Test(arguments: 1...3 as ClosedRange<UInt64>)
    func malformedRingsAreSurvived(seed: UInt64) throws {
        let backend = ManualNetworkBackend()
        let machine = try Machine(
            .init(backend: backend, address: NetworkTestGuest.own), ramByteCount: VirtioRingFuzzer.ramByteCount)
        var fuzzer = VirtioRingFuzzer(shapes: queues, random: VirtioRandom(seed: seed))
        var random = VirtioRandom(seed: seed &* 77)
        let count = Int(VirtioRingFuzzer.ramByteCount)
        let before = UnsafeMutableRawPointer.allocate(byteCount: count, alignment: 8)
        defer { before.deallocate() }
        var (checked, failed) = (0, 0)
        let rounds = 6_000
        machine.probe()
        for _ in 0..<rounds {
            machine.negotiate(random.oneIn(4) ? random.next() | 1 << 32 : ~0)
            let size: UInt64 = 1 << (random.next() % 5)
            for queue in 0..<UInt64(queues.count) { enable(machine, queue, size) }
            if random.oneIn(50) { fillData(machine.memory, &random) }
            fuzzer.fill(machine.memory, size: size)
            let ranges = fuzzer.changeable(machine.memory, size: size)
            before.copyMemory(from: machine.memory.hostBase, byteCount: count)
            machine.status = 15
            for queue in [1, 2, 0] { machine.notify(queue) }
            _ = machine.function.device.receive(frames(&random)[...])
            machine.notify(0)
            if let ranges {
                checked += 1
                #expect(onlyChanged(ranges, machine.memory, before), "seed \(seed)")
            }
            if machine.status & 0x40 != 0 { failed += 1 }
        }
        #expect(failed > rounds / 20 && failed < rounds * 19 / 20, "\(failed) of \(rounds) failed")
        #expect(checked > rounds / 8, "\(checked) of \(rounds) checked")
        let areValid = backend.sent.allSatisfy { $0.isValid }
        #expect(backend.sent.count > rounds / 20 && areValid)
        #expect(machine.function.device.counters.receivedFrames > rounds / 20)
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

    /// Whatever a driver does, the card can be saved in the middle of it, and goes on in a copy.
    @Test(arguments: 11...12 as ClosedRange<UInt64>)
    func wildDriversAreSurvived(seed: UInt64) throws {
        var random = VirtioRandom(seed: seed)
        var fuzzer = VirtioRingFuzzer(shapes: queues, random: VirtioRandom(seed: ~seed))
        var backend = ManualNetworkBackend()
        var machine = try Machine(
            .init(backend: backend, address: NetworkTestGuest.own, queuePairs: 2),
            ramByteCount: VirtioRingFuzzer.ramByteCount)
        machine.probe()
        for _ in 0..<20_000 {
            switch random.next() % 16 {
            case 0...2: machine.notify(Int(random.next() % 9))
            case 3: fuzzer.fill(machine.memory, size: 16)
            case 4...6: _ = machine.function.device.receive(frames(&random)[...])
            case 7: backend.isLinkUp = random.oneIn(2) || backend.isLinkUp == false
            case 8: backend.isReadyToSend.toggle(); machine.function.device.sendingPossible()
            case 9: machine.writeCommon(random.next(), random.next() % 0x44, .word)
            case 10: machine.writeConfiguration(random.next(), random.next() % 0x100, .byte)
            case 11: fillData(machine.memory, &random)
            case 12:
                backend = ManualNetworkBackend()
                machine = try machine.copy(
                    .init(backend: backend, address: NetworkTestGuest.own, queuePairs: 2))
            default:
                machine.probe()
                machine.negotiate(random.oneIn(3) ? random.next() | 1 << 32 : ~0)
                for queue in 0..<UInt64(queues.count) { enable(machine, queue, 1 << (random.next() % 5)) }
                machine.status = 15
            }
        }
        let areValid = backend.sent.allSatisfy { $0.isValid }
        #expect(areValid)
    }
}

// Malformed rings and wild register accesses: devices must neither crash nor hang nor write elsewhere.
import Devices
import Foundation
import MachineCore
import Testing

/// A disk that checks what a device asks of it, and completes requests in random order.
private final class CheckingBackend: BlockBackend {
    let byteCount: UInt64 = 64 * 512
    let isReadOnly = false
    var ram: ClosedRange<UInt> = 0...0
    var random: VirtioRandom
    private(set) var requestCount = 0
    private(set) var violations: [String] = []
    private var pending: [(BlockRequest, (BlockStatus) -> Void)] = []

    init(seed: UInt64) { random = VirtioRandom(seed: seed) }

    func submit(_ request: BlockRequest, completion: @escaping (BlockStatus) -> Void) {
        requestCount += 1
        switch request.operation {
        case .read(let offset, let segments), .write(let offset, let segments):
            segments.forEach(check)
            check(offset, segments.reduce(0) { $0 + UInt64($1.count) })
        case .discard(let offset, let count), .writeZeroes(let offset, let count):
            check(offset, count)
        case .flush:
            break
        }
        pending.append((request, completion))
        if pending.count > 300 { violations.append("more requests in flight than the queue has entries") }
    }

    private func check(_ segment: MemorySegment) {
        let start = UInt(bitPattern: segment.pointer)
        if segment.count <= 0 || !ram.contains(start) || !ram.contains(start + UInt(segment.count) - 1) {
            violations.append("a segment outside RAM")
        }
    }

    private func check(_ offset: UInt64, _ count: UInt64) {
        if count == 0 || count % 512 != 0 || offset % 512 != 0 || offset > byteCount || count > byteCount - offset {
            violations.append("\(count) bytes at \(offset) of the disk")
        }
    }

    /// Completes up to `limit` requests.
    func complete(_ limit: Int) {
        for _ in 0..<limit where !pending.isEmpty {
            let (request, completion) = pending.remove(at: Int(random.next() % UInt64(pending.count)))
            if case .read(_, let segments) = request.operation {
                for segment in segments { memset(segment.pointer, 0xd5, segment.count) }
            }
            completion(random.oneIn(8) ? .ioError : .success)
        }
    }

    func completeAll() { while !pending.isEmpty { complete(pending.count) } }
}

/// What the chains of a well-behaved driver look like in one queue.
private enum ChainShape {
    /// A header, data in either direction, a byte for the outcome: block requests.
    case request
    case allReadable
    case allWritable
}

/// Writes nonsense into rings and tables, and knows which bytes of RAM a device may change for it.
/// Most of a table is as a good driver would make it: a device gives up at the first mistake, so a
/// table of mistakes only would test little.
private struct RingFuzzer {
    static let ramByteCount: UInt64 = 0x1_0000
    static let base: UInt64 = 0x8000_0000
    /// Rings and tables are in the first pages, data mostly behind them.
    static let tablesEnd: UInt64 = 0x4000
    static let indirectTables = base + 0x3000
    static let tableCount: UInt64 = 2
    /// Descriptors in a chain, unless something is wrong with it.
    static let chainLength: UInt64 = 4

    let shapes: [ChainShape]
    var random: VirtioRandom

    static func descriptors(_ queue: UInt64) -> UInt64 { base + queue * 0x1000 }
    static func available(_ queue: UInt64) -> UInt64 { base + queue * 0x1000 + 0x400 }
    static func used(_ queue: UInt64) -> UInt64 { base + queue * 0x1000 + 0x800 }
    static func indirect(_ table: UInt64) -> UInt64 { indirectTables + table * 0x100 }

    private mutating func wildAddress() -> UInt64 {
        switch random.next() % 8 {
        case 0: random.next()
        case 1: ~0
        case 2: Self.base - 1
        case 3: Self.base + Self.ramByteCount - 1
        case 4: Self.base + Self.ramByteCount
        case 5: Self.base + random.next() % Self.tablesEnd
        default: Self.indirect(random.next() % Self.tableCount)
        }
    }

    private mutating func wildLength() -> UInt32 {
        switch random.next() % 4 {
        case 0: 0
        case 1: ~0
        case 2: 0x1_0000
        default: UInt32(truncatingIfNeeded: random.next())
        }
    }

    /// Writes descriptor `index` of a table for chains of this shape.
    private mutating func writeDescriptor(
        _ memory: GuestMemory, table: UInt64, index: UInt64, shape: ChainShape, mayBeIndirect: Bool
    ) {
        let position = index % Self.chainLength
        var buffer = Self.base + Self.tablesEnd + 0x400 + random.next() % 0xb000
        var byteCount: UInt32 = position == 3 ? 1 : 512
        var flags: UInt16 = position == 3 ? 0 : 1
        var next = index + 1
        switch shape {
        case .request:
            if position == 0 {
                buffer = Self.base + Self.tablesEnd + random.next() % 32 * 32
                byteCount = 16
            }
            let isWritable = position == 3 || position == 2 && random.oneIn(2) || position == 1 && random.oneIn(8)
            if isWritable { flags |= 2 }
        case .allReadable: break
        case .allWritable: flags |= 2
        }
        let mistake = random.next()
        if mistake % 64 == 1 { buffer = wildAddress() }
        if mistake % 64 == 2 { byteCount = wildLength() }
        if mistake % 64 == 3 { flags ^= UInt16(truncatingIfNeeded: random.next()) & 7 }
        if mistake % 64 == 4 { next = random.next() % (mistake % 128 == 4 ? 65536 : 16) }
        if mayBeIndirect, position == 0, mistake >> 8 % 4 == 0 {
            flags = 4 | (mistake >> 10 % 8 == 0 ? 2 : 0) | (mistake >> 13 % 16 == 0 ? 1 : 0)
            buffer = Self.indirect(random.next() % Self.tableCount)
            byteCount = mistake >> 17 % 16 == 0 ? wildLength() : 64
        }
        let address = table + index * 16
        _ = memory.store(buffer, at: address)
        _ = memory.store(UInt64(byteCount) | UInt64(flags) << 32 | (next & 0xffff) << 48, at: address + 8)
    }

    /// Fills the tables of the queues, of `size` entries each, and offers some heads.
    mutating func fill(_ memory: GuestMemory, size: UInt64) {
        for table in 0..<Self.tableCount {
            let shape = shapes[Int(table) % shapes.count]
            for index in 0..<Self.chainLength {
                writeDescriptor(
                    memory, table: Self.indirect(table), index: index, shape: shape, mayBeIndirect: false)
            }
        }
        for (position, shape) in shapes.enumerated() {
            let queue = UInt64(position)
            for index in 0..<size {
                writeDescriptor(
                    memory, table: Self.descriptors(queue), index: index, shape: shape, mayBeIndirect: true)
            }
            for index in 0..<size {
                let chains = max(size / Self.chainLength, 1)
                let head = random.oneIn(60) ? random.next() : index % chains * Self.chainLength
                _ = memory.store(UInt16(truncatingIfNeeded: head), at: Self.available(queue) + 4 + index * 2)
            }
            let offered = random.oneIn(30) ? random.next() : random.next() % (size / 2 + 2)
            _ = memory.store(UInt16(truncatingIfNeeded: offered), at: Self.available(queue) + 2)
        }
    }

    /// Puts request headers where the first descriptors of requests point to.
    mutating func writeHeaders(_ memory: GuestMemory) {
        for slot in 0..<32 as Range<UInt64> {
            let at = Self.base + Self.tablesEnd + slot * 32
            let types: [UInt64] = [0, 1, 4, 8, 11, 13, random.next() & 0xffff_ffff, 1]
            _ = memory.store(types[Int(slot % 8)], at: at)
            _ = memory.store(random.oneIn(8) ? random.next() : random.next() % 60, at: at + 8)
        }
    }

    /// The bytes of RAM that the device may change: used rings and what writable descriptors name; nil
    /// if that includes tables, whose new contents could then name anything.
    func changeable(_ memory: GuestMemory, size: UInt64) -> [Range<UInt64>]? {
        var ranges: [Range<UInt64>] = []
        func visit(_ address: UInt64) {
            guard let buffer = memory.load(UInt64.self, at: address),
                let rest = memory.load(UInt64.self, at: address &+ 8)
            else { return }
            let (end, overflow) = buffer.addingReportingOverflow(rest & 0xffff_ffff)
            let isInRAM = buffer >= Self.base && end <= Self.base + Self.ramByteCount
            if rest >> 32 & 2 != 0, !overflow, end > buffer, isInRAM { ranges.append(buffer..<end) }
        }
        for queue in 0..<UInt64(shapes.count) {
            for index in 0..<size {
                let address = Self.descriptors(queue) + index * 16
                visit(address)
                guard (memory.load(UInt16.self, at: address + 12) ?? 0) & 4 != 0 else { continue }
                let table = memory.load(UInt64.self, at: address) ?? 0
                let entries = UInt64(memory.load(UInt32.self, at: address + 8) ?? 0) / 16
                guard table >= Self.indirectTables, table < Self.base + Self.tablesEnd, entries <= 16 else { return nil }
                for entry in 0..<entries { visit(table + entry * 16) }
            }
        }
        guard ranges.allSatisfy({ $0.lowerBound >= Self.base + Self.tablesEnd }) else { return nil }
        return ranges + (0..<UInt64(shapes.count)).map { Self.used($0)..<(Self.used($0) + 6 + 8 * size) }
    }
}

@Suite struct VirtioFuzzTests {
    /// Runs malformed rings against a device; `work` does what the outside world does meanwhile.
    private func fuzzRings<Model: VirtioDevice>(
        _ machine: VirtioTestMachine<Model>, _ shapes: [ChainShape], rounds: Int, seed: UInt64, work: () -> Void
    ) {
        var fuzzer = RingFuzzer(shapes: shapes, random: VirtioRandom(seed: seed))
        let count = Int(RingFuzzer.ramByteCount)
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

    private func enable<Model: VirtioDevice>(_ machine: VirtioTestMachine<Model>, _ queue: UInt64, _ size: UInt64) {
        machine.writeCommon(queue, 0x16, .half)
        machine.writeCommon(size, 0x18, .half)
        machine.writeCommon(RingFuzzer.descriptors(queue), 0x20, .double)
        machine.writeCommon(RingFuzzer.available(queue), 0x28, .double)
        machine.writeCommon(RingFuzzer.used(queue), 0x30, .double)
        machine.writeCommon(1, 0x1c, .half)
    }

    private func onlyChanged(
        _ ranges: [Range<UInt64>], _ memory: GuestMemory, _ before: UnsafeMutableRawPointer
    ) -> Bool {
        let page = 256
        for start in stride(from: 0, to: Int(RingFuzzer.ramByteCount), by: page)
        where memcmp(memory.hostBase + start, before + start, page) != 0 {
            for offset in start..<(start + page) {
                let now = memory.hostBase.load(fromByteOffset: offset, as: UInt8.self)
                guard now != before.load(fromByteOffset: offset, as: UInt8.self) else { continue }
                let address = RingFuzzer.base + UInt64(offset)
                if !ranges.contains(where: { $0.contains(address) }) { return false }
            }
        }
        return true
    }

    private func ramRange(_ memory: GuestMemory) -> ClosedRange<UInt> {
        let start = UInt(bitPattern: memory.hostBase)
        return start...(start + UInt(memory.byteCount) - 1)
    }

    private func blockMachine(seed: UInt64) throws -> (VirtioTestMachine<VirtioBlock>, CheckingBackend) {
        let backend = CheckingBackend(seed: seed)
        let serial = try #require(BlockSerial("fuzz"))
        let machine = try VirtioTestMachine<VirtioBlock>(
            .init(backend: backend, serial: serial), ramByteCount: RingFuzzer.ramByteCount)
        backend.ram = ramRange(machine.memory)
        return (machine, backend)
    }

    @Test(arguments: 1...4 as ClosedRange<UInt64>)
    func blockSurvivesMalformedRings(seed: UInt64) throws {
        let (machine, backend) = try blockMachine(seed: seed)
        fuzzRings(machine, [.request], rounds: 15_000, seed: seed) { backend.completeAll() }
        #expect(backend.violations.isEmpty, "\(backend.violations.prefix(3))")
        #expect(backend.requestCount > 3_000)
    }

    @Test(arguments: 5...6 as ClosedRange<UInt64>)
    func consoleSurvivesMalformedRings(seed: UInt64) throws {
        let port = CharacterPort()
        let machine = try VirtioTestMachine<VirtioConsole>(
            .init(port: port), ramByteCount: RingFuzzer.ramByteCount)
        let shapes: [ChainShape] = [.allWritable, .allReadable]
        fuzzRings(machine, shapes, rounds: 15_000, seed: seed) { port.offer([UInt8](repeating: 0xd5, count: 600)) }
    }

    @Test(arguments: 7...8 as ClosedRange<UInt64>)
    func entropySurvivesMalformedRings(seed: UInt64) throws {
        let machine = try VirtioTestMachine<VirtioEntropy>(
            .init(source: CountingEntropySource()), ramByteCount: RingFuzzer.ramByteCount)
        fuzzRings(machine, [.allWritable], rounds: 15_000, seed: seed) {}
    }

    // MARK: Wild accesses

    /// Random accesses to every register, with rings wherever they land, and machine copies between.
    private func fuzzRegisters<Model: VirtioDevice>(
        _ machine: VirtioTestMachine<Model>, rounds: Int, seed: UInt64, work: () -> Void
    ) {
        var random = VirtioRandom(seed: seed)
        let shapes = [ChainShape](repeating: .request, count: Model.queueSizes.count)
        var fuzzer = RingFuzzer(shapes: shapes, random: VirtioRandom(seed: ~seed))
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
            case 7: machine.writeCommon(RingFuzzer.base + random.next() % 0x1_0000 & ~15, 0x20 + 8 * (value % 3), .double)
            case 8: machine.status = UInt8(truncatingIfNeeded: value)
            case 9...11: machine.notify(Int(random.next() % 3))
            case 12: fuzzer.fill(machine.memory, size: 16)
            case 13: work()
            case 14: machine.write(value, VirtioTestMachine<Model>.windowBase + random.next() % 0x4000_0000, width)
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
                machine.writeCommon(RingFuzzer.base + random.next() % 0x4000 & ~15, field, .double)
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
            .init(port: port), ramByteCount: RingFuzzer.ramByteCount)
        fuzzRegisters(machine, rounds: 30_000, seed: 13) { port.offer([1, 2, 3, 4, 5, 6, 7]) }
    }

    @Test func entropySurvivesWildAccesses() throws {
        let machine = try VirtioTestMachine<VirtioEntropy>(
            .init(source: CountingEntropySource()), ramByteCount: RingFuzzer.ramByteCount)
        fuzzRegisters(machine, rounds: 30_000, seed: 14) {}
    }

    /// Whatever nonsense a device is in the middle of can be saved, and continues in a copy.
    @Test func statesOfFuzzedDevicesCanBeRestored() throws {
        var (machine, backend) = try blockMachine(seed: 21)
        for round in 0..<300 as Range<UInt64> {
            fuzzRegisters(machine, rounds: 40, seed: 1000 + round) { backend.complete(1) }
            var random = VirtioRandom(seed: round)
            var fuzzer = RingFuzzer(shapes: [.request], random: VirtioRandom(seed: round))
            bringUpWildly(machine, &random)
            fuzzer.fill(machine.memory, size: 16)
            machine.notify()
            let next = CheckingBackend(seed: round)
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

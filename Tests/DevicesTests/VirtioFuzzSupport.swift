// Nonsense for virtio devices, and a disk that checks what comes of it.
import Devices
import Foundation
import MachineCore

/// A disk that checks what a device asks of it, and completes requests in random order.
final class CheckingBlockBackend: BlockBackend {
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
        let isWhole = count > 0 && count % 512 == 0 && offset % 512 == 0
        if !isWhole || offset > byteCount || count > byteCount - offset {
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
enum VirtioChainShape {
    /// A header, data in either direction, a byte for the outcome: block requests.
    case request
    case allReadable
    case allWritable
}

/// Writes nonsense into rings and tables, and knows which bytes of RAM a device may change for it.
/// Most of a table is as a good driver would make it: a device gives up at the first mistake, so a
/// table of mistakes only would test little.
struct VirtioRingFuzzer {
    static let ramByteCount: UInt64 = 0x1_0000
    static let base: UInt64 = 0x8000_0000
    /// Rings and tables are in the first pages, data mostly behind them.
    static let tablesEnd: UInt64 = 0x4000
    static let indirectTables = base + 0x3000
    static let tableCount: UInt64 = 2
    /// Descriptors in a chain, unless something is wrong with it.
    static let chainLength: UInt64 = 4

    let shapes: [VirtioChainShape]
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
        _ memory: GuestMemory, table: UInt64, index: UInt64, shape: VirtioChainShape, mayBeIndirect: Bool
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
            // The later in the chain, the more likely it is for the device to write.
            if position == 3 || position == 2 && random.oneIn(2) || position == 1 && random.oneIn(8) {
                flags |= 2
            }
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
                let isAmongTables = table >= Self.indirectTables && table < Self.base + Self.tablesEnd
                guard isAmongTables, entries <= 16 else { return nil }
                for entry in 0..<entries { visit(table + entry * 16) }
            }
        }
        guard ranges.allSatisfy({ $0.lowerBound >= Self.base + Self.tablesEnd }) else { return nil }
        return ranges + (0..<UInt64(shapes.count)).map { Self.used($0)..<(Self.used($0) + 6 + 8 * size) }
    }
}

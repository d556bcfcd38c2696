// A guest's virtio driver: it does what Linux does, through ECAM, the memory window and RAM.
import Devices
import MachineCore
import Testing

/// What the driver found and set up. Field offsets are those of Linux's `virtio_pci.h` and
/// `virtio_ring.h`, checked against these headers.
struct VirtioTestDriver {
    var common: UInt64 = 0
    var notify: UInt64 = 0
    var interrupt: UInt64 = 0
    var deviceConfiguration: UInt64 = 0
    var notifyMultiplier: UInt64 = 0
    var windowCapability: UInt64 = 0
    var features: UInt64 = 0
    var queues: [VirtioTestQueue] = []
}

/// The driver's side of a queue.
struct VirtioTestQueue {
    let size: UInt16
    let descriptors: UInt64
    let available: UInt64
    let used: UInt64
    let indirect: UInt64
    var availableIndex: UInt16 = 0
    var lastUsed: UInt16 = 0
    var free: [UInt16]
    var chains: [UInt16: [UInt16]] = [:]
}

/// A piece of memory for a chain.
struct VirtioTestBuffer {
    let address: UInt64
    let byteCount: UInt32
    let isWritable: Bool
    static func readable(_ address: UInt64, _ byteCount: UInt32) -> VirtioTestBuffer {
        VirtioTestBuffer(address: address, byteCount: byteCount, isWritable: false)
    }
    static func writable(_ address: UInt64, _ byteCount: UInt32) -> VirtioTestBuffer {
        VirtioTestBuffer(address: address, byteCount: byteCount, isWritable: true)
    }
}

enum VirtioFeatureBit {
    static let indirect: UInt64 = 1 << 28
    static let eventIndex: UInt64 = 1 << 29
    static let version1: UInt64 = 1 << 32
    static let all: UInt64 = ~0
}

extension VirtioTestMachine {
    static var bufferBase: UInt64 { ramBase + 0x2_0000 }

    /// Sizes the BAR, assigns it, enables the function and walks its capabilities.
    func probe(bar assigned: UInt64 = 0x4000_8000) {
        writeConfiguration(0xffff_ffff, 0x10)
        writeConfiguration(0xffff_ffff, 0x14)
        let mask = readConfiguration(0x10) & ~0xf | readConfiguration(0x14) << 32
        #expect(~mask &+ 1 == 0x4000, "the BAR's size")
        writeConfiguration(assigned & 0xffff_ffff, 0x10)
        writeConfiguration(assigned >> 32, 0x14)
        writeConfiguration(0x0006, 0x04, .half)
        var pointer = readConfiguration(0x34, .byte)
        var seen = 0
        while pointer != 0, seen < 48 {
            seen += 1
            if readConfiguration(pointer, .byte) == 0x09 { note(capability: pointer, bar: assigned) }
            pointer = readConfiguration(pointer + 1, .byte)
        }
    }

    private func note(capability: UInt64, bar: UInt64) {
        let address = bar + readConfiguration(capability + 8)
        switch readConfiguration(capability + 3, .byte) {
        case 1: driver.common = address
        case 2:
            driver.notify = address
            driver.notifyMultiplier = readConfiguration(capability + 16)
        case 3: driver.interrupt = address
        case 4: driver.deviceConfiguration = address
        case 5: driver.windowCapability = capability
        default: Issue.record("an unknown virtio capability")
        }
    }

    var offeredFeatures: UInt64 {
        writeCommon(0, 0x00, .word)
        let low = readCommon(0x04, .word)
        writeCommon(1, 0x00, .word)
        return low | readCommon(0x04, .word) << 32
    }

    /// Resets the device and negotiates what is offered of `wanted`; false when that is refused.
    @discardableResult
    func negotiate(_ wanted: UInt64 = VirtioFeatureBit.all) -> Bool {
        status = 0
        status = 1
        status = 1 | 2
        driver.features = offeredFeatures & wanted
        accept(driver.features)
        status = 1 | 2 | 8
        return status & 8 != 0
    }

    func accept(_ features: UInt64) {
        for half in 0..<2 as Range<UInt64> {
            writeCommon(half, 0x08, .word)
            writeCommon(features >> (32 * half) & 0xffff_ffff, 0x0c, .word)
        }
    }

    /// Sets all queues up, at most `limit` entries each, and declares the driver ready.
    func start(limit: UInt16 = 1024) {
        driver.queues = []
        for index in 0..<readCommon(0x12, .half) { setUpQueue(index, limit: limit) }
        status |= 4
    }

    private func setUpQueue(_ index: UInt64, limit: UInt16) {
        writeCommon(index, 0x16, .half)
        let size = min(UInt16(readCommon(0x18, .half)), limit)
        writeCommon(UInt64(size), 0x18, .half)
        let base = Self.ramBase + index * 0x8000
        let queue = VirtioTestQueue(
            size: size, descriptors: base, available: base + 0x1000, used: base + 0x2000,
            indirect: base + 0x3000, free: Array((0..<size).reversed()))
        for offset in stride(from: 0 as UInt64, to: 0x8000, by: 8) {
            store(UInt64(0), at: base + offset)
        }
        for (field, address) in [(0x20, queue.descriptors), (0x28, queue.available), (0x30, queue.used)] {
            writeCommon(address & 0xffff_ffff, UInt64(field), .word)
            writeCommon(address >> 32, UInt64(field) + 4, .word)
        }
        writeCommon(1, 0x1c, .half)
        driver.queues.append(queue)
    }

    /// Probes, negotiates and starts.
    func bringUp(_ features: UInt64 = VirtioFeatureBit.all, limit: UInt16 = 1024) {
        probe()
        #expect(negotiate(features))
        start(limit: limit)
        #expect(status == 15)
    }

    // MARK: Queues

    /// Writes RAM. Much used: an `#expect` for each would take most of the tests' time.
    func store(_ value: some FixedWidthInteger & BitwiseCopyable, at address: UInt64) {
        if !memory.store(value, at: address) { Issue.record("the test's own access is outside RAM") }
    }

    /// Makes a chain available without notifying; returns its head.
    @discardableResult
    func add(_ buffers: [VirtioTestBuffer], to index: Int = 0, indirect: Bool = false) -> UInt16 {
        if indirect { return addIndirect(buffers, to: index) }
        var taken: [UInt16] = []
        for _ in buffers { taken.append(driver.queues[index].free.removeLast()) }
        let table = driver.queues[index].descriptors
        for (position, buffer) in buffers.enumerated() {
            let next = position + 1 < taken.count ? taken[position + 1] : nil
            writeDescriptor(table, taken[position], buffer, next: next)
        }
        return publish(taken, index)
    }

    private func addIndirect(_ buffers: [VirtioTestBuffer], to index: Int) -> UInt16 {
        let head = driver.queues[index].free.removeLast()
        let table = driver.queues[index].indirect + UInt64(head) * 256
        for (position, buffer) in buffers.enumerated() {
            let next = position + 1 < buffers.count ? UInt16(position + 1) : nil
            writeDescriptor(table, UInt16(position), buffer, next: next)
        }
        let buffer = VirtioTestBuffer.readable(table, UInt32(buffers.count * 16))
        writeDescriptor(driver.queues[index].descriptors, head, buffer, next: nil, extraFlags: 4)
        return publish([head], index)
    }

    func writeDescriptor(
        _ table: UInt64, _ index: UInt16, _ buffer: VirtioTestBuffer, next: UInt16?, extraFlags: UInt16 = 0
    ) {
        let address = table + UInt64(index) * 16
        let flags = extraFlags | (next == nil ? 0 : 1) | (buffer.isWritable ? 2 : 0)
        store(buffer.address, at: address)
        store(buffer.byteCount, at: address + 8)
        store(flags, at: address + 12)
        store(next ?? 0, at: address + 14)
    }

    private func publish(_ taken: [UInt16], _ index: Int) -> UInt16 {
        driver.queues[index].chains[taken[0]] = taken
        offer(head: taken[0], in: index)
        return taken[0]
    }

    /// Puts a head into the available ring.
    func offer(head: UInt16, in index: Int = 0) {
        let queue = driver.queues[index]
        let slot = queue.available + 4 + 2 * UInt64(queue.availableIndex % queue.size)
        store(head, at: slot)
        driver.queues[index].availableIndex &+= 1
        store(driver.queues[index].availableIndex, at: queue.available + 2)
    }

    func notify(_ index: Int = 0) {
        write(UInt64(index), driver.notify + UInt64(index) * driver.notifyMultiplier, .half)
    }

    /// Chains that the device returned since the last call.
    func reap(_ index: Int = 0) -> [(head: UInt16, written: UInt32)] {
        var result: [(head: UInt16, written: UInt32)] = []
        let queue = driver.queues[index]
        let end = memory.load(UInt16.self, at: queue.used + 2) ?? 0
        while driver.queues[index].lastUsed != end {
            let entry = queue.used + 4 + 8 * UInt64(driver.queues[index].lastUsed % queue.size)
            let head = UInt16(truncatingIfNeeded: memory.load(UInt32.self, at: entry) ?? 0)
            result.append((head, memory.load(UInt32.self, at: entry + 4) ?? 0))
            let descriptors = driver.queues[index].chains.removeValue(forKey: head) ?? []
            driver.queues[index].free += descriptors.reversed()
            driver.queues[index].lastUsed &+= 1
        }
        return result
    }

    /// Asks for an interrupt at the next returned chain, as drivers with event indexes do.
    func askForInterrupt(_ index: Int = 0) {
        let queue = driver.queues[index]
        store(queue.lastUsed, at: queue.available + 4 + 2 * UInt64(queue.size))
    }

    func bytes(_ address: UInt64, _ count: Int) -> [UInt8] { memory.bytes(at: address, count: count) ?? [] }
}

// Split virtqueues: chains, suppression of interrupts and notifications, broken rules.
import Devices
import MachineCore
import Testing

@Suite struct VirtioQueueTests {
    private typealias Machine = VirtioTestMachine<VirtioEntropy>
    private let source = CountingEntropySource()
    private let machine: Machine
    private let buffer = VirtioTestMachine<VirtioEntropy>.bufferBase

    init() throws { machine = try Machine(.init(source: source)) }

    private func expectFailure(naming text: String, sourceLocation: SourceLocation = #_sourceLocation) {
        #expect(machine.status & 0x40 != 0, sourceLocation: sourceLocation)
        #expect(machine.log.lines.count == 1, sourceLocation: sourceLocation)
        #expect(
            machine.log.lines.first?.contains(text) == true, "\(machine.log.lines)",
            sourceLocation: sourceLocation)
        // DEVICE_NEEDS_RESET comes with a configuration interrupt; nothing was returned.
        #expect(machine.interruptIsHigh, sourceLocation: sourceLocation)
        #expect(machine.readInterruptStatus() & 2 != 0, sourceLocation: sourceLocation)
        #expect(machine.reap().isEmpty, sourceLocation: sourceLocation)
        // A reset makes it work again.
        machine.bringUp()
        machine.add([.writable(buffer, 1)])
        machine.notify()
        #expect(machine.reap().count == 1, sourceLocation: sourceLocation)
    }

    @Test func scatteredBuffersAreFilledInOrder() {
        machine.bringUp()
        machine.add([.writable(buffer + 9, 3), .writable(buffer, 0), .writable(buffer, 2)])
        machine.notify()
        #expect(machine.bytes(buffer, 12) == [4, 5, 0, 0, 0, 0, 0, 0, 0, 1, 2, 3])
        #expect(machine.reap().map(\.written) == [5])
    }

    @Test func aChainMayUseTheWholeTable() {
        machine.bringUp(limit: 16)
        machine.add((0..<16).map { .writable(buffer + $0, 1) })
        machine.notify()
        #expect(machine.reap().map(\.written) == [16] && machine.status == 15)
    }

    @Test func indirectTablesWork() {
        machine.bringUp()
        let head = machine.add([.writable(buffer, 1), .writable(buffer + 8, 1)], indirect: true)
        machine.notify()
        #expect(machine.bytes(buffer, 9) == [1, 0, 0, 0, 0, 0, 0, 0, 2])
        #expect(machine.reap().map(\.head) == [head])
    }

    @Test func aTableMayFollowNormalDescriptors() {
        machine.bringUp()
        machine.add([.writable(buffer, 1), .readable(buffer + 0x100, 32)])
        let queue = machine.driver.queues[0]
        // The second descriptor becomes indirect; its WRITE flag would be ignored.
        #expect(machine.memory.store(UInt16(4 | 2), at: queue.descriptors + 16 + 12))
        machine.writeDescriptor(buffer + 0x100, 0, .writable(buffer + 1, 1), next: 1)
        machine.writeDescriptor(buffer + 0x100, 1, .writable(buffer + 2, 1), next: nil)
        machine.notify()
        #expect(machine.bytes(buffer, 3) == [1, 2, 3])
    }

    @Test(arguments: [1, 2, 64] as [UInt16])
    func indexesWrapAround(size: UInt16) {
        machine.bringUp(limit: size)
        for _ in 0..<66_000 / Int(size) {
            for _ in 0..<size { machine.add([.writable(buffer, 1)]) }
            machine.notify()
            guard machine.reap().count == Int(size) else {
                Issue.record("chains got lost: \(machine.log.lines)")
                return
            }
        }
    }

    @Test func theFlagSuppressesInterrupts() {
        machine.bringUp(~VirtioFeatureBit.eventIndex)
        #expect(machine.memory.store(UInt16(1), at: machine.driver.queues[0].available))
        machine.add([.writable(buffer, 1)])
        machine.notify()
        #expect(machine.reap().count == 1 && !machine.interruptIsHigh)
        #expect(machine.memory.store(UInt16(0), at: machine.driver.queues[0].available))
        machine.notify()
        #expect(!machine.interruptIsHigh, "nothing new was returned")
        machine.add([.writable(buffer, 1)])
        machine.notify()
        #expect(machine.interruptIsHigh)
    }

    @Test func theUsedEventDecidesAboutInterrupts() {
        machine.bringUp()
        let event = machine.driver.queues[0].available + 4 + 2 * 64
        // Interrupt when the third chain is returned.
        #expect(machine.memory.store(UInt16(2), at: event))
        for count in 1...5 {
            machine.add([.writable(buffer, 1)])
            machine.notify()
            #expect(machine.interruptIsHigh == (count == 3))
            _ = machine.readInterruptStatus()
        }
        #expect(machine.reap().count == 5)
        // A batch that passes the event counts as well.
        #expect(machine.memory.store(UInt16(6), at: event))
        for _ in 0..<4 { machine.add([.writable(buffer, 1)]) }
        machine.notify()
        #expect(machine.interruptIsHigh)
    }

    @Test func theAvailableEventAsksForTheNextChain() {
        machine.bringUp()
        let event = machine.driver.queues[0].used + 4 + 8 * 64
        for count in 1...3 as ClosedRange<UInt16> {
            machine.add([.writable(buffer, 1)])
            machine.notify()
            #expect(machine.memory.load(UInt16.self, at: event) == count)
        }
    }

    // MARK: Broken rules

    @Test func loopsEnd() {
        machine.bringUp()
        machine.add([.writable(buffer, 1), .writable(buffer, 1)])
        #expect(machine.memory.store(UInt32(0x0000_0003), at: machine.driver.queues[0].descriptors + 16 + 12))
        machine.notify()
        expectFailure(naming: "more than 64 descriptors")
    }

    @Test func aJumpOfTheIndexIsNoticed() {
        machine.bringUp()
        #expect(machine.memory.store(UInt16(65), at: machine.driver.queues[0].available + 2))
        machine.notify()
        expectFailure(naming: "from 0 to 65")
    }

    @Test func headsOutsideTheTableAreNoticed() {
        machine.bringUp()
        machine.offer(head: 64)
        machine.notify()
        expectFailure(naming: "descriptor 64 of a table of 64")
    }

    @Test(arguments: [
        .writable(0x7fff_ffff, 1), .writable(0x800f_ffff, 2), .writable(0xffff_ffff_ffff_ffff, 0xffff_ffff),
        .writable(0x8000_0000, 0xffff_ffff), .writable(0, 0x10_0000),
    ] as [VirtioTestBuffer])
    func buffersOutsideRAMAreNoticed(bad: VirtioTestBuffer) {
        machine.bringUp()
        machine.add([.writable(buffer, 1), bad])
        machine.notify()
        #expect(machine.bytes(buffer, 1) == [0])
        expectFailure(naming: "not wholly in RAM")
    }

    @Test func emptyBuffersMayPointAnywhere() {
        machine.bringUp()
        machine.add([.readable(~0, 0), .writable(1, 0)])
        machine.notify()
        #expect(machine.reap().map(\.written) == [0])
        #expect(machine.status == 15)
    }

    @Test func readableBehindWritableIsNoticed() {
        machine.bringUp()
        machine.add([.writable(buffer, 1), .readable(buffer, 1)])
        machine.notify()
        expectFailure(naming: "behind a device-writable")
    }

    @Test func hugeChainsAreNoticed() throws {
        let large = try Machine(.init(source: source), ramByteCount: 1 << 28)
        large.bringUp()
        large.add((0..<17).map { _ in .writable(Machine.ramBase, 1 << 28) })
        large.notify()
        #expect(large.status & 0x40 != 0 && large.log.lines.first?.contains("2^32 - 1") == true)
    }

    @Test func tablesThatWereNotNegotiatedAreNoticed() {
        machine.bringUp(~VirtioFeatureBit.indirect)
        machine.add([.writable(buffer, 1)], indirect: true)
        machine.notify()
        expectFailure(naming: "not negotiated")
    }

    @Test func tablesInTablesAreNoticed() {
        machine.bringUp()
        let head = machine.add([.writable(buffer, 16)], indirect: true)
        let table = machine.driver.queues[0].indirect + UInt64(head) * 256
        machine.writeDescriptor(table, 0, .writable(buffer, 16), next: nil, extraFlags: 4)
        machine.notify()
        expectFailure(naming: "in an indirect table")
    }

    @Test func tablesInTheMiddleOfAChainAreNoticed() {
        machine.bringUp()
        let head = machine.add([.writable(buffer, 1)], indirect: true)
        machine.store(UInt16(5), at: machine.driver.queues[0].descriptors + UInt64(head) * 16 + 12)
        machine.notify()
        expectFailure(naming: "not the end of its chain")
    }

    @Test(arguments: [0, 15, 17, 1025 * 16, 0xffff_fff0] as [UInt32])
    func oddTableSizesAreNoticed(byteCount: UInt32) {
        machine.bringUp()
        let head = machine.add([.writable(buffer, 1)], indirect: true)
        machine.store(byteCount, at: machine.driver.queues[0].descriptors + UInt64(head) * 16 + 8)
        machine.notify()
        expectFailure(naming: "table of \(byteCount) bytes")
    }

    @Test(arguments: [0x7fff_fff8, 0x800f_fff8, 0xffff_ffff_ffff_fff8] as [UInt64])
    func tablesOutsideRAMAreNoticed(address: UInt64) {
        machine.bringUp()
        let head = machine.add([.writable(buffer, 1)], indirect: true)
        #expect(machine.memory.store(address, at: machine.driver.queues[0].descriptors + UInt64(head) * 16))
        machine.notify()
        expectFailure(naming: "descriptor table")
    }

    @Test func loopsInTablesEnd() {
        machine.bringUp()
        let head = machine.add([.writable(buffer, 1), .writable(buffer, 1)], indirect: true)
        let table = machine.driver.queues[0].indirect + UInt64(head) * 256
        machine.writeDescriptor(table, 1, .writable(buffer, 1), next: 0)
        machine.notify()
        expectFailure(naming: "more than 2 descriptors")
    }

    @Test func aFailedDeviceTouchesNothing() {
        machine.bringUp()
        machine.offer(head: 64)
        machine.notify()
        machine.add([.writable(buffer, 1)])
        machine.notify()
        #expect(machine.bytes(buffer, 1) == [0] && machine.reap().isEmpty)
        #expect(machine.log.lines.count == 1)
    }
}

// The block device: requests, errors, resets and snapshots in the middle of them.
import Devices
import MachineCore
import Testing

@Suite struct VirtioBlockTests {
    private typealias Machine = VirtioTestMachine<VirtioBlock>
    private let backend = ManualBlockBackend(byteCount: 64 * 512)
    private let serial: BlockSerial
    private let machine: Machine
    private let header = VirtioTestMachine<VirtioBlock>.bufferBase
    private let data = VirtioTestMachine<VirtioBlock>.bufferBase + 0x1000

    init() throws {
        serial = try #require(BlockSerial("STL-0001"))
        machine = try Machine(.init(backend: backend, serial: serial))
    }

    private func status(_ slot: UInt64 = 0) -> UInt8 { machine.bytes(header + slot * 32 + 16, 1)[0] }

    /// Makes a request of Linux's form available: header, data, status.
    @discardableResult
    private func request(
        _ type: UInt32, sector: UInt64 = 0, _ buffers: [VirtioTestBuffer] = [], slot: UInt64 = 0,
        on machine: Machine? = nil, indirect: Bool = false
    ) -> UInt16 {
        let machine = machine ?? self.machine
        let address = header + slot * 32
        #expect(machine.memory.store(UInt64(type), at: address))
        #expect(machine.memory.store(sector, at: address + 8))
        #expect(machine.memory.store(UInt8(0xff), at: address + 16))
        let chain = [.readable(address, 16)] + buffers + [.writable(address + 16, 1)]
        return machine.add(chain, indirect: indirect)
    }

    private func run() {
        machine.notify()
        backend.completeAll()
    }

    @Test func configurationDescribesTheDisk() {
        machine.probe()
        #expect(machine.readConfiguration(0) == 0x1042_1af4)
        let base = machine.driver.deviceConfiguration
        #expect(machine.read(base, .word) == 64)
        #expect(machine.read(base + 4, .word) == 0)
        #expect(machine.read(base + 12, .word) == 254)
        #expect(machine.read(base + 20, .word) == 512)
        #expect(machine.read(base + 36, .word) == 1 << 22)
        #expect(machine.read(base + 40, .word) == 1)
        #expect(machine.read(base + 48, .word) == 1 << 22)
        #expect(machine.read(base + 56, .byte) == 1)
        let bits: [UInt64] = [1, 2, 6, 9, 13, 14, 28, 29, 32]
        #expect(machine.offeredFeatures == bits.reduce(0) { $0 | 1 << $1 })
        backend.isReadOnly = true
    }

    @Test(arguments: [false, true])
    func readsScatter(indirect: Bool) {
        machine.bringUp()
        let buffers: [VirtioTestBuffer] = [.writable(data, 100), .writable(data + 0x800, 924)]
        let head = request(0, sector: 3, buffers, indirect: indirect)
        run()
        #expect(backend.history == ["read 1536+1024"])
        #expect(machine.bytes(data, 101) == Array(backend.data[1536..<1636]) + [0])
        #expect(machine.bytes(data + 0x800, 925) == Array(backend.data[1636..<2560]) + [0])
        let used = machine.reap()
        #expect(used.map(\.head) == [head] && used.map(\.written) == [1025])
        #expect(status() == 0 && machine.interruptIsHigh)
    }

    @Test func writesGather() {
        machine.bringUp()
        let bytes = (0..<512).map { UInt8(truncatingIfNeeded: $0 &* 3) }
        #expect(machine.memory.write(bytes, at: data))
        request(1, sector: 63, [.readable(data, 500), .readable(data + 500, 12)])
        run()
        #expect(backend.history == ["write 32256+512"])
        #expect(Array(backend.data[32256...]) == bytes)
        #expect(status() == 0 && machine.reap().map(\.written) == [1])
    }

    @Test func headersAndStatusMayBeCutAnywhere() {
        machine.bringUp()
        let bytes: [UInt8] = [0, 0, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0]
        #expect(machine.memory.write(bytes, at: header))
        let cut: [VirtioTestBuffer] = [.readable(header, 5), .readable(header + 5, 11)]
        machine.add(cut + [.writable(data, 300), .writable(data + 300, 213)])
        run()
        #expect(backend.history == ["read 1024+512"])
        #expect(machine.bytes(data, 513) == Array(backend.data[1024..<1536]) + [0])
        #expect(machine.reap().map(\.written) == [513])
    }

    @Test(arguments: [
        (0, 64, 512), (0, 63, 1024), (0, 0, 511), (0, 0, 513), (0, 1 << 55, 512), (0, ~0, 512), (0, 65, 0),
        (1, 64, 512), (1, 63, 1024), (1, 0, 100),
    ] as [(UInt32, UInt64, UInt32)])
    func wrongRangesAreErrors(type: UInt32, sector: UInt64, byteCount: UInt32) {
        machine.bringUp()
        request(type, sector: sector, [type == 0 ? .writable(data, byteCount) : .readable(data, byteCount)])
        run()
        #expect(backend.history.isEmpty && status() == 1 && machine.reap().count == 1)
        #expect(machine.status == 15)
    }

    @Test func emptyTransfersSucceedAtOnce() {
        machine.bringUp()
        request(0)
        request(1, slot: 1)
        machine.notify()
        #expect(backend.history.isEmpty && machine.reap().map(\.written) == [1, 1])
        #expect(status() == 0 && status(1) == 0)
    }

    @Test func flushIsForwarded() {
        machine.bringUp()
        request(4)
        run()
        #expect(backend.history == ["flush"] && status() == 0)
    }

    @Test func withoutTheFlushFeatureWritesAreDurable() {
        machine.bringUp(~(1 << 9))
        request(1, [.readable(data, 512)])
        machine.notify()
        backend.complete()
        #expect(machine.reap().isEmpty && backend.history == ["write 0+512", "flush"])
        backend.complete()
        #expect(machine.reap().count == 1 && status() == 0)
        request(1, [.readable(data, 512)])
        machine.notify()
        backend.failure = .ioError
        backend.complete()
        #expect(machine.reap().count == 1 && status() == 1 && backend.pending.isEmpty)
    }

    private func range(_ sector: UInt64, _ count: UInt32, _ flags: UInt32) -> [VirtioTestBuffer] {
        #expect(machine.memory.store(sector, at: data) && machine.memory.store(count, at: data + 8))
        #expect(machine.memory.store(flags, at: data + 12))
        return [.readable(data, 16)]
    }

    @Test(arguments: [
        (11, 2, 3, 0, "discard 1024+1536", 0), (13, 60, 4, 0, "zero 30720+2048", 0),
        (13, 0, 1, 1, "zero 0+512", 0),
        (11, 2, 3, 1, nil, 2), (13, 2, 3, 2, nil, 2), (11, 62, 3, 0, nil, 1), (13, ~0, 1, 0, nil, 1),
        (11, 0, ~0, 0, nil, 1), (13, 5, 0, 0, nil, 0),
    ] as [(UInt32, UInt64, UInt32, UInt32, String?, UInt8)])
    func rangesAreChecked(
        type: UInt32, sector: UInt64, count: UInt32, flags: UInt32, done: String?, outcome: UInt8
    ) {
        machine.bringUp()
        request(type, range(sector, count, flags))
        run()
        #expect(backend.history == (done.map { [$0] } ?? []))
        #expect(status() == outcome && machine.reap().count == 1)
    }

    @Test func severalRangesInOneRequestAreErrors() {
        machine.bringUp()
        _ = range(0, 1, 0)
        request(11, [.readable(data, 32)])
        request(13, [.readable(data, 15)], slot: 1)
        run()
        #expect(backend.history.isEmpty && status() == 1 && status(1) == 1)
    }

    @Test func theSerialNumberIsPaddedWithZeros() {
        machine.bringUp()
        #expect(machine.memory.write([UInt8](repeating: 0xee, count: 32), at: data))
        request(8, [.writable(data, 20)])
        machine.notify()
        #expect(machine.bytes(data, 21) == Array("STL-0001".utf8) + [UInt8](repeating: 0, count: 12) + [0xee])
        #expect(status() == 0)
        #expect(BlockSerial("123456789012345678901") == nil && BlockSerial("a\n") == nil)
        #expect(BlockSerial("12345678901234567890") != nil)
    }

    @Test(arguments: [2, 3, 5, 9, 12, 14, 0xffff_ffff] as [UInt32])
    func unknownTypesAreUnsupported(type: UInt32) {
        machine.bringUp()
        request(type, [.writable(data, 512)])
        run()
        #expect(backend.history.isEmpty && status() == 2 && machine.reap().count == 1)
    }

    @Test func discardNeedsItsFeature() {
        machine.bringUp(~(1 << 13 | 1 << 14))
        request(11, range(0, 1, 0))
        request(13, range(0, 1, 0), slot: 1)
        run()
        #expect(backend.history.isEmpty && status() == 2 && status(1) == 2)
    }

    @Test func readOnlyDisksRefuseChanges() throws {
        backend.isReadOnly = true
        machine.probe()
        #expect(machine.offeredFeatures & (1 << 5) == 0, "features are fixed when the device is made")
        let machine = try Machine(.init(backend: backend, serial: serial))
        machine.bringUp()
        #expect(machine.driver.features & 0xffff == 1 << 1 | 1 << 2 | 1 << 5 | 1 << 6 | 1 << 9)
        request(1, [.readable(data, 512)], on: machine)
        request(0, [.writable(data, 512)], slot: 1, on: machine)
        machine.notify()
        backend.completeAll()
        #expect(backend.history == ["read 0+512"])
        #expect(machine.bytes(header + 16, 1) == [1] && machine.bytes(header + 48, 1) == [0])
    }

    @Test(arguments: [(BlockStatus.ioError, 1), (.unsupported, 2)] as [(BlockStatus, UInt8)])
    func failuresOfTheBackendReachTheDriver(failure: BlockStatus, outcome: UInt8) {
        machine.bringUp()
        backend.failure = failure
        request(0, [.writable(data, 512)])
        run()
        #expect(status() == outcome && machine.reap().map(\.written) == [0])
    }

    @Test func completionsComeInAnyOrder() {
        machine.bringUp()
        let heads = (0..<4 as Range<UInt64>).map { slot in
            request(0, sector: slot, [.writable(data + slot * 512, 512)], slot: slot)
        }
        machine.notify()
        #expect(machine.function.state.device.inFlight == heads)
        for index in [2, 0, 1, 0] { backend.complete(index) }
        #expect(machine.reap().map(\.head) == [heads[2], heads[0], heads[3], heads[1]])
        #expect(machine.bytes(data, 2048) == Array(backend.data[0..<2048]))
        #expect(machine.function.state.device.inFlight.isEmpty)
    }

    @Test(arguments: [
        [.readable(0x8002_0000, 15), .writable(0x8002_0010, 1)], [.readable(0x8002_0000, 16)],
        [.writable(0x8002_0000, 512)],
    ] as [[VirtioTestBuffer]])
    func chainsWithoutRoomFailTheDevice(chain: [VirtioTestBuffer]) {
        machine.bringUp()
        machine.add(chain)
        run()
        #expect(machine.status & 0x40 != 0 && backend.history.isEmpty && machine.reap().isEmpty)
    }

    @Test func aChainThatIsInUseCanNotComeAgain() {
        machine.bringUp()
        let head = request(0, [.writable(data, 512)])
        machine.offer(head: head)
        machine.notify()
        #expect(machine.status & 0x40 != 0 && backend.pending.count == 1)
        backend.completeAll()
        #expect(machine.reap().isEmpty && status() == 0xff)
    }

    @Test func aResetWaitsForRequestsAndForgetsThem() {
        machine.bringUp()
        request(0, [.writable(data, 512)])
        machine.notify()
        machine.status = 0
        #expect(machine.status != 0, "the driver may not use the memory yet")
        #expect(machine.function.state.device.inFlight.isEmpty)
        let before = machine.bytes(Machine.ramBase, 0x2_0020)
        backend.completeAll()
        #expect(machine.status == 0)
        #expect(machine.bytes(Machine.ramBase, 0x2_0020) == before, "rings and status are left alone")
        #expect(!machine.interruptIsHigh)
    }

    @Test func requestsOfBeforeAResetDoNotDisturbNewOnes() {
        machine.bringUp()
        request(0, [.writable(data, 512)])
        machine.notify()
        // A driver that does not wait.
        machine.bringUp()
        let head = request(0, sector: 1, [.writable(data + 512, 512)])
        machine.notify()
        backend.complete()
        #expect(machine.reap().isEmpty && status() == 0xff)
        #expect(machine.function.state.device.inFlight == [head])
        backend.complete()
        #expect(machine.reap().map(\.head) == [head] && status() == 0)
    }

    @Test func requestsInFlightContinueInARestoredMachine() throws {
        machine.bringUp()
        for slot in 0..<3 as Range<UInt64> {
            request(0, sector: slot, [.writable(data + slot * 512, 512)], slot: slot, indirect: slot == 1)
        }
        machine.notify()
        backend.complete(1)
        #expect(machine.reap().count == 1)
        let other = ManualBlockBackend(byteCount: 64 * 512)
        let restored = try machine.copy(.init(backend: other, serial: serial))
        #expect(restored.function.state == machine.function.state)
        #expect(other.history == ["read 0+512", "read 1024+512"])
        restored.askForInterrupt()
        other.completeAll()
        #expect(restored.reap().count == 2 && restored.interruptIsHigh)
        #expect(restored.bytes(data, 1536) == Array(backend.data[0..<1536]))
        #expect(restored.function.state.device.inFlight.isEmpty)
        request(0, sector: 9, [.writable(data, 512)], on: restored)
        restored.notify()
        other.completeAll()
        #expect(restored.reap().map(\.written) == [513])
    }

    @Test func requestsThatChangedInRAMFailARestoredDevice() throws {
        machine.bringUp()
        request(0, [.writable(data, 512)])
        machine.notify()
        #expect(machine.memory.store(~0 as UInt64, at: machine.driver.queues[0].descriptors))
        let restored = try machine.copy(.init(backend: backend, serial: serial))
        #expect(restored.status == 0x4f && backend.pending.count == 1)
        restored.status = 0
        #expect(restored.status == 0)
    }

    @Test func impossibleRequestsInFlightAreRefused() throws {
        machine.bringUp()
        request(0, [.writable(data, 512)])
        machine.notify()
        let good = machine.function.state
        for heads in [[0, 0], [256]] as [[UInt16]] {
            var state = good
            state.device = try encodedAndDecoded(["inFlight": heads], as: VirtioBlock.State.self)
            #expect(throws: StateError.self) {
                _ = try Machine(.init(backend: backend, serial: serial), state: state, copying: machine)
            }
        }
        var state = VirtioPCIFunction<VirtioBlock>.State.powerOn
        state.device = good.device
        #expect(throws: StateError.self) {
            _ = try Machine(.init(backend: backend, serial: serial), state: state, copying: machine)
        }
        backend.isReadOnly = true
        #expect(throws: StateError.self) {
            _ = try Machine(.init(backend: backend, serial: serial), state: good, copying: machine)
        }
    }

    @Test func snapshotsAreWhole() throws {
        var backends: [ManualBlockBackend] = []
        try expectVirtioConformance(
            of: VirtioBlock.self,
            resources: {
                backends.append(ManualBlockBackend(byteCount: 64 * 512))
                return .init(backend: backends[backends.count - 1], serial: serial)
            },
            work: { machine, resources in
                // What an earlier call left in flight is done now; of the two new ones, one stays.
                let backend = try #require(backends.first { $0 === resources.backend })
                backend.completeAll()
                _ = machine.reap()
                request(0, sector: 1, [.writable(data, 512)], on: machine)
                request(1, sector: 2, [.readable(data, 512)], slot: 1, on: machine)
                machine.notify()
                backend.complete(1)
            })
    }
}

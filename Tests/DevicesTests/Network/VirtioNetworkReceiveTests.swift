// The network device: frames for the driver, one or several buffers, waiting, resets and snapshots.
import Devices
import MachineCore
import Testing

@Suite struct VirtioNetworkReceiveTests {
    private typealias Guest = NetworkTestGuest
    private let guest: NetworkTestGuest
    private var machine: NetworkTestGuest.Machine { guest.machine }
    private var backend: ManualNetworkBackend { guest.backend }
    private let noMerging: UInt64 = ~(1 << 15)

    init() throws { guest = try NetworkTestGuest() }

    @Test(arguments: [~0, ~(1 << 15)] as [UInt64])
    func framesArriveBehindTheirHeader(features: UInt64) {
        machine.bringUp(features)
        let buffer = guest.provide(1526, slot: 0)
        #expect(!machine.interruptIsHigh)
        let frame = Guest.frame(100)
        #expect(backend.offer(frame) == 1)
        #expect(machine.bytes(buffer, 12) == [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0])
        #expect(machine.bytes(buffer + 12, 101) == frame.bytes + [0])
        #expect(machine.reap().map(\.written) == [112] && machine.interruptIsHigh)
        #expect(guest.device.counters.receivedFrames == 1 && guest.device.counters.receivedBytes == 100)
    }

    @Test func headersTellWhatIsLeftToDo() {
        machine.bringUp()
        func header(_ offload: FrameOffload) -> [UInt8] {
            var frame = Guest.frame(200)
            frame.bytes[34 + 12] = 0x80
            frame.offload = offload
            let buffer = guest.provide(1526, slot: 0)
            #expect(backend.offer(frame) == 1)
            return machine.reap().count == 1 ? machine.bytes(buffer, 12) : []
        }
        let partial = FrameOffload.Checksum.partial(start: 34, offset: 16)
        #expect(header(.init(checksum: .verified)) == [2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0])
        #expect(header(.init(checksum: partial)) == [1, 0, 0, 0, 0, 0, 34, 0, 16, 0, 1, 0])
        // Ethernet, IPv4 and TCP with options: 14 + 20 + 32 bytes of headers.
        let large = FrameOffload(checksum: partial, segmentation: .tcp4, segmentByteCount: 0x5b4)
        #expect(header(large) == [1, 1, 66, 0, 0xb4, 5, 34, 0, 16, 0, 1, 0])
        let larger = FrameOffload(checksum: partial, segmentation: .tcp6, segmentByteCount: 1)
        #expect(header(larger) == [1, 4, 66, 0, 1, 0, 34, 0, 16, 0, 1, 0])
        #expect(guest.device.receiveOffloads == .all)
    }

    @Test func unfinishedFramesNeedTheirFeatures() {
        machine.bringUp(~(1 << 1))
        let buffer = guest.provide(1526, slot: 0)
        #expect(guest.device.receiveOffloads == [])
        var frame = Guest.frame(200)
        frame.offload.checksum = .partial(start: 34, offset: 16)
        #expect(backend.offer(frame) == 1 && machine.reap().isEmpty)
        #expect(guest.device.counters.filteredFrames == 1)
        frame.offload.checksum = .verified
        #expect(backend.offer(frame) == 1 && machine.bytes(buffer, 1) == [0] && machine.reap().count == 1)
    }

    @Test func framesSpreadOverBuffers() {
        machine.bringUp()
        let sizes: [UInt32] = [12, 100, 40, 500]
        let buffers = sizes.enumerated().map { guest.provide($1, slot: UInt64($0)) }
        let frame = Guest.frame(150)
        #expect(backend.offer(frame) == 1)
        #expect(machine.bytes(buffers[0], 13) == [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 4, 0, 0])
        #expect(machine.bytes(buffers[1], 101) == Array(frame.bytes[..<100]) + [0])
        #expect(machine.bytes(buffers[2], 41) == Array(frame.bytes[100..<140]) + [0])
        #expect(machine.bytes(buffers[3], 11) == Array(frame.bytes[140...]) + [0])
        #expect(machine.reap().map(\.written) == [12, 100, 40, 10])
    }

    @Test func chainsOfABufferAreFilledInOrder() {
        machine.bringUp(noMerging)
        let base = Guest.buffers
        machine.add([.writable(base, 5), .writable(base + 16, 7), .writable(base + 32, 20), .writable(base + 64, 99)])
        let frame = Guest.frame(60)
        #expect(backend.offer(frame) == 1)
        #expect(machine.bytes(base + 16, 7) == [0, 0, 0, 0, 0, 1, 0])
        #expect(machine.bytes(base + 32, 20) + machine.bytes(base + 64, 40) == frame.bytes)
        #expect(machine.reap().map(\.written) == [72])
    }

    @Test func aFrameWaitsForAllItsBuffers() throws {
        machine.bringUp()
        let frames = [Guest.frame(150, seed: 1), Guest.frame(60, seed: 2)]
        guest.provide(60, slot: 0)
        guest.provide(60, slot: 1)
        #expect(guest.device.receive(frames[...]) == 2)
        #expect(machine.reap().isEmpty && !machine.interruptIsHigh)
        #expect(guest.state.pairs[0].held.count == 2 && guest.state.pairs[0].waiting == frames)
        // A snapshot in the middle goes on as the original does.
        let otherBackend = ManualNetworkBackend()
        let restored = try machine.copy(.init(backend: otherBackend, address: Guest.own))
        #expect(restored.function.state == machine.function.state)
        for machine in [machine, restored] {
            machine.add([.writable(Guest.buffers + 2 * 2048, 60)])
            machine.add([.writable(Guest.buffers + 3 * 2048, 72)])
            machine.notify()
            #expect(machine.reap().map(\.written) == [60, 60, 42, 72])
            let bytes = machine.bytes(Guest.buffers + 12, 48) + machine.bytes(Guest.buffers + 2048, 60)
            #expect(bytes + machine.bytes(Guest.buffers + 4096, 42) == frames[0].bytes)
            #expect(machine.bytes(Guest.buffers + 3 * 2048 + 12, 60) == frames[1].bytes)
            #expect(machine.function.state.device.pairs[0] == .powerOn)
        }
    }

    @Test func aFrameThatNeverFitsIsDroppedAndItsBufferKept() {
        machine.bringUp(noMerging)
        guest.provide(100, slot: 0)
        #expect(backend.offer(Guest.frame(89), Guest.frame(88)) == 2)
        #expect(machine.reap().map(\.written) == [100])
        #expect(guest.device.counters.filteredFrames == 1)
        // With merging, as many buffers as the queue has are not enough.
        machine.bringUp(limit: 4)
        for slot in 0..<4 as Range<UInt64> { guest.provide(20, slot: slot) }
        #expect(backend.offer(Guest.frame(69)) == 1 && machine.reap().isEmpty)
        #expect(guest.state.pairs[0].held.count == 4 && guest.state.pairs[0].waiting.isEmpty)
        #expect(backend.offer(Guest.frame(28)) == 1 && machine.reap().count == 2)
        #expect(guest.state.pairs[0].held.count == 2)
        #expect(backend.offer(Guest.frame(27)) == 1 && machine.reap().count == 2)
    }

    @Test func waitingFramesAreBounded() {
        machine.bringUp(limit: 64)
        let frames = (0..<400).map { Guest.frame(60, seed: UInt8(truncatingIfNeeded: $0)) }
        #expect(guest.device.receive(frames[...]) == 256)
        #expect(guest.device.receive(frames[256...]) == 0 && backend.roomNotices == 0)
        for slot in 0..<16 as Range<UInt64> { guest.provide(100, slot: slot, notifies: false) }
        machine.notify()
        #expect(machine.reap().count == 16 && backend.roomNotices == 1)
        #expect(guest.state.pairs[0].waiting == Array(frames[16..<256]))
        #expect(guest.device.receive(frames[256...]) == 16)
        // Large ones by their bytes: a mebibyte and what goes beyond it.
        machine.bringUp(limit: 64)
        let large = [NetworkFrame](repeating: Guest.frame(65550), count: 100)
        #expect(guest.device.receive(large[...]) == 16)
        machine.status = 0
        #expect(guest.state.pairs[0].waiting.isEmpty && backend.roomNotices >= 2)
        #expect(guest.device.receive(large[...]) == 100, "nobody listens")
    }

    @Test(arguments: [
        [.readable(0x8006_0000, 100)], [.writable(0x8006_0000, 11)],
        [.readable(0x8006_0000, 1), .writable(0x8006_0000, 100)],
    ] as [[VirtioTestBuffer]])
    func wrongBuffersFailTheDevice(chain: [VirtioTestBuffer]) {
        machine.bringUp()
        machine.add(chain)
        machine.notify()
        #expect(machine.status == 15)
        #expect(backend.offer(Guest.frame()) == 1)
        #expect(machine.status & 0x40 != 0 && machine.reap().isEmpty)
        #expect(backend.offer(Guest.frame()) == 1)
        machine.bringUp()
        guest.provide(100, slot: 0)
        #expect(backend.offer(Guest.frame()) == 1 && machine.reap().count == 1)
    }

    @Test func aBufferThatIsInUseCanNotComeAgain() {
        machine.bringUp()
        let head = machine.add([.writable(Guest.buffers, 20)])
        #expect(backend.offer(Guest.frame()) == 1)
        machine.offer(head: head)
        machine.notify()
        #expect(machine.status & 0x40 != 0 && machine.reap().isEmpty)
    }

    @Test func aHeldBufferThatChangedInRAMFailsTheDevice() throws {
        machine.bringUp()
        machine.add([.writable(Guest.buffers, 20)])
        #expect(backend.offer(Guest.frame()) == 1)
        machine.store(~0 as UInt64, at: machine.driver.queues[0].descriptors)
        let restored = try machine.copy(.init(backend: ManualNetworkBackend(), address: Guest.own))
        #expect(restored.status & 0x40 != 0)
        machine.notify()
        #expect(machine.status & 0x40 != 0)
    }

    @Test func aCableThatWasPulledMeanwhileIsNoticed() throws {
        machine.bringUp()
        let other = ManualNetworkBackend()
        other.isLinkUp = false
        let restored = try machine.copy(.init(backend: other, address: Guest.own))
        #expect(restored.read(restored.driver.deviceConfiguration + 6, .half) == 0)
        #expect(restored.readInterruptStatus() == 2)
    }

    @Test func framesToSendGoOnInARestoredMachine() throws {
        machine.bringUp()
        backend.isReadyToSend = false
        guest.send(Guest.frame().bytes)
        #expect(backend.sent.isEmpty)
        let other = ManualNetworkBackend()
        let restored = try machine.copy(.init(backend: other, address: Guest.own))
        #expect(other.sent == [Guest.frame()] && restored.reap(1).count == 1)
    }

    @Test func impossibleStatesAreRefused() throws {
        machine.bringUp()
        machine.add([.writable(Guest.buffers, 20)])
        #expect(backend.offer(Guest.frame()) == 1)
        let good = machine.function.state
        struct Copy: Codable {
            struct Pair: Codable { var waiting: [NetworkFrame], held: [UInt16] }
            var isLinkUp: Bool, filter: ReceiveFilter, activePairs: Int, steering: [UInt8], pairs: [Pair]
        }
        let changes: [(inout Copy) -> Void] = [
            { $0.activePairs = 0 }, { $0.activePairs = 2 }, { $0.steering = [0] },
            { $0.steering = [UInt8](repeating: 1, count: 256) }, { $0.pairs.removeLast() },
            { $0.pairs[0].held = [0, 0] }, { $0.pairs[0].held = [256] },
            { $0.pairs[0].waiting = [NetworkFrame([1, 2, 3])] },
            { $0.pairs[0].waiting[0].offload.segmentByteCount = 5 },
            { $0.pairs[0].waiting[0].offload.checksum = .partial(start: 59, offset: 0) },
            { $0.pairs[0].waiting = [NetworkFrame](repeating: Guest.frame(), count: 257) },
            { $0.pairs[0].waiting = [NetworkFrame](repeating: Guest.frame(65550), count: 18) },
        ]
        let copy = try encodedAndDecoded(good.device, as: Copy.self)
        func build(_ device: VirtioNetwork.State) throws {
            var state = good
            state.device = device
            let resources = VirtioNetwork.Resources(backend: ManualNetworkBackend(), address: Guest.own)
            _ = try NetworkTestGuest.Machine(resources, state: state, copying: machine)
        }
        try build(try encodedAndDecoded(copy, as: VirtioNetwork.State.self))
        for (index, change) in changes.enumerated() {
            var changed = copy
            change(&changed)
            let state = try encodedAndDecoded(changed, as: VirtioNetwork.State.self)
            #expect(throws: StateError.self, "change \(index)") { try build(state) }
        }
        var off = good
        off.transport = VirtioPCIFunction<VirtioNetwork>.State.powerOn.transport
        #expect(throws: StateError.self) {
            let resources = VirtioNetwork.Resources(backend: ManualNetworkBackend(), address: Guest.own)
            _ = try NetworkTestGuest.Machine(resources, state: off, copying: machine)
        }
    }

    @Test func snapshotsAreWhole() throws {
        try expectVirtioConformance(
            of: VirtioNetwork.self,
            resources: { .init(backend: ManualNetworkBackend(), address: Guest.own, queuePairs: 4) },
            work: { machine, resources in
                let device = machine.function.device
                machine.add([.writable(Guest.buffers, 40)])
                machine.notify()
                #expect(device.receive([Guest.frame(150)][...]) == 1)
                #expect(!device.state.pairs[0].held.isEmpty && !device.state.pairs[0].waiting.isEmpty)
                #expect(machine.memory.write([4, 0, 3, 0], at: Guest.large))
                machine.add([.readable(Guest.large, 4), .writable(Guest.large + 8, 1)], to: 8)
                machine.notify(8)
                #expect(machine.reap(8).count == 1 && device.state.activePairs == 3)
                #expect(machine.memory.write([0, 0, 0], at: Guest.large))
                machine.add([.readable(Guest.large, 3), .writable(Guest.large + 8, 1)], to: 8)
                machine.notify(8)
                #expect(machine.reap(8).count == 1 && device.state.filter.mode.isEmpty)
            })
    }
}

extension VirtioNetwork.Pair {
    static var powerOn: VirtioNetwork.Pair { VirtioNetwork.powerOn.pairs[0] }
}

// The network device: what the driver sends, and what becomes of nonsense.
import Devices
import MachineCore
import Testing

@Suite struct VirtioNetworkTransmitTests {
    private let guest: NetworkTestGuest
    private var machine: NetworkTestGuest.Machine { guest.machine }
    private var backend: ManualNetworkBackend { guest.backend }

    init() throws { guest = try NetworkTestGuest() }

    @Test func theConfigurationDescribesTheCard() throws {
        machine.probe()
        #expect(machine.readConfiguration(0) == 0x1041_1af4)
        #expect(machine.readConfiguration(8) >> 8 == 0x02_00_00)
        let bits: [UInt64] = [0, 1, 3, 5, 7, 8, 11, 12, 15, 16, 17, 18, 19, 20, 23, 28, 29, 32]
        #expect(machine.offeredFeatures == bits.reduce(0) { $0 | 1 << $1 })
        let base = machine.driver.deviceConfiguration
        let address = (0..<6 as Range<UInt64>).map { UInt8(machine.read(base + $0, .byte)) }
        #expect(address == [0x52, 0x54, 0x00, 0x12, 0x34, 0x56])
        #expect(machine.read(base + 6, .half) == 1 && machine.read(base + 8, .half) == 1)
        #expect(machine.read(base + 10, .half) == 1500)
        let several = try NetworkTestGuest(queuePairs: 9)
        several.machine.probe()
        #expect(several.machine.offeredFeatures & 1 << 22 != 0)
        #expect(several.machine.read(several.machine.driver.deviceConfiguration + 8, .half) == 4)
    }

    @Test(arguments: [[], [12], [1, 11], [10, 3, 1, 20], [26], [71]])
    func framesLeaveWhole(cuts: [Int]) {
        machine.bringUp()
        let frame = NetworkTestGuest.frame(61)
        guest.send(frame.bytes, cuts: cuts)
        #expect(backend.sent == [frame])
        #expect(machine.reap(1).map(\.written) == [0] && machine.interruptIsHigh)
        #expect(guest.device.counters.sentFrames == 1 && guest.device.counters.sentBytes == 61)
    }

    @Test func everyShortLengthIsSurvived() {
        for length in 0..<40 {
            machine.bringUp(limit: 64)
            let sent = backend.sent.count
            guest.send(Array(NetworkTestGuest.frame(60).bytes.prefix(max(length - 12, 0))), header: Array(
                repeating: 0, count: min(length, 12)), cuts: [5])
            #expect((machine.status & 0x40 != 0) == (length < 12), "\(length)")
            #expect(backend.sent.count - sent == (length >= 26 ? 1 : 0), "\(length)")
            #expect(machine.reap(1).count == (length < 12 ? 0 : 1), "\(length)")
        }
        #expect(guest.device.counters.malformedFrames == 14)
    }

    @Test func theLongestFrameIsTakenAndALongerOneIsNot() {
        machine.bringUp()
        let longest = [UInt8](repeating: 7, count: 65550)
        guest.send(longest)
        #expect(backend.sent.map(\.bytes.count) == [65550])
        guest.send(longest + [7])
        #expect(backend.sent.count == 1 && machine.reap(1).count == 2 && machine.status == 15)
        // A chain that names the same memory over and over is not even read.
        let pieces = (0..<64).map { _ in VirtioTestBuffer.readable(NetworkTestGuest.buffers, 0x8_0000) }
        machine.add(pieces, to: 1)
        machine.notify(1)
        #expect(backend.sent.count == 1 && machine.reap(1).count == 1 && machine.status == 15)
    }

    @Test func offloadsAreUnderstood() {
        machine.bringUp()
        let bytes = NetworkTestGuest.frame(200).bytes
        func send(_ header: [UInt8]) -> FrameOffload? {
            let before = backend.sent.count
            guest.send(bytes, header: header)
            return backend.sent.count > before ? backend.sent.last?.offload : nil
        }
        typealias Guest = NetworkTestGuest
        let partial = FrameOffload.Checksum.partial(start: 34, offset: 16)
        #expect(send(Guest.header(flags: 0, kind: 0)) == FrameOffload.none)
        #expect(send(Guest.header(flags: 1, kind: 0, start: 34, offset: 16)) == .init(checksum: partial))
        #expect(
            send(Guest.header(flags: 1, kind: 1, size: 100, start: 34, offset: 16))
                == .init(checksum: partial, segmentation: .tcp4, segmentByteCount: 100))
        #expect(
            send(Guest.header(flags: 1, kind: 4, size: 100, start: 34, offset: 16))
                == .init(checksum: partial, segmentation: .tcp6, segmentByteCount: 100))
        // The last place where a checksum fits, and the first where it does not.
        #expect(send(Guest.header(flags: 1, kind: 0, start: 100, offset: 98)) != nil)
        #expect(send(Guest.header(flags: 1, kind: 0, start: 100, offset: 99)) == nil)
        #expect(send(Guest.header(flags: 1, kind: 0, start: 0xffff, offset: 0xffff)) == nil)
        #expect(send(Guest.header(flags: 1, kind: 0, start: 13, offset: 0)) == nil)
        // Segments without a size or a checksum, and of kinds that were not offered.
        #expect(send(Guest.header(flags: 1, kind: 1, size: 0, start: 34, offset: 16)) == nil)
        #expect(send(Guest.header(flags: 0, kind: 1, size: 100)) == nil)
        for kind in [2, 3, 5, 6, 0x81] as [UInt8] {
            #expect(send(Guest.header(flags: 1, kind: kind, size: 100, start: 34, offset: 16)) == nil)
        }
        #expect(machine.status == 15, "such frames are lost, that is all")
    }

    @Test func offloadsThatWereNotNegotiatedAreRefused() {
        machine.bringUp(~(1 << 0))
        let bytes = NetworkTestGuest.frame(200).bytes
        guest.send(bytes, header: NetworkTestGuest.header(flags: 1, kind: 0, start: 34, offset: 16))
        // Segments need checksums: without that feature the other counts for nothing.
        guest.send(bytes, header: NetworkTestGuest.header(flags: 1, kind: 1, size: 9, start: 34, offset: 16))
        #expect(backend.sent.isEmpty && guest.device.counters.malformedFrames == 2)
        machine.bringUp(~(1 << 11))
        guest.send(bytes, header: NetworkTestGuest.header(flags: 1, kind: 1, size: 9, start: 34, offset: 16))
        #expect(backend.sent.isEmpty)
        guest.send(bytes, header: NetworkTestGuest.header(flags: 1, kind: 4, size: 9, start: 34, offset: 16))
        #expect(backend.sent.count == 1)
    }

    @Test func writableFramesFailTheDevice() {
        machine.bringUp()
        machine.add([.readable(NetworkTestGuest.large, 72), .writable(NetworkTestGuest.buffers, 1)], to: 1)
        machine.notify(1)
        #expect(machine.status & 0x40 != 0 && backend.sent.isEmpty)
    }

    @Test func framesWaitForRoomInTheBackend() {
        machine.bringUp()
        backend.room = 2
        for seed in 0..<5 as Range<UInt8> {
            guest.send(NetworkTestGuest.frame(seed: seed).bytes, notifies: false)
            if seed < 2 { machine.notify(1) }
        }
        #expect(backend.sent.count == 2 && machine.reap(1).count == 2)
        machine.notify(1)
        #expect(backend.sent.count == 2)
        backend.room = .max
        backend.isReadyToSend = true
        machine.askForInterrupt(1)
        guest.device.sendingPossible()
        #expect(backend.sent.count == 5 && machine.reap(1).count == 3 && machine.interruptIsHigh)
    }

    @Test func withoutACableFramesAreLost() {
        machine.bringUp()
        backend.isLinkUp = false
        #expect(machine.readInterruptStatus() == 2)
        #expect(machine.read(machine.driver.deviceConfiguration + 6, .half) == 0)
        guest.send(NetworkTestGuest.frame().bytes)
        #expect(backend.sent.isEmpty && machine.reap(1).count == 1)
        machine.status = 0
        #expect(machine.read(machine.driver.deviceConfiguration + 6, .half) == 0, "a reset does not plug it in")
        backend.isLinkUp = true
        #expect(machine.read(machine.driver.deviceConfiguration + 6, .half) == 1)
    }

    @Test func queuesWithoutAPurposeAreLeftAlone() {
        machine.bringUp(~(1 << 17), limit: 64)
        for queue in 2..<9 {
            machine.add([.readable(NetworkTestGuest.large, 72)], to: queue)
            machine.notify(queue)
            #expect(machine.reap(queue).isEmpty)
        }
        #expect(backend.sent.isEmpty && machine.status == 15)
    }
}

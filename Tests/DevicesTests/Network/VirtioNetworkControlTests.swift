// The network device: filters, addresses, VLANs and several queues, as the driver sets them up.
import Devices
import MachineCore
import Testing

@Suite struct VirtioNetworkControlTests {
    private typealias Guest = NetworkTestGuest
    private let guest: NetworkTestGuest
    private var machine: NetworkTestGuest.Machine { guest.machine }

    private static let group = MACAddress(0x01_00_5e_00_00_01)
    private static let stranger = MACAddress(0x02_00_00_00_00_99)

    init() throws {
        guest = try NetworkTestGuest()
        machine.bringUp()
    }

    /// Does a frame to `target` reach the driver?
    private func reaches(_ target: MACAddress, type: [UInt8] = [8, 0], tag: [UInt8] = []) -> Bool {
        guest.provide(200, slot: 1)
        var frame = Guest.frame(60, to: target, type: type)
        frame.bytes.replaceSubrange(14..<(14 + tag.count), with: tag)
        #expect(guest.device.receive([frame][...]) == 1)
        if !machine.reap().isEmpty { return true }
        // Takes the buffer back, so that none is left over.
        #expect(guest.device.receive([Guest.frame()][...]) == 1)
        return machine.reap().count != 1 && { Issue.record("the card is deaf"); return false }()
    }

    private func mode(_ command: UInt8, _ value: UInt8) { #expect(guest.command([0, command, value]) == 0) }

    @Test func aNewCardTakesEverything() {
        for target in [Guest.own, Self.group, Self.stranger, .broadcast] { #expect(reaches(target)) }
    }

    @Test func theModeDecides() {
        mode(0, 0)
        #expect(reaches(Guest.own) && reaches(.broadcast))
        #expect(!reaches(Self.stranger) && !reaches(Self.group))
        mode(1, 1)
        #expect(reaches(Self.group) && !reaches(Self.stranger))
        mode(2, 1)
        #expect(reaches(Self.stranger))
        mode(3, 1)
        #expect(!reaches(Self.group) && reaches(.broadcast))
        mode(5, 1)
        #expect(!reaches(.broadcast))
        mode(3, 0)
        mode(5, 0)
        #expect(reaches(Self.group) && reaches(.broadcast))
        #expect(guest.command([0, 6, 1]) == 1 && guest.command([0, 0]) == 1 && guest.command([0, 0, 1, 1]) == 1)
    }

    @Test func noUnicastIsObeyed() {
        mode(0, 0)
        mode(4, 1)
        guest.provide(200, slot: 1)
        #expect(guest.device.receive([Guest.frame()][...]) == 1 && machine.reap().isEmpty)
        #expect(guest.device.receive([Guest.frame(to: .broadcast)][...]) == 1 && machine.reap().count == 1)
    }

    private func table(_ addresses: [MACAddress]) -> [UInt8] {
        [UInt8(addresses.count & 0xff), UInt8(addresses.count >> 8), 0, 0] + addresses.flatMap(\.bytes)
    }

    @Test func tablesLetOthersPass() {
        mode(0, 0)
        #expect(guest.command([1, 0] + table([Self.stranger]) + table([Self.group])) == 0)
        #expect(reaches(Self.stranger) && reaches(Self.group) && reaches(Guest.own))
        #expect(!reaches(MACAddress(0x02_00_00_00_00_98)) && !reaches(MACAddress(0x01_00_5e_00_00_02)))
        // More than the card can hold: it can not tell any more, so all pass.
        let many = (0..<65).map { MACAddress(0x02_00_00_00_00_00 + $0) }
        #expect(guest.command([1, 0] + table(many) + table([])) == 0)
        #expect(reaches(MACAddress(0x02_ff_00_00_00_00)) && !reaches(Self.group))
        #expect(guest.command([1, 0] + table([]) + table([])) == 0)
        #expect(!reaches(MACAddress(0x02_ff_00_00_00_00)))
    }

    @Test func tablesOfEveryLengthAreChecked() {
        let good = [1, 0] + table([Self.stranger]) + table([Self.group])
        for length in 2..<good.count { #expect(guest.command(Array(good[..<length])) == 1, "\(length)") }
        #expect(guest.command(good + [0]) == 1)
        #expect(guest.command([1, 0, 0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0]) == 1)
        #expect(guest.state.filter.unicast == [])
        #expect(guest.command([1, 0] + [UInt8](repeating: 0, count: 70_000)) == 1)
    }

    @Test func theAddressCanBeSet() {
        mode(0, 0)
        #expect(guest.command([1, 1] + Self.stranger.bytes) == 0)
        let base = machine.driver.deviceConfiguration
        #expect((0..<6 as Range<UInt64>).map { UInt8(machine.read(base + $0, .byte)) } == Self.stranger.bytes)
        guest.provide(200, slot: 1)
        #expect(guest.device.receive([Guest.frame()][...]) == 1 && machine.reap().isEmpty)
        #expect(guest.device.receive([Guest.frame(to: Self.stranger)][...]) == 1 && machine.reap().count == 1)
        #expect(guest.command([1, 1] + Self.stranger.bytes + [0]) == 1)
        machine.status = 0
        #expect(machine.read(base, .byte) == 0x52, "a reset brings the card's own address back")
    }

    @Test func vlansAreFiltered() {
        let tagged: [UInt8] = [0x81, 0]
        #expect(!reaches(Guest.own, type: tagged, tag: [0x60, 5]))
        #expect(guest.command([2, 0, 5, 0]) == 0 && guest.command([2, 0, 0xff, 0x0f]) == 0)
        #expect(reaches(Guest.own, type: tagged, tag: [0x60, 5]) && reaches(Guest.own, type: tagged, tag: [0x1f, 0xff]))
        #expect(!reaches(Guest.own, type: tagged, tag: [0x65, 5]))
        #expect(reaches(Guest.own), "frames without a tag always pass")
        #expect(guest.command([2, 1, 5, 0]) == 0)
        #expect(!reaches(Guest.own, type: tagged, tag: [0, 5]))
        #expect(guest.command([2, 0, 0, 0x10]) == 1 && guest.command([2, 2, 5, 0]) == 1)
        machine.bringUp(~(1 << 19))
        #expect(reaches(Guest.own, type: tagged, tag: [0, 5]))
        #expect(guest.command([2, 0, 5, 0]) == 1)
    }

    @Test func everyShortCommandIsSurvived() throws {
        var random = VirtioRandom(seed: 5)
        for round in 0..<3000 {
            let length = round < 40 ? round : Int(random.next() % 40)
            var bytes = (0..<length).map { _ in UInt8(truncatingIfNeeded: random.next()) }
            if length > 1 { (bytes[0], bytes[1]) = (bytes[0] % 6, bytes[1] % 7) }
            let outcome = guest.command(bytes)
            if length < 2 {
                #expect(outcome == nil && machine.status & 0x40 != 0)
                machine.bringUp()
            } else {
                #expect(outcome == 0 || outcome == 1)
            }
        }
        #expect(machine.status == 15)
        _ = try machine.copy(.init(backend: ManualNetworkBackend(), address: Guest.own))
    }

    @Test func commandsWithoutRoomForTheOutcomeFailTheDevice() {
        machine.add([.readable(Guest.large, 3)], to: 2)
        machine.notify(2)
        #expect(machine.status & 0x40 != 0)
    }

    // MARK: Several queues

    @Test func flowsComeBackWhereTheyGoOut() throws {
        let guest = try NetworkTestGuest(queuePairs: 4)
        let machine = guest.machine
        machine.bringUp(limit: 64)
        for pair in 0..<4 { for slot in 0..<4 { guest.provide(200, slot: UInt64(4 * pair + slot), pair: pair) } }
        #expect(guest.command([4, 0, 5, 0], queue: 8) == 1 && guest.command([4, 0, 0, 0], queue: 8) == 1)
        // Before the driver asks for more, only the first pair works.
        guest.send(Guest.packet(from: 1000, to: 53).bytes, pair: 3)
        #expect(guest.backend.sent.isEmpty)
        #expect(guest.device.receive([Guest.packet(from: 53, to: 1000, reversed: true)][...]) == 1)
        #expect(machine.reap(0).count == 1)
        #expect(guest.command([4, 0, 4, 0], queue: 8) == 0)
        #expect(guest.backend.sent.count == 1, "what was there already is sent now")
        for (pair, port) in [(1, 2000), (2, 3001), (3, 1000)] as [(Int, UInt16)] {
            guest.send(Guest.packet(from: port, to: 53).bytes, pair: pair)
            #expect(guest.device.receive([Guest.packet(from: 53, to: port, reversed: true)][...]) == 1)
            #expect((0..<4).map { machine.reap(2 * $0).count } == (0..<4).map { $0 == pair ? 1 : 0 })
        }
        #expect(guest.command([4, 0, 1, 0], queue: 8) == 0)
        #expect(guest.device.receive([Guest.packet(from: 53, to: 1000, reversed: true)][...]) == 1)
        #expect(machine.reap(0).count == 1)
    }

    @Test func withoutTheFeatureTheControlQueueIsTheThird() throws {
        let guest = try NetworkTestGuest(queuePairs: 4)
        guest.machine.bringUp(~(1 << 22), limit: 64)
        #expect(guest.command([0, 0, 0], queue: 2) == 0)
        #expect(guest.command([4, 0, 1, 0], queue: 2) == 1)
    }
}

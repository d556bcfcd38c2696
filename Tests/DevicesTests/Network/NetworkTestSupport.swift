// A back end and a guest's driver for the tests of the network device.
import Devices
import MachineCore
import Testing

/// Keeps what the device sends, and lets the test say when there is room and a link.
final class ManualNetworkBackend: NetworkBackend {
    var isLinkUp = true { didSet { device?.linkChanged() } }
    var isReadyToSend = true
    /// Room for this many frames; then `isReadyToSend` becomes false by itself.
    var room = Int.max
    private(set) var sent: [NetworkFrame] = []
    private(set) var roomNotices = 0
    private(set) weak var device: (any NetworkDevice)?

    func attach(_ device: any NetworkDevice) { self.device = device }
    func send(_ frame: NetworkFrame) {
        sent.append(frame)
        if sent.count >= room { isReadyToSend = false }
    }
    func receivingPossible() { roomNotices += 1 }

    @discardableResult
    func offer(_ frames: NetworkFrame...) -> Int { device?.receive(frames[...]) ?? -1 }
}

/// A machine with one card, and what Linux's driver does with it.
struct NetworkTestGuest {
    typealias Machine = VirtioTestMachine<VirtioNetwork>

    static let own = MACAddress(0x52_54_00_12_34_56)
    static let other = MACAddress(0x52_54_00_00_00_02)
    /// Behind the rings of all nine queues.
    static let buffers = Machine.ramBase + 0x6_0000
    static let large = Machine.ramBase + 0x8_0000

    let backend = ManualNetworkBackend()
    let machine: Machine

    init(queuePairs: Int = 1) throws {
        machine = try Machine(
            .init(backend: backend, address: Self.own, queuePairs: queuePairs))
    }

    var device: VirtioNetwork { machine.function.device }
    var state: VirtioNetwork.State { machine.function.state.device }

    /// A frame to `target` whose payload counts up.
    static func frame(
        _ byteCount: Int = 60, to target: MACAddress = own, seed: UInt8 = 0, type: [UInt8] = [0x88, 0xb5]
    ) -> NetworkFrame {
        let payload = (0..<max(byteCount - 14, 0)).map { UInt8(truncatingIfNeeded: $0) &+ seed }
        return NetworkFrame(target.bytes + other.bytes + type + payload)
    }

    /// A UDP packet over IPv4, with wrong checksums.
    static func packet(from source: UInt16, to target: UInt16, reversed: Bool = false) -> NetworkFrame {
        let here: [UInt8] = [10, 0, 0, 1]
        let there: [UInt8] = [10, 0, 0, 2]
        let ports = [source, target].flatMap { [UInt8($0 >> 8), UInt8($0 & 0xff)] }
        let addresses = reversed ? there + here : here + there
        let ip: [UInt8] = [0x45, 0, 0, 28, 0, 0, 0, 0, 64, 17, 0, 0] + addresses
        return NetworkFrame(own.bytes + other.bytes + [8, 0] + ip + ports + [0, 8, 0, 0])
    }

    /// Makes header and frame available to send, cut as given (lengths of the pieces; the rest is the last).
    func send(
        _ frame: [UInt8], header: [UInt8] = [UInt8](repeating: 0, count: 12), cuts: [Int] = [12],
        pair: Int = 0, notifies: Bool = true
    ) {
        let bytes = header + frame
        #expect(machine.memory.write(bytes, at: Self.large))
        var pieces: [VirtioTestBuffer] = []
        var position = 0
        for cut in cuts + [bytes.count] where position < bytes.count {
            let count = min(cut, bytes.count - position)
            pieces.append(.readable(Self.large + UInt64(position), UInt32(count)))
            position += count
        }
        machine.add(pieces.isEmpty ? [.readable(Self.large, 0)] : pieces, to: 2 * pair + 1)
        if notifies { machine.notify(2 * pair + 1) }
    }

    /// Gives the device a receive buffer in slot `slot` of 2048 bytes.
    @discardableResult
    func provide(_ byteCount: UInt32, slot: UInt64, pair: Int = 0, notifies: Bool = true) -> UInt64 {
        let address = Self.buffers + slot * 2048
        machine.add([.writable(address, byteCount)], to: 2 * pair)
        if notifies { machine.notify(2 * pair) }
        return address
    }

    /// Sends a command; the outcome's byte, or nil when it did not come.
    func command(_ bytes: [UInt8], queue: Int = 2) -> UInt8? {
        #expect(machine.memory.write(bytes, at: Self.large))
        machine.store(UInt8(0xee), at: Self.buffers)
        machine.add([.readable(Self.large, UInt32(bytes.count)), .writable(Self.buffers, 1)], to: queue)
        machine.notify(queue)
        guard machine.reap(queue).map(\.written) == [1] else { return nil }
        return machine.bytes(Self.buffers, 1)[0]
    }

    /// The header that a driver sends for a large TCP segment.
    static func header(flags: UInt8, kind: UInt8, size: UInt16 = 0, start: UInt16 = 0, offset: UInt16 = 0) -> [UInt8] {
        let words = [0, size, start, offset, 0].flatMap { [UInt8($0 & 0xff), UInt8($0 >> 8)] }
        return [flags, kind] + words
    }
}

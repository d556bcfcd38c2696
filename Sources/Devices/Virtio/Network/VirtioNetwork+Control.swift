// The control queue: what drivers set up while the card works (virtio 1.2, 5.1.6.5).
import MachineCore

extension VirtioNetwork {
    /// Classes of commands.
    private enum CommandClass {
        static let receiveMode: UInt8 = 0
        static let address: UInt8 = 1
        static let vlan: UInt8 = 2
        static let multipleQueues: UInt8 = 4
    }

    /// The longest command that is read: two tables of addresses, longer than the card keeps.
    private static let maximumCommandBytes = 64 << 10

    /// Carries out the commands in the control queue.
    func control(_ queue: Int) {
        transport.forEachChain(queue) { chain in
            let byteCount = chain.readable.byteCount
            guard byteCount >= 2, chain.writable.byteCount >= 1 else {
                transport.fail("a control command without a class, or without room for its outcome")
                return
            }
            let isDone = byteCount <= Self.maximumCommandBytes && perform(chain.readable.read(byteCount))
            chain.writable.write([isDone ? 0 : 1])
            transport.complete(queue, head: chain.head, written: 1)
        }
    }

    /// Carries out one command of at least 2 bytes; false when it is not one that the card knows.
    private func perform(_ bytes: [UInt8]) -> Bool {
        let command = bytes[1]
        let data = Array(bytes[2...])
        switch bytes[0] {
        case CommandClass.receiveMode: return setReceiveMode(command, data)
        case CommandClass.address: return setAddresses(command, data)
        case CommandClass.vlan: return setVLAN(command, data)
        case CommandClass.multipleQueues: return setPairs(command, data)
        default: return false
        }
    }

    /// Commands 0 to 5 set one switch each (5.1.6.5.1).
    private func setReceiveMode(_ command: UInt8, _ data: [UInt8]) -> Bool {
        let feature = command < 2 ? Feature.controlReceive : Feature.controlReceiveExtra
        guard command < 6, data.count == 1, uses(feature) else { return false }
        let mode = ReceiveFilter.Mode(rawValue: 1 << command)
        if data[0] != 0 {
            state.filter.mode.insert(mode)
        } else {
            state.filter.mode.remove(mode)
        }
        return true
    }

    /// Sets the tables of addresses, or the card's own (5.1.6.5.2).
    private func setAddresses(_ command: UInt8, _ data: [UInt8]) -> Bool {
        switch command {
        case 0 where uses(Feature.controlReceive):
            guard let unicast = Self.table(data, at: 0), let multicast = Self.table(data, at: unicast.end),
                multicast.end == data.count
            else { return false }
            state.filter.unicast = unicast.addresses
            state.filter.multicast = multicast.addresses
            return true
        case 1 where uses(Feature.controlAddress):
            guard data.count == 6, let address = MACAddress(data) else { return false }
            state.address = address
            return true
        default:
            return false
        }
    }

    /// A table of addresses: a number of 32 bits, then the addresses. Of one that is too long for the card
    /// only the end is told.
    private static func table(_ data: [UInt8], at offset: Int) -> (addresses: [MACAddress]?, end: Int)? {
        guard data.count - offset >= 4 else { return nil }
        let count = Int(data.littleEndian(at: offset, byteCount: 4))
        let start = offset + 4
        guard count <= (data.count - start) / 6 else { return nil }
        let end = start + 6 * count
        guard count <= ReceiveFilter.maximumAddresses else { return (nil, end) }
        return (stride(from: start, to: end, by: 6).compactMap { MACAddress(data, at: $0) }, end)
    }

    /// Command 0 adds a VLAN to those that pass, command 1 takes it away (5.1.6.5.3).
    private func setVLAN(_ command: UInt8, _ data: [UInt8]) -> Bool {
        guard command < 2, data.count == 2, uses(Feature.controlVLAN) else { return false }
        let vlan = Int(data.littleEndian(at: 0, byteCount: 2))
        guard vlan < 4096 else { return false }
        state.filter.setVLAN(vlan, to: command == 0)
        return true
    }

    /// Sets how many pairs are in use (5.1.6.5.5). Frames that wait at others are lost.
    private func setPairs(_ command: UInt8, _ data: [UInt8]) -> Bool {
        guard command == 0, data.count == 2, uses(Feature.multipleQueues) else { return false }
        let count = Int(data.littleEndian(at: 0, byteCount: 2))
        guard (1...queuePairs).contains(count) else { return false }
        state.activePairs = count
        state.steering = count > 1 ? [UInt8](repeating: 0, count: FlowHash.count) : []
        for pair in count..<Self.maximumQueuePairs { state.pairs[pair].waiting = [] }
        // What was made available at a pair before it was in use, nobody notifies about again.
        for pair in 0..<count { transmit(pair) }
        tellBackendOfRoom()
        return true
    }
}

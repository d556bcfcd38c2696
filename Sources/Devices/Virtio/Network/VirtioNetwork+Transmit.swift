// Frames from the driver to the outside (virtio 1.2, 5.1.6.2).
import MachineCore

extension VirtioNetwork {
    /// Sends what the driver made available at a pair, as far as the back end has room.
    func transmit(_ pair: Int) {
        let queue = Self.transmitQueue(pair)
        let allowed = transmitOffloads
        // No more at once than a driver can have offered, so that one which goes on can not keep the machine.
        for _ in 0..<transport.state.queues[queue].size {
            guard backend.isReadyToSend, let chain = transport.nextChain(queue) else { break }
            transmit(chain, pair, allowed)
        }
        transport.signal(queue)
    }

    /// What the driver may leave to the device.
    private var transmitOffloads: NetworkOffloads {
        var offloads: NetworkOffloads = []
        if uses(Feature.checksum) { offloads.insert(.checksum) }
        if uses(Feature.hostTCP4) { offloads.insert(.tcp4) }
        if uses(Feature.hostTCP6) { offloads.insert(.tcp6) }
        return offloads
    }

    private func transmit(_ chain: DescriptorChain, _ pair: Int, _ allowed: NetworkOffloads) {
        let byteCount = chain.readable.byteCount - VirtioNetworkHeader.byteCount
        guard byteCount >= 0, chain.writable.byteCount == 0 else {
            transport.fail("a frame to send that is writable or has no header")
            return
        }
        if let frame = frame(chain.readable, byteCount, allowed) {
            counters.sentFrames += 1
            counters.sentBytes += UInt64(byteCount)
            if state.activePairs > 1 { state.steering[FlowHash.of(frame.bytes)] = UInt8(pair) }
            if state.isLinkUp { backend.send(frame) }
        } else {
            counters.malformedFrames += 1
        }
        transport.complete(Self.transmitQueue(pair), head: chain.head, written: 0)
    }

    /// The frame in a buffer, or nil when it is none. Nothing is copied that is too long for a frame.
    private func frame(_ buffer: GuestBuffer, _ byteCount: Int, _ allowed: NetworkOffloads) -> NetworkFrame? {
        guard byteCount <= NetworkFrame.maximumByteCount else { return nil }
        let header = buffer.copy(from: 0, count: VirtioNetworkHeader.byteCount)
        guard let offload = VirtioNetworkHeader.offload(header, allowed: allowed) else { return nil }
        let frame = NetworkFrame(buffer.copy(from: VirtioNetworkHeader.byteCount, count: byteCount), offload)
        return frame.isValid ? frame : nil
    }
}

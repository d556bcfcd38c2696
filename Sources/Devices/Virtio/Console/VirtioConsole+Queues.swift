// The console's two directions (virtio 1.2, 5.3.6).
import MachineCore

extension VirtioConsole {
    /// The most bytes that one chain may send. Drivers send pages; without a limit a few descriptors
    /// that name all of RAM over and over would keep the machine busy for minutes.
    private static let maximumTransmitBytes = 1 << 20

    public func notify(queue: Int) {
        if queue == Self.receiveQueue {
            receive()
        } else {
            transport.forEachChain(Self.transmitQueue) { transmit($0) }
        }
    }

    private func transmit(_ chain: DescriptorChain) {
        guard chain.writable.byteCount == 0, chain.readable.byteCount <= Self.maximumTransmitBytes else {
            transport.fail("a transmit buffer that is writable or has more than 1 MiB")
            return
        }
        let bytes = chain.readable.read(chain.readable.byteCount)
        if !bytes.isEmpty { port.output(bytes) }
        transport.complete(Self.transmitQueue, head: chain.head, written: 0)
    }

    /// Moves waiting input into the driver's receive buffers, as far as both last.
    func receive() {
        guard port.pendingCount > 0 else { return }
        for _ in 0..<transport.state.queues[Self.receiveQueue].size {
            guard port.pendingCount > 0, let chain = transport.nextChain(Self.receiveQueue) else { break }
            guard chain.readable.byteCount == 0 else {
                transport.fail("a receive buffer that is not writable")
                break
            }
            let written = chain.writable.write(port.take(chain.writable.byteCount))
            transport.complete(Self.receiveQueue, head: chain.head, written: written)
        }
        transport.signal(Self.receiveQueue)
    }
}

// Filling buffers with random bytes (virtio 1.2, 5.4.6).
import MachineCore

extension VirtioEntropy {
    /// The most bytes that one request gets. A driver asks again for more: a device need not fill the
    /// whole buffer.
    private static let maximumBytes = 4096

    public func notify(queue: Int) {
        transport.forEachChain(Self.requestQueue) { fill($0) }
    }

    private func fill(_ chain: DescriptorChain) {
        guard chain.readable.byteCount == 0 else {
            transport.fail("a buffer for random bytes that is not writable")
            return
        }
        let count = min(chain.writable.byteCount, Self.maximumBytes)
        let written = chain.writable.write(source.bytes(count))
        transport.complete(Self.requestQueue, head: chain.head, written: written)
    }
}

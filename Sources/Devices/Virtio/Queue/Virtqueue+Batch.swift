// Returning several chains to a driver in one step.
import MachineCore
import Synchronization

extension Virtqueue {
    /// Gives chains back so that the driver sees all of them or none (virtio 1.2, 2.7.8): the entries are
    /// written first, the index that covers them last.
    mutating func putUsed(
        _ chains: [(head: UInt16, written: UInt32)], _ memory: GuestMemory
    ) throws(VirtqueueError) {
        for (position, chain) in chains.enumerated() {
            let slot = (nextUsed &+ UInt16(truncatingIfNeeded: position)) & (size - 1)
            let entry = usedRing &+ 4 &+ 8 * UInt64(slot)
            guard memory.store(UInt32(chain.head), at: entry), memory.store(chain.written, at: entry &+ 4)
            else { throw .misplaced(area: "used ring", address: usedRing) }
        }
        nextUsed &+= UInt16(truncatingIfNeeded: chains.count)
        atomicMemoryFence(ordering: .releasing)
        guard memory.store(nextUsed, at: usedRing &+ 2) else {
            throw .misplaced(area: "used ring", address: usedRing)
        }
    }
}

extension VirtioTransport {
    /// Returns chains to the driver in one step; without effect when the device failed meanwhile.
    /// - Parameter chains: at most as many as the queue has entries, with the number of bytes written to
    ///   each from the start of its writable part.
    func complete(_ queue: Int, _ chains: [(head: UInt16, written: UInt32)]) {
        guard isRunning, state.queues[queue].isEnabled else { return }
        do throws(VirtqueueError) {
            try state.queues[queue].putUsed(chains, memory)
        } catch {
            fail("queue \(queue): \(error)")
        }
    }
}

// Moving chains between the driver and the device model.
import MachineCore

extension VirtioTransport {
    /// The next chain that the driver made available in `queue`, or nil when there is none or the
    /// queue can not be used now.
    public func nextChain(_ queue: Int) -> DescriptorChain? {
        guard isRunning, isBusMaster, state.queues[queue].isEnabled else { return nil }
        do throws(VirtqueueError) {
            guard let head = try state.queues[queue].takeHead(memory) else { return nil }
            if isNegotiated(VirtioFeature.eventIndex) {
                try state.queues[queue].publishAvailableEvent(memory)
            }
            return try chain(queue, head: head)
        } catch {
            fail("queue \(queue): \(error)")
            return nil
        }
    }

    /// Gives each available chain of `queue` to `body`, then interrupts the driver if it wants that.
    public func forEachChain(_ queue: Int, _ body: (DescriptorChain) -> Void) {
        // A driver can offer at most this many at once. The limit keeps a device from serving for
        // ever a ring whose index it overwrites itself, because buffers overlap the ring.
        for _ in 0..<state.queues[queue].size {
            guard let chain = nextChain(queue) else { break }
            body(chain)
        }
        signal(queue)
    }

    /// The chain at `head`, which an earlier `nextChain` gave before the state was saved; nil (and the
    /// device failed) when it is none any more.
    public func chainInFlight(_ queue: Int, head: UInt16) -> DescriptorChain? {
        guard isRunning, state.queues[queue].isEnabled else { return nil }
        do throws(VirtqueueError) {
            return try chain(queue, head: head)
        } catch {
            fail("queue \(queue): \(error)")
            return nil
        }
    }

    private func chain(_ queue: Int, head: UInt16) throws(VirtqueueError) -> DescriptorChain {
        let indirect = isNegotiated(VirtioFeature.indirectDescriptors)
        return try state.queues[queue].chain(head: head, indirect: indirect, memory)
    }

    /// Returns a chain to the driver; without effect when the device failed meanwhile.
    /// - Parameter written: how many bytes were written, from the start of the writable part.
    public func complete(_ queue: Int, head: UInt16, written: Int) {
        guard isRunning, state.queues[queue].isEnabled else { return }
        do throws(VirtqueueError) {
            try state.queues[queue].putUsed(head: head, written: UInt32(clamping: written), memory)
        } catch {
            fail("queue \(queue): \(error)")
        }
    }

    /// Interrupts the driver if it wants to know about the chains returned since the last call.
    public func signal(_ queue: Int) {
        guard isRunning, state.queues[queue].isEnabled else { return }
        do throws(VirtqueueError) {
            let eventIndex = isNegotiated(VirtioFeature.eventIndex)
            if try state.queues[queue].takeInterruptDecision(eventIndex: eventIndex, memory) {
                raise(VirtioInterrupt.queue)
            }
        } catch {
            fail("queue \(queue): \(error)")
        }
    }
}

// Frames from the outside to the driver (virtio 1.2, 5.1.6.3 and 5.1.6.4).
import MachineCore

extension VirtioNetwork {
    public var receiveOffloads: NetworkOffloads {
        var offloads: NetworkOffloads = []
        if uses(Feature.guestChecksum) { offloads.insert(.checksum) }
        if uses(Feature.guestTCP4) { offloads.insert(.tcp4) }
        if uses(Feature.guestTCP6) { offloads.insert(.tcp6) }
        return offloads
    }

    public func receive(_ frames: ArraySlice<NetworkFrame>) -> Int {
        guard transport.isRunning, state.isLinkUp else { return frames.count }
        let takes = receiveOffloads
        var taken = 0
        for frame in frames {
            guard isWanted(frame, takes) else {
                counters.filteredFrames += 1
                taken += 1
                continue
            }
            guard accept(frame, pair(for: frame)) else {
                hasRefused = true
                break
            }
            taken += 1
        }
        for pair in 0..<state.activePairs { transport.signal(Self.receiveQueue(pair)) }
        return taken
    }

    private func isWanted(_ frame: NetworkFrame, _ takes: NetworkOffloads) -> Bool {
        frame.isValid && takes.isSuperset(of: frame.offload.needs)
            && state.filter.wants(
                frame.bytes, own: state.address ?? address, filtersVLANs: uses(Feature.controlVLAN))
    }

    /// Flows come back to the pair that they go out from (virtio 1.2, 5.1.6.5.5).
    private func pair(for frame: NetworkFrame) -> Int {
        state.activePairs > 1 ? Int(state.steering[FlowHash.of(frame.bytes)]) : 0
    }

    /// Gives a frame to the driver, now or when it has a buffer; false when too many wait already.
    private func accept(_ frame: NetworkFrame, _ pair: Int) -> Bool {
        if state.pairs[pair].waiting.isEmpty, place(frame, pair) { return true }
        guard state.pairs[pair].hasRoom else { return false }
        state.pairs[pair].waiting.append(frame)
        return true
    }

    /// The driver may have buffers for the frames that wait at a pair.
    func deliverWaiting(_ pair: Int) {
        let frames = state.pairs[pair].waiting
        var done = 0
        while done < frames.count, place(frames[done], pair) { done += 1 }
        if done > 0 {
            state.pairs[pair].waiting.removeFirst(done)
            transport.signal(Self.receiveQueue(pair))
        }
        if state.pairs[pair].hasRoom { tellBackendOfRoom() }
    }

    // MARK: Buffers

    /// Puts a frame into the driver's buffers, or drops one that can never fit; false when there are not
    /// enough buffers now.
    private func place(_ frame: NetworkFrame, _ pair: Int) -> Bool {
        let byteCount = VirtioNetworkHeader.byteCount + frame.bytes.count
        switch takeChains(for: byteCount, pair) {
        case .notYet:
            return false
        case .never:
            counters.filteredFrames += 1
        case .enough(let chains):
            fill(chains, with: frame, pair)
            counters.receivedFrames += 1
            counters.receivedBytes += UInt64(frame.bytes.count)
        }
        return true
    }

    private enum Buffers {
        case enough([DescriptorChain])
        case notYet
        case never
    }

    /// Takes chains with room for `byteCount` bytes: those that an earlier call held, then others. A held one
    /// is read from RAM again, which also notes once more that it is going to be written.
    private func takeChains(for byteCount: Int, _ pair: Int) -> Buffers {
        let queue = Self.receiveQueue(pair)
        let limit = transport.isNegotiated(Feature.mergeableBuffers) ? Int(transport.state.queues[queue].size) : 1
        guard transport.isBusMaster else { return .notYet }
        var chains: [DescriptorChain] = []
        var room = 0
        var held = state.pairs[pair].held[...]
        while room < byteCount {
            guard chains.count < limit else { return hold(chains, held, pair, .never) }
            let head = held.popFirst()
            let next = head.map { transport.chainInFlight(queue, head: $0) } ?? transport.nextChain(queue)
            guard let chain = next else { return hold(chains, head.map { [$0] + held } ?? [], pair, .notYet) }
            let isNew = !chains.contains { $0.head == chain.head } && !held.contains(chain.head)
            guard isNew, chain.readable.byteCount == 0, chain.writable.byteCount >= VirtioNetworkHeader.byteCount
            else {
                transport.fail("a receive buffer that is not writable, in use, or shorter than a header")
                return hold(chains, held, pair, .notYet)
            }
            room += chain.writable.byteCount
            chains.append(chain)
        }
        state.pairs[pair].held = Array(held)
        return .enough(chains)
    }

    private func hold(
        _ chains: [DescriptorChain], _ others: ArraySlice<UInt16>, _ pair: Int, _ outcome: Buffers
    ) -> Buffers {
        state.pairs[pair].held = chains.map(\.head) + others
        return outcome
    }

    /// Writes header and frame over `chains`, which have room, and returns them in one step.
    private func fill(_ chains: [DescriptorChain], with frame: NetworkFrame, _ pair: Int) {
        let header = VirtioNetworkHeader.bytes(
            frame, isChecksumKnown: uses(Feature.guestChecksum), buffers: chains.count)
        var used: [(head: UInt16, written: UInt32)] = []
        used.reserveCapacity(chains.count)
        frame.bytes.withUnsafeBytes { bytes in
            var done = 0
            for (position, chain) in chains.enumerated() {
                let start = position == 0 ? chain.writable.write(header) : 0
                let count = min(chain.writable.byteCount - start, bytes.count - done)
                let piece = UnsafeRawBufferPointer(rebasing: bytes[done..<(done + count)])
                chain.writable.write(piece, at: start)
                done += count
                used.append((chain.head, UInt32(clamping: start + count)))
            }
        }
        transport.complete(Self.receiveQueue(pair), used)
    }
}

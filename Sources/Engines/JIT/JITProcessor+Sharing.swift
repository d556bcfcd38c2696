// What changes when other CPUs run on other threads: pages of code, and writes into them.
import IR
import MachineCore

extension JITProcessor {
    /// The other CPUs' threads.
    struct Sharing {
        let lock: MachineLock
        /// All CPUs of the machine.
        let peers: [any TranslatableCPU]
    }

    /// To be called before code at `physical` is translated. False: its page is watched only from now on,
    /// and other CPUs had their turn in between, so whatever was looked up before may be wrong. The
    /// caller interprets an instruction and begins anew.
    func prepare(_ physical: GuestPhysicalAddress) -> Bool {
        let range = physical..<(physical + UInt64(Self.blockLimit) * 4)
        if cache.prepare(range) { return true }
        guard let sharing else { return true }
        watchPage(range, sharing)
        return false
    }

    /// Makes all CPUs notice their writes to the page. They stand still meanwhile: a write that one has
    /// made without asking is in memory then.
    private func watchPage(_ range: Range<GuestPhysicalAddress>, _ sharing: Sharing) {
        let lock = sharing.lock
        lock.lock()
        lock.endRunning(cpu.index)
        let lines = CodeCache.lines(range)
        // Where another CPU has code in the page, all of them ask already.
        lock.withStopped(.max, by: cpu.index, unless: cache.watcher.join(lines, of: range.lowerBound)) {
            cache.watcher.begin(lines, of: range.lowerBound)
            for peer in sharing.peers { peer.protectCode(at: range.lowerBound) }
        }
        lock.beginRunning(cpu.index)
        lock.unlock()
    }

    /// As `prepare`, for the instructions of a trace, all of them in pages with code.
    func prepareTrace(_ path: [UInt64], at physical: GuestPhysicalAddress) -> Bool {
        path.allSatisfy { address in
            let start = physical & ~0xfff | address & 0xfff
            return cache.prepare(start..<(start + UInt64(IRBlock.maximumGuestInstructionLength)))
        }
    }
}

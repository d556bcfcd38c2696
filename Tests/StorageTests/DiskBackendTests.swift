// The two block back ends: order, threads, virtual time, errors and shutdown.
import Foundation
import HostOS
import MachineCore
import Synchronization
import Testing

@testable import Storage

/// The runner's inbox: closures from other threads, run when the test says so.
private final class Inbox: Sendable {
    private let waiting = Mutex<[@Sendable () -> Void]>([])

    var deliver: AsynchronousDisk.Deliver { { work in self.waiting.withLock { $0.append(work) } } }

    func runAll() {
        let work = waiting.withLock { waiting in
            defer { waiting = [] }
            return waiting
        }
        for closure in work { closure() }
    }
}

/// A disk that remembers what was asked, and fails when told to.
private final class ScriptedDisk: SynchronousDisk {
    let name = "disk scripted"
    let byteCount: UInt64 = 1 << 20
    let isReadOnly = false
    let failure: HostError?
    private let offsets = Mutex<[UInt64]>([])
    private let flushes = Mutex(0)

    init(failure: HostError? = nil) { self.failure = failure }

    var discarded: [UInt64] { offsets.withLock { $0 } }
    var flushCount: Int { flushes.withLock { $0 } }

    func perform(_ operation: BlockRequest.Operation) throws(HostError) {
        if let failure { throw failure }
        switch operation {
        case .discard(let offset, _): offsets.withLock { $0.append(offset) }
        case .flush: flushes.withLock { $0 += 1 }
        default: break
        }
    }
}

/// The lines of a log.
private final class Lines {
    var lines: [String] = []
    var log: MachineLog { MachineLog { [self] in lines.append($0) } }
}

private func makeClock() -> VirtualClock {
    let mode = ClockMode.deterministic(nanosecondsPerInstruction: 1)
    return VirtualClock(state: .init(mode: mode, epochOffset: 0), hostNanoseconds: { 0 })
}

struct AsynchronousDiskTests {
    @Test func readsAndWritesARealFile() throws {
        let files = try TemporaryFiles()
        defer { withExtendedLifetime(files) {} }
        let path = try files.disk()
        let inbox = Inbox()
        let raw = try RawDisk(path: path, readOnly: false)
        let disk = try AsynchronousDisk(raw, log: Lines().log, deliver: inbox.deliver)
        #expect(disk.byteCount == 1 << 16 && !disk.isReadOnly)
        let memory = TestMemory([UInt8](repeating: 0, count: 1024))
        var outcomes: [BlockStatus] = []
        // In order: the write copies what the read before it has put into memory.
        disk.submit(BlockRequest(.read(offset: 512, into: memory.segments([1024])))) { outcomes.append($0) }
        disk.submit(BlockRequest(.write(offset: 0, from: memory.segments([1024])))) { outcomes.append($0) }
        disk.submit(BlockRequest(.flush)) { outcomes.append($0) }
        #expect(outcomes.isEmpty)
        try disk.close()
        #expect(outcomes.isEmpty, "completions run on the runner thread only")
        inbox.runAll()
        #expect(outcomes == [.success, .success, .success] && disk.requestsInFlight == 0)
        #expect(try Array(contents(path)[..<1024]) == pattern(1024, from: 512))
    }

    @Test func keepsTheOrderAndCompletesEachOnce() throws {
        let inbox = Inbox()
        let scripted = ScriptedDisk()
        let disk = try AsynchronousDisk(scripted, log: Lines().log, deliver: inbox.deliver)
        var completed: [UInt64] = []
        for number in UInt64(0)..<1000 {
            let request = BlockRequest(.discard(offset: number * 512, count: 512))
            disk.submit(request) { #expect($0 == .success); completed.append(number) }
            if number % 100 == 0 { inbox.runAll() }
        }
        try disk.close()
        inbox.runAll()
        inbox.runAll()
        #expect(completed == Array(0..<1000))
        #expect(scripted.discarded == (0..<1000).map { $0 * 512 })
        #expect(scripted.flushCount == 1, "closing flushes")
    }

    @Test func errorsAreLoggedWithTheirCause() throws {
        let inbox = Inbox()
        let lines = Lines()
        let failure = HostError("write disk.raw at 512", code: HostError.Code.noSpace)
        let scripted = ScriptedDisk(failure: failure)
        let disk = try AsynchronousDisk(scripted, log: lines.log, deliver: inbox.deliver)
        var outcomes: [BlockStatus] = []
        disk.submit(BlockRequest(.flush)) { outcomes.append($0) }
        #expect(throws: failure) { try disk.close() }
        inbox.runAll()
        #expect(outcomes == [.ioError])
        #expect(lines.lines == ["disk scripted: write disk.raw at 512: No space left on device"])
    }

    @Test func whatADiskCanNotDoIsNotAnError() throws {
        let inbox = Inbox()
        let lines = Lines()
        let failure = HostError("punch a hole", code: HostError.Code.notSupported)
        let scripted = ScriptedDisk(failure: failure)
        let disk = try AsynchronousDisk(scripted, log: lines.log, deliver: inbox.deliver)
        var outcomes: [BlockStatus] = []
        disk.submit(BlockRequest(.discard(offset: 0, count: 512))) { outcomes.append($0) }
        try? disk.close()
        inbox.runAll()
        #expect(outcomes == [.unsupported] && lines.lines.isEmpty)
    }

    @Test func requestsAfterClosingFail() throws {
        let inbox = Inbox()
        let disk = try AsynchronousDisk(ScriptedDisk(), log: Lines().log, deliver: inbox.deliver)
        try disk.close()
        try disk.close()
        var outcomes: [BlockStatus] = []
        disk.submit(BlockRequest(.flush)) { outcomes.append($0) }
        #expect(outcomes.isEmpty)
        inbox.runAll()
        #expect(outcomes == [.ioError])
    }

    @Test func outcomesOfADiskThatIsGoneAreDropped() throws {
        let inbox = Inbox()
        let scripted = ScriptedDisk()
        do {
            let disk = try AsynchronousDisk(scripted, log: Lines().log, deliver: inbox.deliver)
            disk.submit(BlockRequest(.discard(offset: 512, count: 512))) { _ in Issue.record("completed") }
        }
        #expect(scripted.discarded == [512], "the thread finished its work first")
        inbox.runAll()
    }
}

struct DeterministicDiskTests {
    let clock = makeClock()
    let timers = TimerQueue()

    @Test func completesExactlyOneLatencyAfterSubmission() throws {
        let scripted = ScriptedDisk()
        let disk = DeterministicDisk(scripted, latency: 100, clock: clock, timers: timers, log: Lines().log)
        var completed: [(offset: UInt64, time: UInt64)] = []
        for (offset, time) in [(UInt64(512), UInt64(0)), (1024, 30), (1536, 30)] {
            clock.skip(to: time)
            disk.submit(BlockRequest(.discard(offset: offset, count: 512))) { [clock] _ in
                completed.append((offset, clock.now))
            }
        }
        #expect(timers.nextDeadline == 100)
        clock.skip(to: 99)
        timers.fire(until: clock.now)
        #expect(completed.isEmpty && scripted.discarded.isEmpty && disk.requestsInFlight == 3)
        while let deadline = timers.nextDeadline {
            clock.skip(to: deadline)
            timers.fire(until: clock.now)
        }
        #expect(completed.map(\.offset) == [512, 1024, 1536])
        #expect(completed.map(\.time) == [100, 130, 130])
    }

    @Test func aCompletionMaySubmitAgain() throws {
        let disk = DeterministicDisk(
            ScriptedDisk(), latency: 0, clock: clock, timers: timers, log: Lines().log)
        var count = 0
        func again() {
            disk.submit(BlockRequest(.flush)) { _ in
                count += 1
                again()
            }
        }
        again()
        timers.fire(until: clock.now)
        #expect(count == 0, "even without latency, never from inside submit and never for ever")
        clock.skip(to: 1)
        timers.fire(until: clock.now)
        #expect(count == 1)
    }

    @Test func errorsAreLoggedWithTheirCause() throws {
        let lines = Lines()
        let failure = HostError("read disk.raw at 0", code: HostError.Code.inputOutput)
        let disk = DeterministicDisk(
            ScriptedDisk(failure: failure), latency: 5, clock: clock, timers: timers, log: lines.log)
        var outcomes: [BlockStatus] = []
        disk.submit(BlockRequest(.flush)) { outcomes.append($0) }
        #expect(throws: failure) { try disk.close() }
        #expect(outcomes == [.ioError])
        #expect(lines.lines == ["disk scripted: read disk.raw at 0: Input/output error"])
    }

    @Test func closingCompletesAndFlushes() throws {
        let scripted = ScriptedDisk()
        let disk = DeterministicDisk(scripted, latency: 1_000, clock: clock, timers: timers, log: Lines().log)
        var count = 0
        for _ in 0..<3 { disk.submit(BlockRequest(.discard(offset: 0, count: 512))) { _ in count += 1 } }
        try disk.close()
        #expect(count == 3 && scripted.flushCount == 1 && timers.nextDeadline == nil)
    }
}

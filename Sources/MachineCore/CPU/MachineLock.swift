// The one lock of a machine whose CPUs run on threads of their own, and who of them runs now.
import HostOS
import Synchronization

/// Guards everything about a machine but RAM and what belongs to one CPU's thread: devices, wires,
/// timers, firmware. A CPU runs without it, and takes it to reach those.
///
/// A CPU's own TLB may be changed by others only while it does not run. So it says when it runs: it
/// stops at the ends of its slices of execution if someone wants that, and where it waits for others.
/// *Home* is a CPU that stopped with nothing half done, so that even its state may be replaced.
public final class MachineLock: @unchecked Sendable {
    /// A set of CPUs: a bit for each number.
    public typealias CPUSet = UInt64

    private final class Status {
        /// Someone wants the CPU to stop; read without the lock.
        let stopWanted = Atomic<Bool>(false)
        var isRunning = false
        var isHome = true
        let wakeUp: HostCondition

        init(_ mutex: HostMutex) { wakeUp = HostCondition(mutex) }
    }

    private let mutex = HostMutex()
    /// A CPU stopped or came home, or others may run again.
    private let changed: HostCondition
    private let cpus: [Status]
    /// The CPU for which others stand still now, and which ones.
    private var stopper: Int?
    private var stopped: CPUSet = 0
    private var isHalting = true

    /// The lock of a machine with `cpuCount` CPUs (1 to 64), which are all at home and stay there until
    /// `resume`.
    public init(cpuCount: Int) {
        let mutex = mutex
        changed = HostCondition(mutex)
        cpus = (0..<cpuCount).map { _ in Status(mutex) }
        updateStopWishes()
    }

    /// Takes the lock; not recursive.
    public func lock() { mutex.lock() }
    /// Gives the lock back.
    public func unlock() { mutex.unlock() }

    private func isStopped(_ cpu: Int) -> Bool { stopper != nil && stopped >> UInt64(cpu) & 1 != 0 }

    private func updateStopWishes() {
        for (index, cpu) in cpus.enumerated() {
            cpu.stopWanted.store(isHalting || isStopped(index), ordering: .releasing)
        }
    }

    // MARK: For the thread of a CPU

    /// Someone wants `cpu` to stop soon. Needs no lock.
    @inline(__always)
    public func isStopWanted(_ cpu: Int) -> Bool { cpus[cpu].stopWanted.load(ordering: .relaxed) }

    /// `cpu` begins to run, when nobody wants it to stand still. The caller holds the lock.
    public func beginRunning(_ cpu: Int) {
        while isStopped(cpu) { changed.wait() }
        cpus[cpu].isRunning = true
    }

    /// `cpu` stopped, and touches nothing that others may change while it stands. The caller holds the
    /// lock.
    public func endRunning(_ cpu: Int) {
        cpus[cpu].isRunning = false
        if stopper != nil { changed.broadcast() }
    }

    /// `cpu` came home or leaves. The caller holds the lock.
    public func setHome(_ cpu: Int, _ isHome: Bool) {
        cpus[cpu].isHome = isHome
        if isHome && isHalting { changed.broadcast() }
    }

    /// `cpu` is home.
    public func isHome(_ cpu: Int) -> Bool { cpus[cpu].isHome }

    /// Gives the lock back and sleeps until someone wakes `cpu` (or for no reason), or until the host's
    /// monotonic clock shows `deadline` nanoseconds.
    public func sleep(_ cpu: Int, until deadline: UInt64?) { cpus[cpu].wakeUp.wait(until: deadline) }

    /// Does `body` while the CPUs of `targets` stand still; `cpu` itself does not run. The caller holds
    /// the lock, which is given back while it waits: meanwhile others may stop this CPU.
    /// - Parameter isDone: asked when nobody else stops CPUs; true: nothing is to be done.
    public func withStopped(
        _ targets: CPUSet, by cpu: Int, unless isDone: @autoclosure () -> Bool = false, _ body: () -> Void
    ) {
        while stopper != nil { changed.wait() }
        if isDone() { return }
        stopper = cpu
        stopped = targets & ~(1 << UInt64(cpu))
        updateStopWishes()
        while cpus.indices.contains(where: { isStopped($0) && cpus[$0].isRunning }) { changed.wait() }
        body()
        stopper = nil
        updateStopWishes()
        changed.broadcast()
    }

    // MARK: For everyone who holds the lock

    /// Wakes `cpu` if it sleeps.
    public func wake(_ cpu: Int) { cpus[cpu].wakeUp.signal() }

    /// CPUs must stay at home.
    public var isHaltWanted: Bool { isHalting }

    /// From now on CPUs go home as soon as they can, and stay there.
    public func requestHalt() {
        isHalting = true
        updateStopWishes()
    }

    /// Sends all CPUs home, and waits until they are there.
    public func halt() {
        requestHalt()
        while cpus.contains(where: { !$0.isHome }) { changed.wait() }
    }

    /// CPUs may leave home again.
    public func resume() {
        isHalting = false
        updateStopWishes()
        for cpu in cpus { cpu.wakeUp.signal() }
    }

    /// Wakes all CPUs, which find out themselves why.
    public func wakeAll() { for cpu in cpus { cpu.wakeUp.signal() } }
}

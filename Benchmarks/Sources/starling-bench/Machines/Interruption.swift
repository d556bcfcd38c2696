// Ctrl-C and the like: ends the running machine before the benchmark itself.
import Glibc
import Synchronization

/// The process group that a signal to the benchmark must end; children have groups of their own.
enum Interruption {
    private static let child = Atomic<Int32>(0)

    static func childStarted(_ pid: pid_t) { child.store(pid, ordering: .sequentiallyConsistent) }
    static func childEnded() { child.store(0, ordering: .sequentiallyConsistent) }

    static func install() {
        for number in [SIGINT, SIGTERM, SIGHUP] {
            signal(number) { number in
                let group = Interruption.child.load(ordering: .sequentiallyConsistent)
                if group > 0 { kill(-group, SIGKILL) }
                _exit(128 + number)
            }
        }
    }
}

// The terminal's raw mode, and the promise to leave it again.
import Glibc
import Synchronization

/// The terminal on standard input.
public enum Terminal {
    /// Passes every key on as it is typed: no echo, no line editing, no signals, no flow control.
    /// - Throws: `HostError` when standard input is no terminal.
    public static func enterRawMode() throws(HostError) {
        var settings = termios()
        _ = try File.retrying("read the settings of the terminal") { Int(tcgetattr(0, &settings)) }
        saved.initialize(to: settings)
        isRaw.store(true, ordering: .sequentiallyConsistent)
        catchCrashes()
        cfmakeraw(&settings)
        _ = try File.retrying("change the settings of the terminal") { Int(tcsetattr(0, TCSADRAIN, &settings)) }
    }

    /// Goes back to the settings from before `enterRawMode`; does nothing when they are in force. May
    /// be called on any thread and in a signal handler: it is one system call.
    public static func restore() {
        guard isRaw.exchange(false, ordering: .sequentiallyConsistent) else { return }
        // Input that was typed for the guest is not for the shell: not TCSADRAIN, which would also wait
        // for a terminal whose output is stopped.
        tcsetattr(0, TCSANOW, saved)
    }

    /// The terminal is in raw mode: lines end with a carriage return, too.
    public static var isInRawMode: Bool { isRaw.load(ordering: .relaxed) }

    private static let isRaw = Atomic<Bool>(false)
    /// Written once, before `isRaw` is set; read after it was seen set.
    private nonisolated(unsafe) static let saved = UnsafeMutablePointer<termios>.allocate(capacity: 1)

    /// A crash leaves the terminal usable, too, and then takes its course.
    private static func catchCrashes() {
        for number in [SIGABRT, SIGBUS, SIGFPE, SIGILL, SIGSEGV, SIGTRAP] {
            signal(number) { number in
                Terminal.restore()
                signal(number, SIG_DFL)
                raise(number)
            }
        }
    }
}

// Signals, received by a thread instead of a handler.
import Glibc

/// The signals that Starling's programs care about.
public enum Signals {
    /// Ctrl-C.
    public static let interrupt = SIGINT
    /// A polite request to end.
    public static let terminate = SIGTERM
    /// The terminal is gone.
    public static let hangUp = SIGHUP
    /// Ctrl-\.
    public static let quit = SIGQUIT

    /// Writing where nobody reads becomes an error instead of the process's end.
    public static func ignoreBrokenPipes() { signal(SIGPIPE, SIG_IGN) }

    /// From now on `handler` gets these signals, on a thread of its own, so that it may do anything.
    /// For the main thread, before others are started: threads inherit what it blocks.
    /// - Throws: `HostError` when the host refuses another thread.
    public static func watch(
        _ signals: [Int32], handler: @escaping @Sendable (Int32) -> Void
    ) throws(HostError) {
        var set = sigset_t()
        sigemptyset(&set)
        for number in signals where !isIgnored(number) { sigaddset(&set, number) }
        pthread_sigmask(SIG_BLOCK, &set, nil)
        let thread = try WorkerThread()
        let watched = set
        _ = thread.submit {
            var set = watched
            while true {
                var number: Int32 = 0
                if sigwait(&set, &number) == 0 { handler(number) }
            }
        }
        // The thread lives as long as the process; the end of its object would wait for it.
        _ = Unmanaged.passRetained(thread)
    }

    /// `nohup` and shells' background jobs ignore signals on purpose: that stays so.
    private static func isIgnored(_ number: Int32) -> Bool {
        var action = sigaction()
        guard sigaction(number, nil, &action) == 0 else { return false }
        return unsafeBitCast(action.__sigaction_handler.sa_handler, to: Int.self)
            == unsafeBitCast(SIG_IGN, to: Int.self)
    }
}

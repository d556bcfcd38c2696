// A thread of the host.
import Glibc
import Synchronization

/// A thread that runs one function. It takes no signals: those are for the threads that expect them.
public final class HostThread: Sendable {
    private let thread: Mutex<pthread_t?>

    /// Starts a thread that runs `body`.
    /// - Throws: `HostError` when the host refuses another thread.
    public init(_ body: @escaping @Sendable () -> Void) throws(HostError) {
        var everything = sigset_t()
        var before = sigset_t()
        sigfillset(&everything)
        pthread_sigmask(SIG_SETMASK, &everything, &before)
        defer { pthread_sigmask(SIG_SETMASK, &before, nil) }

        var started = pthread_t()
        let argument = Unmanaged.passRetained(Body(body))
        let code = pthread_create(&started, nil, { argument in
            guard let argument else { return nil }
            Unmanaged<Body>.fromOpaque(argument).takeRetainedValue().run()
            return nil
        }, argument.toOpaque())
        thread = Mutex(code == 0 ? started : nil)
        guard code == 0 else {
            argument.release()
            throw HostError("start a thread", code: code)
        }
    }

    deinit { finish() }

    /// Waits until the thread has ended; may be called again.
    public func finish() {
        guard let thread = thread.withLock({ $0.take() }) else { return }
        // The last reference may go in the thread itself, which can not wait for itself.
        if pthread_equal(thread, pthread_self()) != 0 {
            pthread_detach(thread)
        } else {
            pthread_join(thread, nil)
        }
    }

    private final class Body: Sendable {
        let run: @Sendable () -> Void

        init(_ run: @escaping @Sendable () -> Void) { self.run = run }
    }
}

// Waking a thread that waits in `HostPoll`.
import Glibc

/// A pipe with nothing in it but wake-ups.
public final class WakePipe: Sendable {
    let reader: Int32
    private let writer: Int32

    /// - Throws: `HostError` when the process has too many files open.
    public init() throws(HostError) {
        var ends: [Int32] = [-1, -1]
        _ = try File.retrying("make a pipe") { Int(pipe(&ends)) }
        for end in ends {
            _ = fcntl(end, F_SETFD, FD_CLOEXEC)
            _ = fcntl(end, F_SETFL, O_NONBLOCK)
        }
        (reader, writer) = (ends[0], ends[1])
    }

    deinit {
        close(reader)
        close(writer)
    }

    /// Wakes the waiting thread, now or when it waits next. Never blocks: a full pipe wakes as well.
    public func wake() {
        var byte: UInt8 = 1
        _ = write(writer, &byte, 1)
    }

    /// Forgets the wake-ups so far.
    public func clear() {
        var bytes = [UInt8](repeating: 0, count: 64)
        while read(reader, &bytes, bytes.count) > 0 {}
    }
}

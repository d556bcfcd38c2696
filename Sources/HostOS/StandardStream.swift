// The three streams that a process is born with.
import Glibc

/// Input, output or errors, used without any buffer in between.
public enum StandardStream: Int32, Sendable {
    case input = 0
    case output = 1
    case errors = 2

    /// The stream is a terminal.
    public var isTerminal: Bool { isatty(rawValue) == 1 }

    /// Waits for bytes; an empty array is the end.
    public func read(atMost limit: Int) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: limit)
        while true {
            let count = Glibc.read(rawValue, &bytes, limit)
            if count >= 0 { return Array(bytes.prefix(count)) }
            // Whoever shares the stream may have made it non-blocking.
            if errno == EAGAIN {
                _ = HostPoll.wait(PollItem(self), milliseconds: 1000)
            } else if errno != EINTR {
                return []
            }
        }
    }

    /// Writes all of `bytes`, waiting while nobody takes them; false when nobody ever will, or when
    /// `isCancelled` said so. The pieces are so small that `poll` can promise that writing one does not
    /// wait: a reader that has stopped must not stop whoever asks `isCancelled`.
    public func write(_ bytes: [UInt8], unless isCancelled: () -> Bool = { false }) -> Bool {
        var rest = bytes[...]
        while !rest.isEmpty {
            if isCancelled() { return false }
            guard HostPoll.wait(PollItem(self), milliseconds: 100) else { continue }
            let count = rest.prefix(256).withUnsafeBytes { Glibc.write(rawValue, $0.baseAddress, $0.count) }
            if count > 0 {
                rest = rest.dropFirst(count)
            } else if errno != EINTR && errno != EAGAIN {
                return false
            }
        }
        return true
    }
}

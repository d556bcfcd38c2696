// A program whose output is read line by line, each line with the time at which it came.
import Glibc

/// A line and the host's clock when it was complete.
struct StampedLine {
    let text: String
    let seconds: Double
}

/// A running program in a process group of its own, with nothing to read and its output and errors in one
/// pipe.
final class ChildProcess {
    let pid: pid_t
    /// The clock just before the process was made.
    let started: Double
    private let pipe: Int32
    private var pending: [UInt8] = []
    private var lines: [StampedLine] = []
    private var isReaped = false

    /// Starts `arguments[0]`, which is searched for in PATH.
    init(_ arguments: [String]) throws(BenchError) {
        var ends: [Int32] = [0, 0]
        guard Glibc.pipe(&ends) == 0 else { throw BenchError("can not make a pipe: \(lastError())") }
        // Only the copies that the child is given as 1 and 2 stay open in it.
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        let begin = monotonicSeconds()
        let (result, child) = Self.spawn(arguments, output: ends[1])
        close(ends[1])
        guard result == 0 else {
            close(ends[0])
            throw BenchError("can not run \(arguments[0]): \(String(cString: strerror(result)))")
        }
        (pid, started, pipe) = (child, begin, ends[0])
        Interruption.childStarted(pid)
    }

    deinit {
        kill()
        close(pipe)
    }

    private static func spawn(_ arguments: [String], output: Int32) -> (Int32, pid_t) {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        posix_spawn_file_actions_adddup2(&actions, output, 1)
        posix_spawn_file_actions_adddup2(&actions, output, 2)
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        // A group of its own, so that killing reaches the children of a shell too.
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETPGROUP))
        var words: [UnsafeMutablePointer<CChar>?] = arguments.map { strdup($0) } + [nil]
        defer { words.forEach { free($0) } }
        var child: pid_t = 0
        let result = posix_spawnp(&child, arguments[0], &actions, &attributes, &words, environ)
        return (result, child)
    }

    /// The next line without its end; nil when the output has ended.
    /// - Throws: if none is complete at `deadline`, in seconds of the monotonic clock.
    func nextLine(before deadline: Double) throws(BenchError) -> StampedLine? {
        while lines.isEmpty {
            let left = deadline - monotonicSeconds()
            guard left > 0 else { throw BenchError("was too slow (see --timeout)") }
            var descriptor = pollfd(fd: pipe, events: Int16(POLLIN), revents: 0)
            guard poll(&descriptor, 1, Int32(min(left * 1000 + 1, 1e6))) > 0 else { continue }
            guard readMore() else { return nil }
        }
        return lines.removeFirst()
    }

    /// False at the end of the output.
    private func readMore() -> Bool {
        var buffer = [UInt8](repeating: 0, count: 65536)
        let count = read(pipe, &buffer, buffer.count)
        if count < 0 { return errno == EINTR }
        let now = monotonicSeconds()
        for byte in buffer.prefix(count) {
            if byte == UInt8(ascii: "\n") {
                lines.append(StampedLine(text: String(decoding: pending, as: UTF8.self), seconds: now))
                pending.removeAll()
            } else if byte != UInt8(ascii: "\r"), pending.count < 4096 {
                pending.append(byte)
            }
        }
        return count > 0
    }

    /// Waits for the end of the process: its exit status, or 128 plus the signal that ended it.
    func wait() -> Int32 {
        var status: Int32 = 0
        while waitpid(pid, &status, 0) < 0, errno == EINTR {}
        isReaped = true
        Interruption.childEnded()
        let signal = status & 0x7F
        return signal == 0 ? (status >> 8) & 0xFF : 128 + signal
    }

    /// Ends the process and all that it started.
    func kill() {
        guard !isReaped else { return }
        Glibc.kill(-pid, SIGKILL)
        _ = wait()
    }
}

/// The text of `errno`.
func lastError() -> String { String(cString: strerror(errno)) }

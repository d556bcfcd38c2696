// Processes: this one, others, and a new one in the background.
import Glibc

/// Processes of the host by their number.
public enum HostProcess {
    /// The number of this process.
    public static var current: Int32 { getpid() }

    /// A process of this number exists and has not ended. One that has, and whose parent has not asked how, still has
    /// its number.
    public static func isAlive(_ process: Int32) -> Bool {
        guard kill(process, 0) == 0 || errno == EPERM else { return false }
        guard let bytes = try? File.contents(of: "/proc/\(process)/stat", limit: 1 << 12) else { return true }
        // proc_pid_stat(5): number, name in parentheses, which may have any character, state.
        guard let end = bytes.lastIndex(of: UInt8(ascii: ")")), end + 2 < bytes.count else { return true }
        return ![UInt8(ascii: "Z"), UInt8(ascii: "X")].contains(bytes[end + 2])
    }

    /// Asks a process to end.
    public static func terminate(_ process: Int32) { kill(process, SIGTERM) }

    /// Ends a process without asking.
    public static func destroy(_ process: Int32) { kill(process, SIGKILL) }

    /// Sleeps.
    public static func sleep(milliseconds: UInt32) { usleep(milliseconds * 1000) }

    /// Runs this very program again, in the background: in a session of its own, with nothing as
    /// input and `log` (made if needed, written at its end) as output. It can report to this process
    /// through `reportDescriptor`.
    /// - Throws: `HostError` when the program can not be started or `log` not be opened.
    public static func startDetached(arguments: [String], log: String) throws(HostError) -> ReportReader {
        let operation = "start a process in the background"
        var ends: [Int32] = [-1, -1]
        _ = try File.retrying(operation) { Int(pipe(&ends)) }
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        defer { close(ends[1]) }
        let reader = ReportReader(descriptor: ends[0])

        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        posix_spawn_file_actions_addopen(&actions, 1, log, O_WRONLY | O_CREAT | O_APPEND, 0o644)
        posix_spawn_file_actions_adddup2(&actions, 1, 2)
        posix_spawn_file_actions_adddup2(&actions, ends[1], ReportWriter.descriptor)

        var child = pid_t()
        var code: Int32 = 0
        withDetachedAttributes { attributes in
            withCStrings(arguments) { code = posix_spawn(&child, "/proc/self/exe", &actions, attributes, $0, environ) }
        }
        guard code == 0 else { throw HostError(operation, code: code) }
        return reader
    }

    /// A session of its own, and no signals blocked or ignored that this process blocks or ignores.
    private static func withDetachedAttributes(_ body: (UnsafePointer<posix_spawnattr_t>) -> Void) {
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        var none = sigset_t()
        sigemptyset(&none)
        posix_spawnattr_setsigmask(&attributes, &none)
        // POSIX_SPAWN_SETSID is 0x80 in glibc, which declares it only for _GNU_SOURCE.
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK) | 0x80)
        body(&attributes)
    }

    private static func withCStrings(
        _ strings: [String], _ body: (UnsafePointer<UnsafeMutablePointer<CChar>?>) -> Void
    ) {
        var copies: [UnsafeMutablePointer<CChar>?] = strings.map { strdup($0) }
        copies.append(nil)
        defer { copies.forEach { free($0) } }
        copies.withUnsafeBufferPointer { if let base = $0.baseAddress { body(base) } }
    }
}

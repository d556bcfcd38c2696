// One running program of the host.
import Foundation

/// A child process with pipes for its output.
struct ChildProcess {
    enum Stream { case output, errors }

    private let identifier: pid_t
    private let output: Int32
    private let errors: Int32?

    /// Starts `path`. With `standardOutput` its output goes into that file and only errors are read.
    /// - Throws: `ImageError.programNotStarted`, `ImageError.noSpace`, `ImageError.fileSystem`.
    init(
        path: String, arguments: [String], environment: [String], standardOutput: URL?, mergeErrors: Bool
    ) throws {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        let main = try Self.makePipe()
        var second: (read: Int32, write: Int32)?
        posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        if let standardOutput {
            let flags = O_WRONLY | O_CREAT | O_TRUNC
            posix_spawn_file_actions_addopen(&actions, 1, standardOutput.path, flags, 0o644)
            posix_spawn_file_actions_adddup2(&actions, main.write, 2)
        } else {
            posix_spawn_file_actions_adddup2(&actions, main.write, 1)
            if !mergeErrors { second = try Self.makePipe() }
            posix_spawn_file_actions_adddup2(&actions, second?.write ?? main.write, 2)
        }
        var child = pid_t()
        let code = Self.withCStrings(arguments) { argv in
            Self.withCStrings(environment) { envp in posix_spawn(&child, path, &actions, nil, argv, envp) }
        }
        close(main.write)
        if let second { close(second.write) }
        guard code == 0 else {
            close(main.read)
            if let second { close(second.read) }
            throw ImageError.programNotStarted(program: path, reason: String(cString: strerror(code)))
        }
        identifier = child
        output = main.read
        errors = second?.read
    }

    /// Reads until the program (and all that it started) has closed its output.
    func readOutput(_ onBytes: (Stream, ArraySlice<UInt8>) -> Void) {
        var files = [pollfd(fd: output, events: Int16(POLLIN), revents: 0)]
        if let errors { files.append(pollfd(fd: errors, events: Int16(POLLIN), revents: 0)) }
        var buffer = [UInt8](repeating: 0, count: 64 << 10)
        while files.contains(where: { $0.fd >= 0 }) {
            if poll(&files, nfds_t(files.count), -1) < 0, errno != EINTR { break }
            for index in files.indices where files[index].fd >= 0 && files[index].revents != 0 {
                let count = read(files[index].fd, &buffer, buffer.count)
                if count > 0 { onBytes(index == 0 ? .output : .errors, buffer[..<count]) }
                // poll ignores negative descriptors.
                if count == 0 || (count < 0 && errno != EINTR) { files[index].fd = -1 }
            }
        }
        close(output)
        if let errors { close(errors) }
    }

    /// The exit status, or 128 and the signal's number, as a shell gives it.
    func wait() -> Int32 {
        var status: Int32 = 0
        while waitpid(identifier, &status, 0) < 0 {
            guard errno == EINTR else { return 127 }
        }
        let signal = status & 0x7f
        return signal == 0 ? (status >> 8) & 0xff : 128 + signal
    }

    private static func makePipe() throws -> (read: Int32, write: Int32) {
        var ends: [Int32] = [-1, -1]
        guard pipe(&ends) == 0 else { throw HostFiles.failure("pipe", errno) }
        // An end that another child inherited would keep this pipe open.
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        return (ends[0], ends[1])
    }

    private static func withCStrings<Result>(
        _ strings: [String], _ body: ([UnsafeMutablePointer<CChar>?]) -> Result
    ) -> Result {
        let copies: [UnsafeMutablePointer<CChar>?] = strings.map { strdup($0) }
        defer { copies.forEach { free($0) } }
        return body(copies + [nil])
    }
}

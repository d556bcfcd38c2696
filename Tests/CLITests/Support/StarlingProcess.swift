// Running the built `starling` as a user does.
import Foundation
import Testing

/// One run of the command, with its streams in files.
final class StarlingProcess {
    /// What a finished run left.
    struct Result {
        /// The exit status; 128 and more for a signal, as shells say it.
        var status: Int32
        var output: String
        var errors: String

        /// What it said on standard error, by line.
        var errorLines: [Substring] { errors.split(separator: "\n") }
    }

    let process: pid_t
    private let outputFile: URL
    private let errorFile: URL
    private var status: Int32?
    /// Lasts as long as the run.
    private let home: TestHome

    /// The executable, which is built beside the tests.
    static let executable: String = {
        let tests = (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? ""
        let folder = CommandLine.arguments.first.map { URL(fileURLWithPath: $0).deletingLastPathComponent() }
        let candidates = [URL(fileURLWithPath: tests).deletingLastPathComponent(), folder].compactMap { $0 }
        return candidates.map { $0.appendingPathComponent("starling").path }
            .first { FileManager.default.isExecutableFile(atPath: $0) } ?? "starling is not beside the tests"
    }()

    /// Starts it. `streams` are the descriptors for standard input, output and errors where they are not
    /// an empty file and two new ones.
    init(
        _ arguments: [String], home: TestHome, environment: [String: String] = [:], input: Int32? = nil,
        output: Int32? = nil
    ) throws {
        self.home = home
        let name = UUID().uuidString
        outputFile = home.folder.appendingPathComponent("\(name).out")
        errorFile = home.folder.appendingPathComponent("\(name).err")
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        if let input {
            posix_spawn_file_actions_adddup2(&actions, input, 0)
        } else {
            posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        }
        if let output {
            posix_spawn_file_actions_adddup2(&actions, output, 1)
            posix_spawn_file_actions_adddup2(&actions, output, 2)
        } else {
            posix_spawn_file_actions_addopen(&actions, 1, outputFile.path, O_WRONLY | O_CREAT, 0o600)
            posix_spawn_file_actions_addopen(&actions, 2, errorFile.path, O_WRONLY | O_CREAT, 0o600)
        }
        var variables = ProcessInfo.processInfo.environment
        variables["STARLING_HOME"] = home.folder.path
        variables["TERM"] = "xterm"
        variables.merge(environment) { $1 }
        let words = ([Self.executable] + arguments).map { strdup($0) } + [nil]
        let settings = variables.map { strdup("\($0.key)=\($0.value)") } + [nil]
        defer { (words + settings).forEach { free($0) } }
        var process = pid_t()
        let code = posix_spawn(&process, Self.executable, &actions, nil, words, settings)
        try #require(code == 0, "\(Self.executable) can not be started: \(String(cString: strerror(code)))")
        self.process = process
    }

    deinit {
        // A failed test must not leave a machine running.
        if status == nil {
            kill(process, SIGKILL)
            waitpid(process, nil, 0)
        }
    }

    /// Waits for the end. A run that hangs is killed after `seconds` and has status 137.
    func wait(seconds: Double = 120) -> Result {
        var raw: Int32 = 0
        let limit = Date().addingTimeInterval(seconds)
        while waitpid(process, &raw, WNOHANG) == 0 {
            if Date() > limit { kill(process, SIGKILL) }
            usleep(5_000)
        }
        let signal = raw & 0x7f
        let status = signal == 0 ? raw >> 8 & 0xff : 128 + signal
        self.status = status
        return Result(status: status, output: text(outputFile), errors: text(errorFile))
    }

    /// What it has written to standard output so far.
    var outputSoFar: String { text(outputFile) }

    private func text(_ file: URL) -> String {
        String(decoding: (try? Data(contentsOf: file)) ?? Data(), as: UTF8.self)
    }
}

/// Runs `starling` to its end, with `input` as standard input.
func starling(
    _ arguments: String..., home: TestHome, input: String? = nil, environment: [String: String] = [:]
) throws -> StarlingProcess.Result {
    guard let input else { return try StarlingProcess(arguments, home: home, environment: environment).wait() }
    let file = try home.file("input-\(UUID().uuidString)", Data(input.utf8))
    let descriptor = open(file, O_RDONLY | O_CLOEXEC)
    defer { close(descriptor) }
    return try StarlingProcess(arguments, home: home, environment: environment, input: descriptor).wait()
}

/// Waits until `condition` holds; false after two minutes.
func eventually(_ condition: () -> Bool) -> Bool {
    let limit = Date().addingTimeInterval(120)
    while !condition() {
        if Date() > limit { return false }
        usleep(10_000)
    }
    return true
}

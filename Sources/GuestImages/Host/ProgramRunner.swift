// Runs programs of the host and keeps what they say.
import Foundation

/// Starts a program, hands its output on line by line and throws when it fails.
///
/// Children stay in the process group of this process, so that Ctrl-C in the terminal ends them too.
struct ProgramRunner {
    /// Where all output is appended; nil keeps none.
    var log: URL?
    /// Variables set in addition to those of this process.
    var environment: [String: String] = [:]
    /// Where programs are looked for.
    var searchPath: [String] = Self.defaultSearchPath

    /// The user's path, then the folders of system programs, which users often lack.
    static var defaultSearchPath: [String] {
        let own = ProcessInfo.processInfo.environment["PATH"] ?? ""
        return own.split(separator: ":").map(String.init) + ["/usr/sbin", "/sbin", "/usr/bin", "/bin"]
    }

    /// Runs `program` to its end. `onLine` gets each line of its output and errors.
    /// - Throws: `ImageError.programFailed`, `.programNotStarted`, or `.noSpace` when its output says so.
    func run(
        _ program: String, _ arguments: [String], standardOutput: URL? = nil,
        onLine: (String) -> Void = { _ in }
    ) throws {
        var splitter = LineSplitter()
        try start(program, arguments, standardOutput: standardOutput, mergeErrors: true) { bytes in
            splitter.add(bytes, onLine)
        }
        splitter.finish(onLine)
    }

    /// Runs `program` and returns its standard output; its errors go to the log.
    func output(_ program: String, _ arguments: [String]) throws -> [UInt8] {
        var collected: [UInt8] = []
        try start(program, arguments, standardOutput: nil, mergeErrors: false) { collected += $0 }
        return collected
    }

    private func start(
        _ program: String, _ arguments: [String], standardOutput: URL?, mergeErrors: Bool,
        _ onBytes: (ArraySlice<UInt8>) -> Void
    ) throws {
        guard let folder = searchPath.first(where: { access("\($0)/\(program)", X_OK) == 0 }) else {
            throw ImageError.programNotStarted(program: program, reason: "it is not installed")
        }
        var lastLines = LastLines()
        let logFile = try openLog(program, arguments)
        defer { if let logFile { close(logFile) } }
        let child = try ChildProcess(
            path: "\(folder)/\(program)", arguments: [program] + arguments, environment: childEnvironment,
            standardOutput: standardOutput, mergeErrors: mergeErrors)
        child.readOutput { stream, bytes in
            if stream == .errors || mergeErrors { lastLines.add(bytes) }
            if stream == .errors || mergeErrors, let logFile {
                _ = bytes.withUnsafeBytes { write(logFile, $0.baseAddress, $0.count) }
            }
            if stream == .output { onBytes(bytes) }
        }
        let status = child.wait()
        guard status != 0 else { return }
        let lines = lastLines.lines
        if lines.contains(where: Self.saysNoSpace) {
            throw ImageError.noSpace(
                path: log?.deletingLastPathComponent().path ?? "/", needed: nil, free: nil)
        }
        throw ImageError.programFailed(
            program: program, status: status, lastLines: lines, log: log?.path ?? "no file")
    }

    /// The texts of ENOSPC and EDQUOT in the C locale, and apt's own check.
    private static func saysNoSpace(_ line: String) -> Bool {
        line.contains("No space left on device") || line.contains("Disk quota exceeded")
            || line.contains("You don't have enough free space")
            || line.contains("Could not allocate block in ext2 filesystem")
    }

    private func openLog(_ program: String, _ arguments: [String]) throws -> Int32? {
        guard let log else { return nil }
        let descriptor = open(log.path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else { throw HostFiles.failure(log.path, errno) }
        let line = Array("+ \(program) \(arguments.joined(separator: " ").prefix(4096))\n".utf8)
        _ = write(descriptor, line, line.count)
        return descriptor
    }

    private var childEnvironment: [String] {
        var variables = ProcessInfo.processInfo.environment
        // A build inside another fakeroot would refuse to start its own.
        for name in ["FAKEROOTKEY", "LD_PRELOAD"] { variables[name] = nil }
        variables["PATH"] = searchPath.joined(separator: ":")
        // Messages and sort orders that do not depend on the user.
        for (name, value) in [
            "LC_ALL": "C", "LANGUAGE": "C", "TZ": "UTC", "DEBIAN_FRONTEND": "noninteractive",
        ] {
            variables[name] = value
        }
        variables.merge(environment) { _, new in new }
        return variables.map { "\($0.key)=\($0.value)" }.sorted()
    }
}

// A home for the machines whose state is measured, and the commands on them.
import Foundation

/// A STARLING_HOME of its own, with the user's images.
final class StateBench {
    let starling: String
    let home: URL

    init(starling: String) throws(BenchError) {
        guard FileManager.default.isExecutableFile(atPath: starling) else {
            throw BenchError("\(starling) is not there; run `make build`, or name the command with --starling")
        }
        self.starling = starling
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("starling-bench-\(UUID().uuidString)")
        home = folder
        try attempt("make the folder \(folder.path)") {
            try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
            let images = Self.userHome.appendingPathComponent("images")
            try FileManager.default.createSymbolicLink(
                at: folder.appendingPathComponent("images"), withDestinationURL: images)
        }
        setenv("STARLING_HOME", folder.path, 1)
    }

    /// Where the command keeps its images unless it is told otherwise.
    private static var userHome: URL {
        let environment = ProcessInfo.processInfo.environment
        if let home = environment["STARLING_HOME"] { return URL(fileURLWithPath: home) }
        let data = environment["XDG_DATA_HOME"].map { URL(fileURLWithPath: $0) }
            ?? FileManager.default.homeDirectoryForCurrentUser.appendingPathComponent(".local/share")
        return data.appendingPathComponent("starling")
    }

    /// Makes a machine of the Debian image and runs a command in it.
    func machine(_ name: String, running command: String) throws(BenchError) -> StateMachine {
        _ = try timed(["create", name, "--image", "debian-trixie-riscv64", "--memory", "1GiB"])
        return try StateMachine(self, name, command)
    }

    /// Runs the command to its end: seconds.
    func timed(_ arguments: [String]) throws(BenchError) -> Double {
        let start = monotonicSeconds()
        _ = try output(arguments)
        return monotonicSeconds() - start
    }

    /// What the command prints.
    func output(_ arguments: [String]) throws(BenchError) -> String {
        try Self.output([starling] + arguments)
    }

    static func output(_ arguments: [String]) throws(BenchError) -> String {
        let child = try ChildProcess(arguments)
        var text = ""
        while let line = try child.nextLine(before: monotonicSeconds() + 120) { text += line.text + "\n" }
        let status = child.wait()
        guard status == 0 else { throw BenchError("\(arguments.joined(separator: " ")): status \(status): \(text)") }
        return text
    }

    /// The running machines' processes.
    func processes() throws(BenchError) -> [Int32] {
        struct Entry: Decodable { var process: Int32? }
        let text = try output(["ls", "--json"])
        let entries = (try? JSONDecoder().decode([Entry].self, from: Data(text.utf8))) ?? []
        return entries.compactMap(\.process)
    }

    func removeForks(of name: String) throws(BenchError) {
        for bundle in (try? FileManager.default.contentsOfDirectory(atPath: home.path + "/machines")) ?? []
        where bundle.hasPrefix("\(name)-") {
            _ = try output(["rm", "--force", String(bundle.dropLast(".starling".count))])
        }
    }

    /// The memory that would be free without the process, in MiB: what it shares with nobody (proc(5), `Private_`).
    static func privateMebibytes(_ process: Int32) -> Double {
        let text = (try? String(contentsOfFile: "/proc/\(process)/smaps_rollup", encoding: .utf8)) ?? ""
        let kibibytes = text.split(separator: "\n").filter { $0.hasPrefix("Private_") }
            .compactMap { $0.split(separator: " ").dropFirst().first.flatMap { Double($0) } }
        return kibibytes.reduce(0, +) / 1024
    }

    /// Ends all machines and removes the home.
    func end() {
        for process in (try? processes()) ?? [] { kill(process, SIGKILL) }
        usleep(200_000)
        try? FileManager.default.removeItem(at: home)
    }
}

/// A running machine.
final class StateMachine {
    let name: String
    private let bench: StateBench
    private let process: ChildProcess
    private var bundle: String { "\(bench.home.path)/machines/\(name).starling" }

    init(_ bench: StateBench, _ name: String, _ command: String) throws(BenchError) {
        self.bench = bench
        self.name = name
        process = try ChildProcess([bench.starling, "run", name, "--", command])
    }

    /// Waits for a line of the guest that begins so.
    func wait(for word: String) throws(BenchError) -> String {
        while let line = try process.nextLine(before: monotonicSeconds() + 120) {
            if line.text.hasPrefix(word) { return line.text }
        }
        throw BenchError("the guest has ended")
    }

    /// Takes a snapshot: its ID, and how long the guest stood still, in nanoseconds.
    func snapshot() throws(BenchError) -> (id: String, pause: Double) {
        struct Made: Decodable {
            var id: String
            var pause: Double
        }
        let text = try bench.output(["snapshot", name, "--json"])
        guard let made = try? JSONDecoder().decode(Made.self, from: Data(text.utf8)) else {
            throw BenchError("starling snapshot said: \(text)")
        }
        return (made.id, made.pause)
    }

    /// The size of the RAM that a snapshot holds itself.
    func storedMebibytes(_ id: String) -> Int {
        let attributes = try? FileManager.default.attributesOfItem(atPath: "\(bundle)/snapshots/\(id)/ram")
        return ((attributes?[.size] as? Int) ?? 0) >> 20
    }

    /// Instructions since power-on.
    func instructions() throws(BenchError) -> UInt64 {
        struct Status: Decodable { var instructions: UInt64 }
        let text = try curl("GET", "status", nil)
        guard let status = try? JSONDecoder().decode(Status.self, from: Data(text.answer.utf8)) else {
            throw BenchError("the machine's status is: \(text.answer)")
        }
        return status.instructions
    }

    /// Sends a request to the control API and waits for the answer: seconds.
    func request(_ method: String, _ path: String, _ body: String) throws(BenchError) -> Double {
        try curl(method, path, body).seconds
    }

    private func curl(
        _ method: String, _ path: String, _ body: String?
    ) throws(BenchError) -> (answer: String, seconds: Double) {
        let data = body.map { ["-H", "content-type: application/json", "-d", $0] } ?? []
        let text = try StateBench.output(
            ["curl", "--silent", "--show-error", "--fail-with-body", "--unix-socket", "\(bundle)/control.sock", "-X", method]
                + data + ["--write-out", "\\n%{time_total}\\n", "http://machine/v1/\(path)"])
        let lines = text.split(separator: "\n")
        guard let seconds = lines.last.flatMap({ Double($0) }) else { throw BenchError("curl said: \(text)") }
        return (lines.dropLast().joined(separator: "\n"), seconds)
    }

    func kill() { process.kill() }
}

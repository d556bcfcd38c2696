// One run of a machine, from its start to its end.

/// What one run of one workload gave.
struct Sample {
    /// By the host's clock, from the console line before it to the one after it.
    var seconds: Double
    /// The same by the clock of the guest, to hundredths of a second.
    var guestSeconds: Double
    /// The MD5 sum of what it printed.
    var sum: String
}

/// What one run of a machine gave.
struct SessionResult {
    /// From the start of the process to the first line of /init; nil for the native host.
    var bootSeconds: Double?
    /// nil for the native host.
    var memory: ProcessMemory?
    var samples: [String: Sample] = [:]
}

/// Runs a machine and follows its console.
struct Session {
    let machine: Machine
    let options: Options

    /// - Throws: if the machine ends early, says nothing for too long, or if a workload fails in it.
    func run(_ items: [WorkItem], harts: Int = 1) throws(BenchError) -> SessionResult {
        let child = try ChildProcess(machine.command(items, harts))
        var reader = SessionReader(machine: machine, started: child.started)
        do {
            try follow(child, &reader)
            let status = child.wait()
            guard status == 0 else { throw BenchError("ended with status \(status)") }
            guard reader.isDone else { throw BenchError("ended before its work was done") }
            for item in items where reader.result.samples[item.name] == nil {
                throw BenchError("did not run \(item.name)")
            }
        } catch {
            child.kill()
            throw BenchError("\(machine.kind.rawValue): \(error)\(reader.context)")
        }
        return reader.result
    }

    private func follow(_ child: ChildProcess, _ reader: inout SessionReader) throws(BenchError) {
        var deadline = monotonicSeconds() + options.timeout
        while let line = try child.nextLine(before: deadline) {
            if options.verbose { Progress.say("\(machine.kind.rawValue): \(line.text)") }
            guard try reader.read(line, pid: child.pid) else { continue }
            deadline = monotonicSeconds() + options.timeout
        }
    }
}

/// Makes a result of console lines.
struct SessionReader {
    let machine: Machine
    let started: Double
    private(set) var result = SessionResult()
    private(set) var isDone = false
    private var startedWorkload: (name: String, seconds: Double)?
    private var lastLines: [String] = []

    init(machine: Machine, started: Double) {
        self.machine = machine
        self.started = started
    }

    /// The end of the console and what ran then, for a message.
    var context: String {
        let place = startedWorkload.map { " (in \($0.name))" } ?? ""
        return place + lastLines.map { "\n    | \($0)" }.joined()
    }

    /// False if the line is none of ours.
    mutating func read(_ line: StampedLine, pid: Int32) throws(BenchError) -> Bool {
        lastLines = Array((lastLines + [line.text]).suffix(12))
        guard let event = ConsoleEvent(line: line.text) else { return false }
        switch event {
        case .booted:
            result.bootSeconds = line.seconds - started
            result.memory = try machine.guestMemoryBytes.map { bytes throws(BenchError) in
                try ProcessMemory(pid: pid, guestMemoryBytes: bytes)
            }
        case .started(let name): startedWorkload = (name, line.seconds)
        case .ended(let name, let status, let milliseconds):
            guard let begin = startedWorkload, begin.name == name else {
                throw BenchError("the end of \(name) came without its start")
            }
            startedWorkload = nil
            result.samples[name] = Sample(
                seconds: line.seconds - begin.seconds, guestSeconds: Double(milliseconds) / 1000,
                sum: status == 0 ? "" : "failed")
        case .sum(let name, let digest):
            if result.samples[name]?.sum.isEmpty == true { result.samples[name]?.sum = digest }
        case .failed(let name, let text): throw BenchError("\(name) failed: \(text)")
        case .done: isDone = true
        }
        return true
    }
}

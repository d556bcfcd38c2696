// How long a machine stands still, and what it takes, when its state is kept, forked and moved.
import Foundation

/// One line of the table.
struct StateFigure {
    let name: String
    let unit: String
    /// As they came out, in order.
    let values: [Double]
    /// What the project wants to reach.
    let atLeast: Double
    let aim: Double

    private var sorted: [Double] { values.sorted() }
    /// The middle one.
    var median: Double { values.isEmpty ? .nan : sorted[values.count / 2] }
    /// The largest; all of these figures should be small.
    var worst: Double { sorted.last ?? .nan }

    /// Whether the median reaches what is wanted.
    var verdict: String { median <= aim ? "aim reached" : median <= atLeast ? "reached" : "MISSED" }
}

/// Measures a 1 GiB Debian guest with one vCPU through the command and the control API.
enum StateFigures {
    static let usage = "usage: starling-bench state [--starling FILE] [--json]"
    private static let rounds = 5
    private static let forkCount = 10

    static func run(_ options: Options) throws(BenchError) {
        let bench = try StateBench(starling: options.starling ?? Checkout.starling.path)
        defer { bench.end() }
        let figures = try measure(bench)
        print(options.json ? json(figures) : table(figures))
    }

    private static func measure(_ bench: StateBench) throws(BenchError) -> [StateFigure] {
        Progress.say("a guest that writes 50 MiB again and again")
        let busy = try bench.machine("busy", running: """
            mount -t tmpfs none /mnt; n=0
            while :; do n=$((n+1)); head -c 52428800 /dev/zero | tr '\\000' "$(printf "\\\\$(printf %o $((64+n%60)))")" > /mnt/x
            echo "DIRTY $n"; sleep 3; done
            """)
        _ = try busy.wait(for: "DIRTY")
        _ = try busy.snapshot()
        var figures = [try snapshots(busy)]
        figures.append(try restores(busy))
        figures.append(try switches(busy))
        figures.append(try steps(busy))
        busy.kill()
        Progress.say("a guest that sleeps, and \(forkCount) forks of it")
        let idle = try bench.machine("idle", running: "echo READY; sleep 1000000")
        _ = try idle.wait(for: "READY")
        _ = try idle.snapshot()
        figures.insert(try coldRestores(bench, idle), at: 2)
        figures.insert(contentsOf: try forks(bench, idle), at: 3)
        return figures
    }

    private static func snapshots(_ machine: StateMachine) throws(BenchError) -> StateFigure {
        var pauses: [Double] = []
        for _ in 0..<rounds {
            _ = try machine.wait(for: "DIRTY")
            let (id, pause) = try machine.snapshot()
            pauses.append(pause / 1e6)
            Progress.say("  snapshot \(id): \(machine.storedMebibytes(id)) MiB stored")
        }
        return StateFigure(
            name: "pause for an incremental snapshot, 50 MiB dirty", unit: "ms", values: pauses, atLeast: 100, aim: 20)
    }

    private static func restores(_ machine: StateMachine) throws(BenchError) -> StateFigure {
        var times: [Double] = []
        for _ in 0..<rounds { times.append(try machine.request("POST", "restore", #"{"snapshot":"s2"}"#) * 1000) }
        return StateFigure(name: "restore of a running machine", unit: "ms", values: times, atLeast: 100, aim: 20)
    }

    private static func switches(_ machine: StateMachine) throws(BenchError) -> StateFigure {
        var times: [Double] = []
        for _ in 0..<rounds {
            for engine in ["precise", "jit"] {
                times.append(try machine.request("PUT", "engine", #"{"engine":"\#(engine)"}"#) * 1000)
            }
        }
        return StateFigure(name: "engine switch", unit: "ms", values: times, atLeast: 20, aim: 2)
    }

    /// Backwards by one instruction, with 100 million behind it in the recording.
    private static func steps(_ machine: StateMachine) throws(BenchError) -> StateFigure {
        _ = try machine.request("PUT", "recording", #"{"record":true}"#)
        let start = try machine.instructions()
        while try machine.instructions() < start + 110_000_000 { usleep(20_000) }
        _ = try machine.request("PUT", "state", #"{"state":"paused"}"#)
        var times: [Double] = []
        for _ in 0..<rounds {
            let target = try machine.instructions() - 1
            times.append(try machine.request("POST", "travel", #"{"instruction":\#(target)}"#) * 1000)
            guard try machine.instructions() == target else { throw BenchError("the machine is not where it should be") }
        }
        return StateFigure(
            name: "reverse step over 100 million instructions", unit: "ms", values: times, atLeast: 1000, aim: 200)
    }

    /// A process is started for it, which restores the machine.
    private static func coldRestores(_ bench: StateBench, _ machine: StateMachine) throws(BenchError) -> StateFigure {
        machine.kill()
        var times: [Double] = []
        for _ in 0..<rounds {
            times.append(try bench.timed(["restore", "\(machine.name)@s1"]) * 1000)
            _ = try bench.timed(["stop", machine.name])
        }
        _ = try bench.timed(["restore", "\(machine.name)@s1"])
        return StateFigure(
            name: "restore of a stopped machine, whole command", unit: "ms", values: times, atLeast: 100, aim: 20)
    }

    private static func forks(_ bench: StateBench, _ machine: StateMachine) throws(BenchError) -> [StateFigure] {
        var times: [Double] = []
        for _ in 0..<2 {
            let before = try bench.processes()
            times.append(try bench.timed(["fork", machine.name, "-n", "\(forkCount)"]) * 1000 / Double(forkCount))
            if times.count == 2 {
                sleep(5)
                let memory = try bench.processes().filter { !before.contains($0) }.map(StateBench.privateMebibytes)
                return [
                    StateFigure(
                        name: "fork of a running machine, each of \(forkCount), started", unit: "ms", values: times,
                        atLeast: 50, aim: 5),
                    StateFigure(name: "memory of an idle fork", unit: "MiB", values: memory, atLeast: 20, aim: 5),
                ]
            }
            try bench.removeForks(of: machine.name)
        }
        return []
    }

    private static func table(_ figures: [StateFigure]) -> String {
        let rows = figures.map { figure in
            [
                figure.name, String(format: "%.1f %@", figure.median, figure.unit),
                String(format: "%.1f %@", figure.worst, figure.unit), String(format: "%g", figure.atLeast),
                String(format: "%g", figure.aim), figure.verdict,
            ]
        }
        let all = [["figure", "median", "worst", "at least", "aim", ""]] + rows
        let widths = all[0].indices.map { column in all.map { $0[column].count }.max() ?? 0 }
        return all.map { row in
            zip(row, widths).map { $0.padding(toLength: $1, withPad: " ", startingAt: 0) }.joined(separator: "  ")
        }.joined(separator: "\n")
    }

    private static func json(_ figures: [StateFigure]) -> String {
        let objects = figures.map {
            ["name": $0.name, "unit": $0.unit, "values": $0.values, "atLeast": $0.atLeast, "aim": $0.aim] as [String: Any]
        }
        let data = (try? JSONSerialization.data(withJSONObject: objects, options: [.prettyPrinted, .sortedKeys])) ?? Data()
        return String(decoding: data, as: UTF8.self)
    }
}

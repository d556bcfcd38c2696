// Machines with a folder: create, start, console, ls, show, rm.
import Foundation
import Testing

struct LifecycleTests {
    private struct Listed: Decodable {
        var name: String
        var state: String
        var cpus: Int?
        var memoryBytes: UInt64?
        var boots: String
        var process: Int32?
    }

    private func list(_ home: TestHome) throws -> [Listed] {
        let result = try starling("ls", "--json", home: home)
        #expect(result.status == 0)
        return try JSONDecoder().decode([Listed].self, from: Data(result.output.utf8))
    }

    @Test func machineLivesItsLife() throws {
        let home = try TestHome()
        let program = try Programs.echo(home)
        #expect(try list(home).isEmpty)
        let made = try starling(
            "create", "echo", "--bare", program, "--cpus", "2", "--memory", "64MiB", home: home)
        #expect(made.status == 0, "\(made.errors)")
        #expect(try list(home).map(\.state) == ["stopped"])

        let started = try starling("start", "echo", home: home)
        #expect(started.status == 0, "\(started.errors)")
        #expect(started.output.contains("starling console echo"))
        let running = try #require(try list(home).first)
        #expect(running.state == "running" && running.cpus == 2 && running.memoryBytes == 64 << 20)
        #expect(running.boots == "bare \(program)")

        for command in [["start", "echo"], ["rm", "echo"]] {
            let refused = try StarlingProcess(command, home: home).wait()
            #expect(refused.status == 5)
            #expect(refused.errorLines.count == 1 && refused.errors.contains("running"))
        }
        #expect(try starling("run", "echo", home: home).status == 125)

        // The console shows what was printed before, and ends with the machine.
        let console = try starling("console", "echo", home: home, input: "hello q")
        #expect(console.status == 0)
        #expect(console.output == "ready\nhello q")
        #expect(eventually { (try? list(home).first?.state) == "stopped" })
        let log = try String(contentsOfFile: home.path("machines/echo.starling/starling.log"), encoding: .utf8)
        #expect(log == "ready\nhello qstarling: the machine switched itself off with status 3\n")
        #expect(try starling("console", "echo", home: home).status == 3)

        #expect(try starling("rm", "echo", home: home).status == 0)
        #expect(home.names(in: "machines").isEmpty)
    }

    @Test func forcedRemovalStopsTheMachine() throws {
        let home = try TestHome()
        #expect(try starling("create", "busy", "--bare", try Programs.hanging(home), home: home).status == 0)
        #expect(try starling("start", "busy", home: home).status == 0)
        let process = try #require(try list(home).first?.process)
        #expect(try starling("rm", "--force", "busy", home: home).status == 0)
        #expect(home.names(in: "machines").isEmpty)
        #expect(eventually { hasEnded(process) })
    }

    /// The process is gone, or nobody has asked for its status yet.
    private func hasEnded(_ process: pid_t) -> Bool {
        guard let status = try? String(contentsOfFile: "/proc/\(process)/status", encoding: .utf8) else { return true }
        return status.contains("State:\tZ")
    }

    @Test func startSaysWhyItFails() throws {
        let home = try TestHome()
        let disk = try home.disk("d.raw")
        let program = try Programs.hanging(home)
        #expect(try starling("create", "x", "--bare", program, "--disk", disk, home: home).status == 0)
        try FileManager.default.removeItem(atPath: disk)
        let noDisk = try starling("start", "x", home: home)
        #expect(noDisk.status == 3 && noDisk.errors.contains(disk) && noDisk.errorLines.count == 1)
        // What is noticed only while the machine is powered on is said, too.
        _ = try home.disk("d.raw")
        try Data("no ELF file".utf8).write(to: URL(fileURLWithPath: program))
        let noProgram = try starling("start", "x", home: home)
        #expect(noProgram.status == 2 && noProgram.errors.contains(program) && noProgram.errorLines.count == 1)
        #expect(try list(home).map(\.state) == ["stopped"])
    }

    @Test func foregroundRunOfAMachineHasAConsoleForOthers() throws {
        let home = try TestHome()
        #expect(try starling("create", "echo", "--bare", try Programs.echo(home), home: home).status == 0)
        var ends: [Int32] = [0, 0]
        try #require(pipe(&ends) == 0)
        defer { ends.forEach { close($0) } }
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        let run = try StarlingProcess(["run", "echo"], home: home, input: ends[0])
        #expect(eventually { run.outputSoFar == "ready\n" })
        let console = try starling("console", "echo", home: home, input: "q")
        #expect(console.output == "ready\nq")
        let result = run.wait()
        #expect(result.status == 3 && result.output == "ready\nq")
    }

    @Test func showPrintsADescriptionThatCanBeUsed() throws {
        let home = try TestHome()
        let disk = try home.disk("d.raw")
        let made = try starling(
            "create", "a", "--bare", try Programs.echo(home), "--disk", "\(disk),readonly,serial=S1",
            "--deterministic", home: home)
        #expect(made.status == 0)
        let text = try starling("show", "a", home: home).output
        #expect(text.contains("# state:    stopped"))
        for line in ["kind: Machine", "cpus: 1", "memory: 512MiB", "engine: jit", "clock: deterministic"] {
            #expect(text.split(separator: "\n").contains { $0 == line })
        }
        // As a machine.yaml it makes the same machine.
        try text.write(
            toFile: home.path("machines/a.starling/machine.yaml"), atomically: true, encoding: .utf8)
        #expect(try starling("show", "a", home: home).output == text)
        let json = try starling("show", "a", "--json", home: home).output
        let object = try #require(try JSONSerialization.jsonObject(with: Data(json.utf8)) as? [String: Any])
        #expect(object["memoryBytes"] as? Int == 512 << 20)
        let disks = try #require(object["disks"] as? [[String: Any]])
        #expect(disks.first?["serial"] as? String == "S1" && disks.first?["readOnly"] as? Bool == true)
    }

    @Test func machineCanBeAPath() throws {
        let home = try TestHome()
        let path = home.path("elsewhere/m")
        let made = try starling("create", path, "--bare", try Programs.printing("hi", home), "--json", home: home)
        let object = try JSONDecoder().decode([String: String].self, from: Data(made.output.utf8))
        #expect(object == ["name": "m", "path": path + ".starling"])
        let result = try starling("run", path + ".starling", home: home)
        #expect(result.status == 0 && result.output == "hi")
        let again = try starling("create", path, "--bare", try Programs.echo(home), home: home)
        #expect(again.status == 2 && again.errorLines.count == 1)
        #expect(try starling("rm", path + ".starling", home: home).status == 0)
        #expect(home.names(in: "elsewhere").isEmpty)
    }
}

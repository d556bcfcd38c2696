// A run of a machine, with shell scripts in place of emulators.
import Glibc
import Testing

@testable import starling_bench

private func machine(_ script: String) -> Machine {
    Machine(
        kind: .native, command: { items, _ in ["sh", "-c", script, "sh"] + items.map(\.word) },
        guestMemoryBytes: nil)
}

private func run(_ script: String, _ names: [String] = [], timeout: Double = 20) throws -> SessionResult {
    var options = try Options(arguments: [])
    options.timeout = timeout
    return try Session(machine: machine(script), options: options).run(
        names.map { WorkItem(name: $0, amount: 1) })
}

private func message(_ script: String, _ names: [String] = [], timeout: Double = 20) -> String {
    do {
        _ = try run(script, names, timeout: timeout)
        return "no error"
    } catch { return "\(error)" }
}

@Suite struct SessionTests {
    @Test func measuresBetweenTheMarkers() throws {
        let script = """
            sleep 0.3; printf 'noise\\r\\n[ 1.0] BENCH-START a\\r\\n'; sleep 0.2
            printf 'BENCH-END a 0 210\\r\\n'
            sleep 0.3; echo 'BENCH-SUM a abc'; echo BENCH-DONE
            """
        let sample = try #require(try run(script, ["a"]).samples["a"])
        #expect(sample.seconds >= 0.2)
        #expect(sample.guestSeconds == 0.21)
        #expect(sample.sum == "abc")
    }

    @Test func itemsReachTheMachine() throws {
        let script = "echo BENCH-START x; echo BENCH-END x 0 0; echo BENCH-SUM x $1; echo BENCH-DONE"
        #expect(try run(script, ["x"]).samples["x"]?.sum == "x:1")
    }

    @Test func bootIsTimedFromTheStart() throws {
        let result = try run("sleep 0.1; echo BENCH-BOOT; echo BENCH-DONE")
        #expect(try #require(result.bootSeconds) >= 0.1)
    }

    @Test func anEarlyEndIsAnErrorThatShowsTheConsole() {
        let text = message("echo BENCH-START deep; echo last words >&2; exit 3", ["deep"])
        #expect(text.contains("status 3") && text.contains("in deep") && text.contains("last words"))
        #expect(message("exit 0").contains("before its work was done"))
        #expect(message("kill -9 $$").contains("status 137"))
    }

    @Test func aFailingWorkloadIsAnError() {
        let script =
            "echo BENCH-START a; echo BENCH-END a 1 5; echo BENCH-SUM a x; echo BENCH-ERROR a no such file"
        #expect(message(script, ["a"]).contains("a failed: no such file"))
    }

    @Test func aMissingWorkloadIsAnError() {
        #expect(message("echo BENCH-DONE", ["a"]).contains("did not run a"))
    }

    @Test func aHangEndsAtTheTimeout() {
        #expect(message("echo BENCH-START a; sleep 100", ["a"], timeout: 0.3).contains("too slow"))
        // Noise is no progress.
        #expect(message("while sleep 0.02; do echo noise; done", timeout: 0.3).contains("too slow"))
    }

    @Test func whatAMachineStartedEndsWithIt() throws {
        let child = try ChildProcess(["sh", "-c", "sleep 100 & echo $!; wait"])
        let line = try #require(try child.nextLine(before: monotonicSeconds() + 20))
        let grandchild = try #require(Int32(line.text))
        #expect(kill(grandchild, 0) == 0)
        child.kill()
        // It is gone, or waits as a zombie for a parent that will read its status.
        let deadline = monotonicSeconds() + 20
        while kill(grandchild, 0) == 0, !isZombie(grandchild), monotonicSeconds() < deadline { usleep(1000) }
        #expect(kill(grandchild, 0) != 0 || isZombie(grandchild))
    }

    @Test func aProgramThatIsMissingIsNamed() {
        #expect(throws: BenchError.self) { try ChildProcess(["no-such-program-here"]) }
    }
}

private func isZombie(_ pid: Int32) -> Bool {
    guard let file = fopen("/proc/\(pid)/stat", "r") else { return true }
    defer { fclose(file) }
    var line = [CChar](repeating: 0, count: 512)
    fgets(&line, 512, file)
    return String(decoding: line.map { UInt8(bitPattern: $0) }, as: UTF8.self).contains(") Z ")
}

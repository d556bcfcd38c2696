// Running programs of the host.
import Foundation
import Testing

@testable import GuestImages

@Suite struct ProgramRunnerTests {
    private func shell(_ script: String, log: URL? = nil, _ onLine: (String) -> Void = { _ in }) throws {
        try ProgramRunner(log: log).run("sh", ["-c", script], onLine: onLine)
    }

    @Test func linesOfBothStreamsArrive() throws {
        var lines: [String] = []
        try shell("echo one; echo two >&2; printf three") { lines.append($0) }
        #expect(lines == ["one", "two", "three"])
    }

    @Test func outputAloneIsCollectedBytewise() throws {
        let bytes = try ProgramRunner(log: nil).output(
            "sh", ["-c", "echo noise >&2; printf '\\000\\377\\n'"])
        #expect(bytes == [0, 255, 10])
    }

    @Test func largeOutputDoesNotBlock() throws {
        let script = "head -c 3000000 /dev/zero; head -c 3000000 /dev/zero >&2"
        #expect(try ProgramRunner(log: nil).output("sh", ["-c", script]).count == 3_000_000)
    }

    @Test func aFailureBringsItsLastLinesAndTheLog() throws {
        let scratch = try ScratchFolder()
        let log = scratch.url.appendingPathComponent("log")
        let script = "for i in 1 2 3 4 5 6 7 8 9; do echo line $i; done; echo 'the reason' >&2; exit 3"
        let error = #expect(throws: ImageError.self) { try shell(script, log: log) }
        guard case .programFailed("sh", 3, let lines, let path) = error else {
            Issue.record("unexpected \(String(describing: error))")
            return
        }
        #expect(lines.count == 8)
        #expect(lines.last == "the reason")
        #expect(path == log.path)
        #expect(try String(contentsOf: log, encoding: .utf8).contains("line 1\n"))
    }

    @Test func aSignalIsAFailure() {
        let error = #expect(throws: ImageError.self) { try shell("kill -9 $$") }
        #expect(error == .programFailed(program: "sh", status: 137, lastLines: [], log: "no file"))
    }

    @Test func anAbsentProgramIsNamed() {
        #expect(
            throws: ImageError.programNotStarted(program: "no-such-program", reason: "it is not installed")
        ) {
            try ProgramRunner(log: nil).run("no-such-program", [])
        }
    }

    /// The kernel's own full device.
    @Test func aProgramThatFindsTheDiskFullIsNoSpace() throws {
        let error = #expect(throws: ImageError.self) {
            try ProgramRunner(log: nil).run("dd", ["if=/dev/zero", "of=/dev/full", "count=1"])
        }
        guard case .noSpace = error else {
            Issue.record("unexpected \(String(describing: error))")
            return
        }
        #expect(throws: ImageError.self) {
            try ProgramRunner(log: nil).run(
                "dd", ["if=/dev/zero", "count=1"], standardOutput: URL(fileURLWithPath: "/dev/full"))
        }
    }

    @Test func longLinesAreCut() {
        var splitter = LineSplitter()
        var lines: [String] = []
        splitter.add([UInt8](repeating: 65, count: 200_000)[...]) { lines.append($0) }
        splitter.finish { lines.append($0) }
        #expect(lines.count == 4)
        #expect(lines.reduce(0) { $0 + $1.utf8.count } == 200_000)
    }
}

// Standard streams and signals without a terminal.
import Foundation
import Testing

struct StreamTests {
    @Test(arguments: [SIGTERM, SIGINT, SIGHUP]) func signalsStopTheMachine(_ signal: Int32) throws {
        let home = try TestHome()
        let process = try StarlingProcess(["run", "--bare", try Programs.echo(home), "--stats"], home: home)
        #expect(eventually { process.outputSoFar == "ready\n" })
        kill(process.process, signal)
        let result = process.wait()
        #expect(result.status == 128 + signal)
        // It ended in its own order: the figures came.
        #expect(result.errors.contains("million instructions"))
    }

    @Test func endOfInputDoesNotStopABusyMachine() throws {
        let home = try TestHome()
        let process = try StarlingProcess(["run", "--bare", try Programs.echo(home)], home: home)
        #expect(eventually { process.outputSoFar == "ready\n" })
        usleep(200_000)
        #expect(kill(process.process, 0) == 0)
        kill(process.process, SIGTERM)
        #expect(process.wait().status == 143)
    }

    @Test func readerThatGoesAwayDoesNoHarm() throws {
        let home = try TestHome()
        var ends: [Int32] = [0, 0]
        try #require(pipe(&ends) == 0)
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        let process = try StarlingProcess(
            ["run", "--bare", try Programs.printing("nobody reads this", home)], home: home, output: ends[1])
        ends.forEach { close($0) }
        #expect(process.wait().status == 0)
    }

    @Test func readerThatStopsReadingDoesNotKeepTheMachineFromStopping() throws {
        let home = try TestHome()
        var ends: [Int32] = [0, 0]
        try #require(pipe(&ends) == 0)
        defer { ends.forEach { close($0) } }
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        // The pipe is full from the start.
        _ = fcntl(ends[1], F_SETFL, O_NONBLOCK)
        let page = [UInt8](repeating: 0x2e, count: 4096)
        while write(ends[1], page, page.count) > 0 {}
        let process = try StarlingProcess(
            ["run", "--bare", try Programs.echo(home)], home: home, output: ends[1])
        usleep(300_000)
        kill(process.process, SIGTERM)
        #expect(process.wait().status == 143)
    }

    @Test(arguments: [
        [], ["run"], ["create"], ["start"], ["ls"], ["show"], ["console"], ["rm"], ["image"], ["image", "build"],
        ["image", "ls"], ["image", "rm"],
    ])
    func helpHasExamplesAndStatuses(_ command: [String]) throws {
        let result = try StarlingProcess(command + ["--help"], home: try TestHome()).wait()
        #expect(result.status == 0 && result.errors.isEmpty)
        #expect(result.output.contains("EXAMPLES:") && result.output.contains("EXIT STATUS:"))
    }

    @Test func documentHasTheTableOfStatuses() throws {
        let home = try TestHome()
        let help = try starling("--help", home: home).output.split(separator: "\n")
        let file = URL(fileURLWithPath: #filePath).resolvingSymlinksInPath()
            .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
            .appendingPathComponent("Documentation/commands.md")
        let document = try String(contentsOf: file, encoding: .utf8)
        for line in help where line.first == " " {
            guard let status = Int(line.drop { $0 == " " }.prefix { $0.isNumber }) else { continue }
            #expect(document.contains("| \(status) |"), "status \(status)")
        }
    }
}

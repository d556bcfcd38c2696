// `starling run --bare`.
import Foundation
import Testing

struct BareProgramTests {
    @Test(arguments: [0, 1, 77, 255]) func statusIsTheProgramsVerdict(_ verdict: Int) throws {
        let home = try TestHome()
        let result = try starling("run", "--bare", try Programs.ending(with: verdict, home), home: home)
        #expect(result.status == Int32(verdict))
        #expect(result.errors.isEmpty)
    }

    @Test func verdictThatIsNoStatusBecomesTheLargestStatus() throws {
        let home = try TestHome()
        let result = try starling("run", "--bare", try Programs.ending(with: 1337, home), home: home)
        #expect(result.status == 255)
    }

    @Test func signatureHasOneWordPerLine() throws {
        let home = try TestHome()
        let program = try Programs.ending(with: 1, home)
        let result = try starling("run", "--bare", program, "--signature", home.path("s"), home: home)
        #expect(result.status == 1)
        #expect(try String(contentsOfFile: home.path("s"), encoding: .utf8) == "11223344\ndeadbeef\n00000007\n")
    }

    @Test func missingSignatureIsAnErrorAndLeavesNoFile() throws {
        let home = try TestHome()
        let program = try Programs.printing("x", home)
        let result = try starling("run", "--bare", program, "--signature", home.path("s"), home: home)
        #expect(result.status == 125)
        #expect(result.errors.contains("begin_signature"))
        #expect(!FileManager.default.fileExists(atPath: home.path("s")))
    }

    @Test func instructionLimitEndsAHang() throws {
        let home = try TestHome()
        let result = try starling(
            "run", "--bare", try Programs.hanging(home), "--max-instructions", "100000", "--stats", "--json",
            home: home)
        #expect(result.status == 124)
        #expect(result.errors.contains("limit of instructions"))
        let last = try #require(result.errorLines.last)
        struct Figures: Decodable { let instructions: Int }
        let figures = try JSONDecoder().decode(Figures.self, from: Data(last.utf8))
        #expect(figures.instructions == 100_000)
    }

    @Test func waitingForEverEndsWithTheInput() throws {
        let home = try TestHome()
        let result = try starling("run", "--bare", try Programs.waiting(home), "--deterministic", home: home)
        #expect(result.status == 124)
        #expect(result.errorLines.count == 1)
    }

    @Test func consoleGoesToStandardOutputUnchanged() throws {
        let home = try TestHome()
        let result = try starling("run", "--bare", try Programs.printing("hello, world", home), home: home)
        #expect(result.status == 0)
        #expect(result.output == "hello, world")
        #expect(result.errors.isEmpty)
    }

    @Test func standardInputIsTypedOnTheConsole() throws {
        let home = try TestHome()
        let result = try starling("run", "--bare", try Programs.echo(home), home: home, input: "abc\u{1}xq")
        #expect(result.status == 3)
        // Without a terminal, Ctrl-A is a byte as any other.
        #expect(result.output == "ready\nabc\u{1}xq")
    }

    @Test func equalRunsInDeterministicModeEndInOneState() throws {
        let home = try TestHome()
        let program = try Programs.ending(with: 0, home)
        let first = try starling("run", "--bare", program, "--deterministic", "--state-hash", home: home)
        let second = try starling("run", "--bare", program, "--deterministic", "--state-hash", home: home)
        #expect(first.errors.hasPrefix("starling: state hash "))
        #expect(first.errors == second.errors)
        let other = try starling(
            "run", "--bare", try Programs.ending(with: 1, home), "--deterministic", "--state-hash", home: home)
        #expect(other.errors != first.errors)
    }

    @Test func statisticsAreForPeopleWithoutJSON() throws {
        let home = try TestHome()
        let result = try starling("run", "--bare", try Programs.printing("x", home), "--stats", home: home)
        #expect(result.errorLines.first?.contains("million instructions per second") == true)
        #expect(!result.errors.contains("{"))
    }
}

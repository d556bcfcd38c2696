// On a terminal: raw mode, Starling's keys, and getting the terminal back.
import Foundation
import Testing

@testable import starling

struct TerminalTests {
    private func run(_ arguments: [String], _ terminal: PseudoTerminal, _ home: TestHome) throws -> StarlingProcess {
        try StarlingProcess(arguments, home: home, input: terminal.program, output: terminal.program)
    }

    @Test func keysOfTheConsole() throws {
        let home = try TestHome()
        let terminal = try PseudoTerminal()
        let process = try run(["run", "--bare", try Programs.echo(home)], terminal, home)
        #expect(terminal.shows("ready"))
        #expect(eventually { !terminal.isCooked })
        terminal.type("\u{3}ab")
        #expect(terminal.shows("\u{3}ab"))
        terminal.type("\u{1}h")
        #expect(terminal.shows("Ctrl-A x"))
        #expect(terminal.shows("Ctrl-A h       this help\r\n"))
        terminal.type("\u{1}\u{1}!")
        #expect(terminal.shows("\u{1}!"))
        terminal.type("\u{1}x")
        #expect(process.wait().status == 0)
        #expect(terminal.isCooked)
    }

    @Test(arguments: [SIGTERM, SIGINT, SIGHUP]) func signalsGiveTheTerminalBack(_ signal: Int32) throws {
        let home = try TestHome()
        let terminal = try PseudoTerminal()
        let process = try run(["run", "--bare", try Programs.echo(home)], terminal, home)
        #expect(terminal.shows("ready"))
        #expect(eventually { !terminal.isCooked })
        kill(process.process, signal)
        #expect(process.wait().status == 128 + signal)
        #expect(terminal.isCooked)
    }

    @Test func powerOffAndErrorsGiveTheTerminalBack() throws {
        let home = try TestHome()
        let terminal = try PseudoTerminal()
        let process = try run(["run", "--bare", try Programs.echo(home)], terminal, home)
        #expect(terminal.shows("ready"))
        terminal.type("q")
        #expect(process.wait().status == 3)
        #expect(terminal.isCooked)
        #expect(try run(["run", "--bare", "/nowhere"], terminal, home).wait().status == 125)
        #expect(terminal.isCooked)
        #expect(terminal.shows("no program at /nowhere"))
    }

    @Test func errorsAreRedOnlyWhereColourIsWanted() throws {
        let home = try TestHome()
        let coloured = "\u{1b}[31mstarling:\u{1b}[0m there is no machine"
        for (setting, message) in [("", coloured), ("1", "starling: there is no machine")] {
            let terminal = try PseudoTerminal()
            _ = try StarlingProcess(
                ["show", "nobody"], home: home, environment: ["NO_COLOR": setting], input: terminal.program,
                output: terminal.program
            ).wait()
            #expect(terminal.rest.hasPrefix(message))
        }
    }

    @Test func attachedConsoleCanBeLeftAndStopped() throws {
        let home = try TestHome()
        #expect(try starling("create", "echo", "--bare", try Programs.echo(home), home: home).status == 0)
        let terminal = try PseudoTerminal()
        let starter = try run(["start", "echo", "--attach"], terminal, home)
        #expect(terminal.shows("ready"))
        terminal.type("abc")
        #expect(terminal.shows("abc"))
        terminal.type("\u{1}d")
        #expect(starter.wait().status == 0)
        #expect(terminal.isCooked)
        #expect(terminal.shows("goes on"))
        #expect(try starling("ls", home: home).output.contains("running"))

        let console = try run(["console", "echo"], terminal, home)
        #expect(terminal.shows("abc"))
        terminal.type("\u{1}x")
        #expect(console.wait().status == 0)
        #expect(terminal.isCooked)
        #expect(eventually { (try? starling("ls", home: home).output.contains("stopped")) ?? false })
    }

    @Test func imageGuestLearnsTheSizeOfTheTerminal() throws {
        let home = try TestHome()
        try FakeImage.make(in: home)
        let terminal = try PseudoTerminal()
        var size = winsize(ws_row: 33, ws_col: 101, ws_xpixel: 0, ws_ypixel: 0)
        try #require(ioctl(terminal.program, UInt(TIOCSWINSZ), &size) == 0)
        let process = try run(["run", "fake"], terminal, home)
        #expect(terminal.shows("starling.terminal=33x101"))
        #expect(process.wait().status == 9)
    }
}

struct EscapeKeysTests {
    @Test func bytesAreTakenApart() {
        var keys = EscapeKeys(canDetach: true)
        #expect(keys.feed(Array("ab\u{1}xc".utf8)) == [.send(Array("ab".utf8)), .stop, .send(Array("c".utf8))])
        #expect(keys.feed([1]) == [])
        #expect(keys.feed([1, 0x61]) == [.send([1, 0x61])])
        #expect(keys.feed(Array("\u{1}d\u{1}?".utf8)) == [.detach, .help])
        #expect(keys.feed(Array("a\u{1}zb".utf8)) == [.send(Array("ab".utf8))])
    }

    @Test func aMachineOfThisProcessCanNotBeLeft() {
        var keys = EscapeKeys(canDetach: false)
        #expect(keys.feed(Array("\u{1}d".utf8)) == [])
        #expect(!keys.helpText.contains("Ctrl-A d"))
    }
}

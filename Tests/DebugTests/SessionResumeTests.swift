// Going on, stopping, and ending a conversation.
import Debug
import Testing

@Suite struct SessionResumeTests {
    private let pc = "20:0000008000000000;"

    private func request(_ packets: String...) -> GDBSession.Request? {
        let talk = Conversation()
        let answers = packets.map { talk.ask($0) }
        #expect(answers.last == "")
        #expect(talk.requests.count <= 1)
        return talk.requests.first
    }

    @Test func continuing() {
        #expect(request("c") == .resume(.run(only: nil)))
        #expect(request("C05") == .resume(.run(only: nil)))
        #expect(request("Hc2", "c") == .resume(.run(only: 2)))
        #expect(request("vCont;c") == .resume(.run(only: nil)))
        #expect(request("vCont;C02") == .resume(.run(only: nil)))
        #expect(request("vCont;c:1") == .resume(.run(only: 1)))
        #expect(request("vCont;c:-1") == .resume(.run(only: nil)))
    }

    @Test func stepping() {
        #expect(request("s") == .resume(.step(thread: 1, othersRun: true)))
        #expect(request("Hc2", "s") == .resume(.step(thread: 2, othersRun: false)))
        #expect(request("vCont;s:1;c") == .resume(.step(thread: 1, othersRun: true)))
        #expect(request("vCont;s:2") == .resume(.step(thread: 2, othersRun: false)))
        #expect(request("vCont;S05:2;c:1") == .resume(.step(thread: 2, othersRun: true)))
        // The first action that names a thread counts.
        #expect(request("vCont;c:1;s:1;s:2") == .resume(.step(thread: 2, othersRun: true)))
    }

    @Test func backwards() {
        #expect(request("bc") == .resume(.runBackwards))
        #expect(request("Hc2", "bs") == .resume(.stepBackwards(thread: 2)))
        let talk = Conversation()
        talk.machine.supportsReverse = false
        #expect(talk.ask("bc", "bs", "bx") == "  ")
        #expect(talk.requests == [])
    }

    @Test func elsewhere() {
        let talk = Conversation()
        #expect(talk.ask("c80000020") == "")
        #expect(talk.requests == [.resume(.run(only: nil))])
        #expect(talk.machine.harts[0].pc == 0x8000_0020)
    }

    @Test func nonsense() {
        let talk = Conversation()
        for packet in ["vCont", "vCont;", "vCont;t", "vCont;x:1", "vContc", "C", "S;", "cxyz", "vCont;C"] {
            #expect(["E16", ""].contains(talk.ask(packet)), "\(packet)")
            #expect(talk.requests == [], "\(packet)")
        }
        #expect(talk.ask("vCont;c:3", "vCont;s:3") == "E03 E03")
    }

    @Test func stops() {
        let reasons: [(StopReason, String)] = [
            (.stepped, "T05thread:1;\(pc)"),
            (.interrupted, "T02thread:1;\(pc)"),
            (.softwareBreakpoint, "T05swbreak:;thread:1;\(pc)"),
            (.hardwareBreakpoint, "T05thread:1;\(pc)"),
            (.watchpoint(.write, address: 0x8000_1000), "T05watch:80001000;thread:1;\(pc)"),
            (.watchpoint(.read, address: 1), "T05rwatch:1;thread:1;\(pc)"),
            (.watchpoint(.any, address: .max), "T05awatch:ffffffffffffffff;thread:1;\(pc)"),
            (.recordingEnd(.beginning), "T05replaylog:begin;thread:1;\(pc)"),
            (.recordingEnd(.end), "T05replaylog:end;thread:1;\(pc)"),
            (.exited(status: 10), "W0a"),
        ]
        let talk = Conversation()
        _ = talk.ask("qSupported:swbreak+")
        for (reason, text) in reasons {
            _ = talk.ask("c")
            #expect(talk.stop(reason) == text)
            #expect(talk.ask("?") == text)
        }
    }

    /// gdb for RISC-V takes the watchpoint away and steps over an access that has happened already.
    @Test func stepOverAnAccessThatHasHappened() {
        for step in ["vCont;s:1;c", "bs"] {
            let talk = Conversation()
            _ = talk.ask("Z2,80001000,4", "c")
            #expect(talk.stop(.watchpoint(.write, address: 0x8000_1001)).hasPrefix("T05watch:80001001;"))
            #expect(talk.ask("z2,80001000,4", step) == "OK T05thread:1;\(pc)")
            #expect(talk.requests == [])
            #expect(talk.ask("Z2,80001000,4", step) == "OK ")
            #expect(talk.requests.count == 1)
        }
        // With the watchpoint in its place, it is the user who steps.
        let talk = Conversation()
        _ = talk.ask("Z2,80001000,4", "c")
        _ = talk.stop(.watchpoint(.write, address: 0x8000_1000))
        #expect(talk.ask("s") == "")
        #expect(talk.requests == [.resume(.step(thread: 1, othersRun: true))])
    }

    @Test func theThreadThatStoppedIsSelected() {
        let talk = Conversation()
        _ = talk.ask("Hg1", "c")
        #expect(talk.stop(.stepped, thread: 2) == "T05thread:2;20:4000008000000000;")
        #expect(talk.ask("qC", "p20") == "QC2 4000008000000000")
    }

    @Test func interrupting() {
        let talk = Conversation()
        #expect(talk.raw("\u{3}") == "")
        #expect(talk.requests == [])
        _ = talk.raw(Conversation.packet("c") + "\u{3}\u{3}")
        #expect(talk.requests == [.resume(.run(only: nil)), .interrupt])
        // While the machine runs nothing is answered.
        #expect(talk.ask("g", "k", "zz") == "  ")
        #expect(talk.requests == [])
        #expect(talk.stop(.interrupted) == "T02thread:1;\(pc)")
        #expect(talk.stop(.softwareBreakpoint) == "")
        #expect(talk.ask("?") == "T02thread:1;\(pc)")
    }

    @Test func endings() {
        let endings: [(String, String, GDBSession.Request)] = [
            ("D", "OK", .detach), ("D;1", "OK", .detach), ("k", "", .kill), ("vKill;1", "OK", .kill),
        ]
        for (packet, answer, request) in endings {
            let talk = Conversation()
            #expect(talk.ask(packet) == answer)
            #expect(talk.requests == [request])
            #expect(talk.session.isOver)
            #expect(talk.ask("g") == "")
        }
    }

    @Test func exits() {
        let talk = Conversation()
        #expect(talk.stop(.exited(status: 255)) == "")
        #expect(talk.ask("?") == "Wff")
        #expect(talk.ask("g", "m80000000,4", "c", "vCont;c", "qfThreadInfo") == "E03 E03 E03 E03 E03")
        #expect(talk.ask("D") == "OK")
    }

    @Test func whoNeverReadsIsDisconnected() {
        let talk = Conversation()
        let packet = Array(Conversation.packet("m80000000,2000").utf8)
        let output = talk.raw((0..<1000).flatMap { _ in packet })
        #expect(output.count <= GDBSession.maximumOutput + 0x8000)
        let reason = "the debugger sends requests without reading the answers"
        #expect(talk.requests == [.disconnect(reason: reason)])
        let other = Conversation(acknowledges: true)
        _ = other.raw(Conversation.packet("g"))
        #expect(other.raw(String(repeating: "-", count: 10_000)).utf8.count < 4096)
    }
}

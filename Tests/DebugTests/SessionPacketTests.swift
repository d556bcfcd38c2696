// Packets and their answers, character by character, as the GDB manual describes them.
import Debug
import Testing

@Suite struct SessionPacketTests {
    @Test func acknowledgements() {
        let talk = Conversation(acknowledges: true)
        #expect(talk.raw("$qAttached#8f") == "+$1#31")
        #expect(talk.raw("-") == "$1#31")
        #expect(talk.raw("$qAttached#8e") == "-")
        #expect(talk.raw("$QStartNoAckMode#b0") == "+$OK#9a")
        #expect(talk.raw("+$qAttached#8f") == "$1#31")
        #expect(talk.raw("-") == "")
        #expect(talk.raw("$qAttached#8e") == "$E16#ac")
    }

    @Test func introduction() {
        let talk = Conversation()
        let features = "PacketSize=4000;QStartNoAckMode+;qXfer:features:read+;qXfer:threads:read+;"
            + "vContSupported+;swbreak+;hwbreak+;binary-upload+"
        let reverse = ";ReverseStep+;ReverseContinue+"
        #expect(talk.ask("qSupported:swbreak+;xmlRegisters=i386") == features + reverse)
        talk.machine.supportsReverse = false
        #expect(talk.ask("qSupported") == features)
        #expect(talk.ask("vMustReplyEmpty", "!", "qTStatus", "QThreadEvents:1", "qOffsets") == "    ")
        #expect(talk.ask("vCont?") == "vCont;c;C;s;S")
        #expect(talk.ask("QNonStop:0", "QNonStop:1") == "OK E16")
        #expect(talk.ask("?") == "T05thread:1;20:0000008000000000;")
    }

    @Test func registers() {
        let talk = Conversation()
        talk.machine.harts[0].x[1] = 0x1122_3344_5566_7788
        let all = talk.ask("g")
        #expect(all.count == 33 * 16)
        #expect(all.hasPrefix("00000000000000008877665544332211"))
        #expect(all.hasSuffix("0000008000000000"))
        #expect(talk.ask("p1", "p341") == "8877665544332211 0018000000000000")
        #expect(talk.ask("p342", "p", "pffffffffffffffff", "p1;") == "E16 E16 E16 E16")
        #expect(talk.ask("P2=0102030405060708", "p2") == "OK 0102030405060708")
        #expect(talk.ask("P0=0102030405060708", "P2=01", "P2=xy", "P2") == "E0e E16 E16 E16")
        #expect(talk.ask("G" + all.replacing("8877665544332211", with: "ff00000000000000")) == "OK")
        #expect(talk.machine.harts[0].x[1] == 0xff)
        #expect(talk.ask("G00", "G") == "E16 E16")
        #expect(talk.machine.violations == [])
    }

    @Test func memory() {
        let talk = Conversation()
        #expect(talk.ask("m80000000,4", "m80001fff,10", "m0,4", "m80000000,0") == "93821200 00 E0e E16")
        #expect(talk.ask("M80001000,2:abcd", "m80001000,3") == "OK abcd00")
        #expect(talk.ask("M80001000,3:abcd", "M80001fff,2:abcd", "M80001000,2:ab") == "E16 E0e E16")
        #expect(talk.ask("X80001000,0:", "X80001000,2:}\u{3}A", "m80001000,2") == "OK OK 2341")
        #expect(talk.ask("x80001001,1", "x0,1", "x0,0") == "bA E0e b")
        #expect(talk.ask("m80000000,ffffffffffffffff", "m80000000,11112222333344445") == "E16 E16")
        #expect(talk.ask("m,", "m80000000") == "E16 E16")
        #expect(talk.ask("m80000000,7fffffffffffffff").count == 0x4000)
        #expect(talk.machine.violations == [])
    }

    /// Escapes make data longer, but no packet larger than announced.
    @Test func binaryMemoryFits() {
        let talk = Conversation()
        let numberSigns = [UInt8](repeating: 0x23, count: 0x2000)
        #expect(talk.machine.writeMemory(at: FakeMachine.base, numberSigns, thread: 1))
        let answer = talk.ask("x80000000,2000")
        #expect(answer == "b" + String(repeating: "}\u{3}", count: 0x1fff))
    }

    @Test func threads() {
        let talk = Conversation()
        #expect(talk.ask("qC", "qfThreadInfo", "qsThreadInfo") == "QC1 m1,2 l")
        #expect(talk.ask("T1", "T2", "T3", "T-1", "T") == "OK OK E03 OK E16")
        #expect(talk.ask("Hg2", "p20", "Hg0", "Hg3", "Hx1", "Hc-1") == "OK 4000008000000000 OK E03 E16 OK")
        #expect(talk.ask("qThreadExtraInfo,1") == "6861727420303a2072756e6e696e67")
        let xml = "l<?xml version=\"1.0\"?>\n<threads>\n<thread id=\"1\" name=\"hart 0\">running</thread>\n"
            + "<thread id=\"2\" name=\"hart 1\">waiting &lt;for&gt; &quot;work&quot;</thread>\n</threads>\n"
        #expect(talk.ask("qXfer:threads:read::0,1000") == xml)
    }

    @Test func documents() {
        let talk = Conversation()
        let document = FakeMachine.description.xml
        var text = ""
        var offset = 0
        while offset < document.utf8.count {
            let part = talk.ask("qXfer:features:read:target.xml:\(String(offset, radix: 16)),64")
            #expect(part.first == (offset + 100 < document.utf8.count ? "m" : "l"))
            text += part.dropFirst()
            offset += 100
        }
        #expect(text == document)
        #expect(talk.ask("qXfer:features:read:other.xml:0,64", "qXfer:auxv:read::0,64") == "E16 ")
        let end = String(document.utf8.count, radix: 16)
        #expect(talk.ask("qXfer:features:read:target.xml:\(end),64") == "l")
        #expect(talk.ask("qXfer:features:read:target.xml:ffffff,64") == "E16")
        #expect(talk.ask("qXfer:features:write:target.xml:0:aa") == "")
        #expect(talk.ask("qXfer:features:read:target.xml:0,") == "E16")
    }

    @Test func breakpoints() {
        let talk = Conversation()
        #expect(talk.ask("Z0,80000010,4", "Z0,80000010,4", "Z1,80000010,4", "Z2,80001000,8") == "OK OK OK OK")
        #expect(talk.machine.breakpoints == [
            Breakpoint(.software, address: 0x8000_0010, length: 4),
            Breakpoint(.hardware, address: 0x8000_0010, length: 4),
            Breakpoint(.watch(.write), address: 0x8000_1000, length: 8),
        ])
        #expect(talk.ask("Z3,80001000,8", "Z4,80001000,8", "Z5,80001000,8") == "OK OK ")
        #expect(talk.ask("z0,80000010,4", "z0,80000010,4", "z1,80000010,4") == "OK OK OK")
        let nonsense = ["Z2,ffffffffffffffff,2", "Z2,0,0", "Z0,0,4;X1,00", "Z0,0", "Z0"]
        #expect(nonsense.allSatisfy { talk.ask($0) == "E16" })
        #expect(talk.ask("Z2,ffffffffffffffff,1") == "OK")
        #expect(talk.machine.breakpoints.count == 4)
        talk.session.end()
        #expect(talk.machine.breakpoints == [])
        #expect(talk.machine.violations == [])
    }

    @Test func breakpointRefusals() {
        let talk = Conversation()
        talk.machine.breakpointOutcome = .unsupported
        #expect(talk.ask("Z4,0,4") == "")
        talk.machine.breakpointOutcome = .failed
        #expect(talk.ask("Z4,0,4") == "E0e")
        talk.machine.breakpointOutcome = .inserted
        let answers = (0..<1025).map { talk.ask("Z0,\(String($0, radix: 16)),4") }
        #expect(answers.prefix(1024).allSatisfy { $0 == "OK" })
        #expect(answers.last == "E1c")
    }
}

// Debuggers that send anything.
import Debug
import Testing

@Suite struct SessionFuzzTests {
    private static let pieces = [
        "?", "c", "C05", "s", "S05;", "bc", "bs", "D", "g", "G", "p", "P", "Hg", "Hc", "k", "m", "x",
        "M", "X", "T",
        "vCont", "vCont?", ";c", ";s", ";C", ":", ",", ";", "=", "-1", "0", "1", "2", "3", "4000", "80000000",
        "80001000", "ffffffffffffffff", "7fffffffffffffff", "00112233", "Z0", "Z1", "Z2", "Z3", "Z4", "z0",
        "z2", "qC",
        "qSupported", "qXfer", "features", "threads", "read", "target.xml", "qfThreadInfo", "qsThreadInfo",
        "qThreadExtraInfo", "qRcmd", "70687973203078383030303030303020343039", "6c6f6e672039393939",
        "QNonStop", "QStartNoAckMode", "vKill", "swbreak+", "}", "\u{3}", "é", "*",
    ]
    private static let forms = [
        "mN,N", "xN,N", "MN,N:N", "XN,N:N", "ZK,N,N", "zK,N,N", "pN", "PN=N", "HgN", "HcN", "TN",
        "vCont;s:N;c",
        "vCont;c:N", "vCont;sN;cN", "cN", "sN", "CN;N", "qXfer:features:read:target.xml:N,N",
        "qXfer:threads:read::N,N",
        "qThreadExtraInfo,N", "G", "g", "?", "bc", "bs",
    ]
    private static let numbers = [
        "0", "1", "2", "3", "4", "8", "20", "21", "341", "-1", "1000", "4000", "80000000", "80000fff",
        "80001ffe", "7fffffffffffffff", "ffffffffffffffff", "10000000000000000", "", "0011223344556677",
    ]

    private static func packet(_ random: inout SeededGenerator) -> [UInt8] {
        var text = ""
        if Int.random(in: 0..<3, using: &random) == 0 {
            for _ in 0...Int.random(in: 0..<6, using: &random) {
                text += pieces.randomElement(using: &random) ?? ""
            }
        } else {
            for character in forms.randomElement(using: &random) ?? "" {
                switch character {
                case "N": text += numbers.randomElement(using: &random) ?? ""
                case "K": text += String(Int.random(in: 0...5, using: &random))
                default: text.append(character)
                }
            }
        }
        var bytes = Array(Conversation.packet(text).utf8)
        if Int.random(in: 0..<4, using: &random) == 0 { bytes.append(0x03) }
        if Int.random(in: 0..<10, using: &random) == 0 {
            bytes[Int.random(in: 0..<bytes.count, using: &random)] = UInt8.random(in: 0...255, using: &random)
        }
        return bytes
    }

    private static func reason(_ random: inout SeededGenerator) -> StopReason {
        let reasons: [StopReason] = [
            .stepped, .interrupted, .softwareBreakpoint, .hardwareBreakpoint,
            .watchpoint(.any, address: .max), .recordingEnd(.beginning), .stepped, .stepped,
            .exited(status: 1),
        ]
        return reasons.randomElement(using: &random) ?? .stepped
    }

    /// The owner of a session does its part, and the machine checks that it is never looked at while it
    /// runs, nor asked for what the session has to refuse.
    @Test(arguments: 1...8 as ClosedRange<UInt64>) func likelyPackets(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        var talk = Conversation(acknowledges: Bool.random(using: &random))
        var kinds: [String: Int] = [:]
        for _ in 0..<6000 {
            let output = talk.raw(Self.packet(&random))
            #expect(output.count < 0x60000)
            for request in talk.requests {
                if case .resume = request { talk.machine.isRunning = true }
                kinds[String("\(request)".prefix(8)), default: 0] += 1
            }
            if talk.machine.isRunning, Bool.random(using: &random) {
                talk.machine.isRunning = false
                talk.session.stopped(Self.reason(&random), thread: Int.random(in: 0...3, using: &random))
                #expect(!talk.session.takeOutput().isEmpty)
            }
            let isOver = talk.session.isOver || Int.random(in: 0..<500, using: &random) == 0
            guard isOver, !talk.machine.isRunning else { continue }
            talk.session.end()
            #expect(talk.machine.violations == [])
            #expect(talk.machine.breakpoints == [])
            talk = Conversation(acknowledges: Bool.random(using: &random))
        }
        #expect(kinds.count >= 4, "the packets reach too little: \(kinds)")
    }

    @Test func anyBytes() {
        var random = SeededGenerator(seed: 99)
        let talk = Conversation(acknowledges: true)
        for _ in 0..<5000 {
            let bytes = (0..<64).map { _ in UInt8.random(in: 0...255, using: &random) }
            #expect(talk.raw(bytes).count <= GDBSession.maximumOutput)
        }
        #expect(talk.machine.violations == [])
    }
}

// One conversation with a debugger: bytes in, bytes and requests out.

/// The server side of the GDB remote serial protocol (GDB manual, appendix "Remote Protocol") for one
/// connection, without the connection: its owner moves the bytes and the machine.
///
/// The owner pauses the machine before the first `feed` and keeps it paused until a request says
/// otherwise. It does what `feed` requests, in order; sends `takeOutput()` after each `feed` and each
/// `stopped`; and, once the conversation is over or the connection lost, calls `end()` with the
/// machine paused. Everything happens on one thread.
///
/// A debugger sends one packet and waits for the answer. One that does not, and lets more than
/// `maximumOutput` bytes of answers pile up, is disconnected, so a hostile one can not fill memory.
public final class GDBSession {
    /// What the owner has to do.
    public enum Request: Equatable, Sendable {
        /// Let the machine go on, and call `stopped` when it has stopped again.
        case resume(ResumeAction)
        /// Pause the machine soon, and then call `stopped`.
        case interrupt
        /// The conversation is over: send the output, close, `end()`, and let the machine go on.
        case detach
        /// The conversation is over: send the output, close, `end()`, and end the machine.
        case kill
        /// The conversation is over because of what the debugger did: close, and treat it as a lost
        /// connection.
        case disconnect(reason: String)
    }

    /// Where the conversation is.
    enum Phase {
        /// The machine is paused, and packets are answered.
        case stopped
        /// The machine runs; all that a debugger may send is an interrupt.
        case running
        /// The machine is over.
        case exited
        /// Nothing is answered any more.
        case over
    }

    /// The most bytes of answers that wait to be sent, but for the last answer.
    public static let maximumOutput = 1 << 20
    /// How often an answer is sent again when the debugger says that it arrived damaged.
    static let maximumResends = 4

    let target: any DebugTarget
    /// Asked for once: it stays the same as long as the session lasts, and is large.
    let architecture: DebugArchitecture
    var phase = Phase.stopped
    /// Why the machine stands still, and which CPU stopped it.
    var lastStop: (reason: StopReason, thread: Int)
    /// The CPU that registers and memory belong to (`Hg`).
    var generalThread: Int
    /// The CPUs that `c`, `s` and `bs` move (`Hc`).
    var resumedThreads = ThreadSelection.all
    var breakpoints: Set<Breakpoint> = []
    /// What the debugger says that it understands.
    var debuggerFeatures: Set<String> = []
    /// Each packet is acknowledged, until the debugger asks for less.
    var isAcknowledging = true
    var hasRequestedInterrupt = false

    private var parser = PacketParser()
    private var requests: [Request] = []
    private var output: [UInt8] = []
    private var lastAnswer: [UInt8] = []
    private var resendsLeft = 0

    /// Begins a conversation about a paused machine.
    public init(_ target: any DebugTarget) {
        self.target = target
        architecture = target.architecture
        generalThread = target.threads.first?.number ?? 1
        lastStop = (.stepped, generalThread)
    }

    /// The conversation is over.
    public var isOver: Bool { phase == .over }

    /// Takes bytes from the debugger, whatever they are.
    /// - Returns: what the owner has to do, in this order.
    public func feed(_ bytes: some Sequence<UInt8>) -> [Request] {
        for byte in bytes where phase != .over {
            guard let event = parser.take(byte) else { continue }
            handle(event)
            if output.count > Self.maximumOutput {
                finish(.disconnect(reason: "the debugger sends requests without reading the answers"))
            }
        }
        defer { requests = [] }
        return requests
    }

    /// The bytes to send to the debugger since the last call.
    public func takeOutput() -> [UInt8] {
        defer { output = [] }
        return output
    }

    /// Says that the machine has stopped: after it was resumed, why; at any time, that it is over.
    /// Other pauses are of no interest to the debugger, and ignored.
    /// - Parameter thread: the CPU that stopped the machine, or any.
    public func stopped(_ reason: StopReason, thread: Int) {
        let wasRunning = phase == .running
        if case .exited = reason, phase != .over { phase = .exited } else if wasRunning { phase = .stopped }
        guard wasRunning || phase == .exited else { return }
        lastStop = (reason, thread)
        // Debuggers take for granted that the CPU which stopped is selected.
        generalThread = thread
        if wasRunning { send(stopReply()) }
    }

    /// Ends the conversation and takes its breakpoints away. The machine has to be paused. May be
    /// called again.
    public func end() {
        phase = .over
        for breakpoint in breakpoints { _ = target.remove(breakpoint) }
        breakpoints = []
    }

    /// Leaves it to the owner to do something.
    func request(_ request: Request) { requests.append(request) }

    /// Ends the conversation but for what the owner has to do.
    func finish(_ last: Request) {
        phase = .over
        request(last)
    }

    /// Sends a packet.
    func send(_ payload: [UInt8]) {
        lastAnswer = PacketBytes.frame(payload)
        resendsLeft = Self.maximumResends
        output += lastAnswer
    }
}

// What the parser found.
extension GDBSession {
    private func handle(_ event: PacketParser.Event) {
        switch event {
        case .packet(let packet):
            acknowledge("+")
            receive(packet)
        case .damagedPacket:
            if isAcknowledging { acknowledge("-") } else { refuseUnread() }
        case .oversizedPacket:
            // It would come out as long the next time.
            acknowledge("+")
            refuseUnread()
        case .acknowledgement: break
        case .retransmission: resend()
        case .interrupt: interrupt()
        }
    }

    private func acknowledge(_ sign: Unicode.Scalar) {
        if isAcknowledging { output.append(UInt8(ascii: sign)) }
    }

    /// While the machine runs, an answer would be taken for its stop.
    private func refuseUnread() {
        if phase != .running { send(Refusal.malformed.reply) }
    }

    private func resend() {
        guard isAcknowledging, resendsLeft > 0 else { return }
        resendsLeft -= 1
        output += lastAnswer
    }

    /// An interrupt that crosses the message of a stop has done what it should.
    private func interrupt() {
        guard phase == .running, !hasRequestedInterrupt else { return }
        hasRequestedInterrupt = true
        request(.interrupt)
    }

    private func receive(_ packet: [UInt8]) {
        guard phase != .running else { return }
        do throws(Refusal) {
            if let reply = try answer(packet) { send(reply) }
        } catch {
            send(error.reply)
        }
    }
}

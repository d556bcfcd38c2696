// A PS/2 keyboard: commands in, scan codes out.

/// The keyboard at the first port of the controller. Holding a key does not repeat it: guests that want that
/// do it themselves, as Linux does.
///
/// Source: IBM Personal System/2 Hardware Interface Technical Reference, "Keyboards (101- and 102-Key)".
public struct PS2Keyboard: Codable, Equatable, Sendable {
    /// The bytes of scan codes that wait at most, as in a real keyboard.
    static let capacity = 16

    /// Answers to commands, which go before scan codes.
    public private(set) var replies: [UInt8] = []
    /// Scan codes that the controller has not taken yet.
    public private(set) var codes: [UInt8] = []
    /// 1, 2 or 3.
    public private(set) var scanCodeSet: UInt8 = 2
    /// Keys are reported.
    public private(set) var isScanning = true
    /// Bit 0 is Scroll Lock, bit 1 Num Lock, bit 2 Caps Lock.
    public private(set) var indicators: UInt8 = 0
    /// The repeat rate and delay that the guest has chosen.
    public private(set) var typematic = Self.defaultTypematic
    /// The command that waits for its argument; 0 for none.
    public private(set) var pendingCommand: UInt8 = 0
    /// What RESEND sends again.
    private var lastSent: UInt8 = 0

    /// 10.9 characters per second after half a second.
    private static let defaultTypematic: UInt8 = 0x2b

    /// A keyboard after power-on.
    public init() {}

    /// The state is one that a keyboard can have.
    var isPossible: Bool {
        (1...3).contains(scanCodeSet) && replies.count <= Self.capacity && codes.count <= Self.capacity
            && indicators < 8
    }

    /// A byte waits for the controller.
    var hasByte: Bool { !replies.isEmpty || !codes.isEmpty }

    /// The controller takes a byte.
    mutating func takeByte() -> UInt8? {
        guard let byte = replies.first ?? codes.first else { return nil }
        if replies.isEmpty { codes.removeFirst() } else { replies.removeFirst() }
        lastSent = byte
        return byte
    }

    /// A key went down or up. A full buffer loses it, and shows that by an overrun code at its end.
    mutating func report(_ event: KeyEvent) {
        guard isScanning else { return }
        let bytes = ScanCodes.bytes(for: event, set: scanCodeSet)
        if codes.count + bytes.count < Self.capacity {
            codes += bytes
        } else if codes.count < Self.capacity, codes.last != overrun {
            codes.append(overrun)
        }
    }

    private var overrun: UInt8 { scanCodeSet == 1 ? 0xff : 0x00 }
}

// MARK: Commands

extension PS2Keyboard {
    private enum Command {
        static let setIndicators: UInt8 = 0xed
        static let echo: UInt8 = 0xee
        static let selectScanCodeSet: UInt8 = 0xf0
        static let identify: UInt8 = 0xf2
        static let setTypematic: UInt8 = 0xf3
        static let enable: UInt8 = 0xf4
        static let disable: UInt8 = 0xf5
        static let setDefaults: UInt8 = 0xf6
        /// How all keys report in scan code set 3.
        static let setAllKeyTypes = 0xf7...0xfa as ClosedRange<UInt8>
        /// How one key reports in scan code set 3.
        static let setKeyType = 0xfb...0xfd as ClosedRange<UInt8>
        static let resend: UInt8 = 0xfe
        static let reset: UInt8 = 0xff
        static let first: UInt8 = 0xed
    }

    private enum Reply {
        static let acknowledge: UInt8 = 0xfa
        static let resend: UInt8 = 0xfe
        static let echo: UInt8 = 0xee
        static let selfTestPassed: UInt8 = 0xaa
        static let identity: [UInt8] = [0xab, 0x83]
    }

    private mutating func reply(_ bytes: UInt8...) {
        if replies.count + bytes.count <= Self.capacity { replies += bytes }
    }

    /// A byte from the controller: a command, or the argument of the one before.
    mutating func receive(_ byte: UInt8) {
        if pendingCommand != 0, byte < Command.first {
            let command = pendingCommand
            pendingCommand = 0
            finish(command, byte)
        } else {
            pendingCommand = 0
            begin(byte)
        }
    }

    private mutating func begin(_ command: UInt8) {
        switch command {
        case Command.setIndicators, Command.selectScanCodeSet, Command.setTypematic, Command.setKeyType:
            pendingCommand = command
            reply(Reply.acknowledge)
        case Command.echo: reply(Reply.echo)
        case Command.identify: reply(Reply.acknowledge, Reply.identity[0], Reply.identity[1])
        case Command.enable: start(scanning: true)
        case Command.disable:
            setDefaults()
            start(scanning: false)
        case Command.setDefaults:
            setDefaults()
            start(scanning: isScanning)
        case Command.setAllKeyTypes: reply(Reply.acknowledge)
        case Command.resend: reply(lastSent)
        case Command.reset:
            self = PS2Keyboard()
            reply(Reply.acknowledge, Reply.selfTestPassed)
        default: reply(Reply.resend)
        }
    }

    private mutating func start(scanning: Bool) {
        codes = []
        isScanning = scanning
        reply(Reply.acknowledge)
    }

    private mutating func setDefaults() {
        scanCodeSet = 2
        typematic = Self.defaultTypematic
        indicators = 0
    }

    private mutating func finish(_ command: UInt8, _ argument: UInt8) {
        switch command {
        case Command.setIndicators: indicators = argument & 7
        case Command.setTypematic: typematic = argument & 0x7f
        case Command.selectScanCodeSet:
            // 0 asks which set there is.
            if argument == 0 { return reply(Reply.acknowledge, scanCodeSet) }
            guard argument <= 3 else { return reply(Reply.resend) }
            scanCodeSet = argument
            codes = []
        default:
            // The argument is a key in set 3; more keys may follow, until the next command.
            pendingCommand = command
        }
        reply(Reply.acknowledge)
    }
}

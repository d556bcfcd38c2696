// A PS/2 mouse with a wheel and five buttons.

/// The mouse at the second port of the controller. It is a plain one until the guest asks for more by setting
/// sample rates in a certain order.
///
/// Sources: IBM Personal System/2 Hardware Interface Technical Reference, "Mouse"; Microsoft, "Intellimouse
/// and five button mouse" device notes for the identifiers 3 and 4.
public struct PS2Mouse: Codable, Equatable, Sendable {
    /// The bytes of packets that wait at most; clicks count, so they must find room.
    static let capacity = 64
    /// The most answers that wait.
    private static let replyCapacity = 16
    /// How far the mouse remembers to have moved, in each direction.
    private static let farthest: Int32 = 0x4000

    /// Answers to commands, which go before packets.
    public private(set) var replies: [UInt8] = []
    /// Packets that the controller has not taken yet.
    public private(set) var packets: [UInt8] = []
    /// Packets are sent without being asked for.
    public private(set) var isReporting = false
    /// Packets are sent only when asked for.
    public private(set) var isRemote = false
    /// Everything that arrives is sent back.
    public private(set) var isWrapping = false
    /// The guest has asked for scaling 2:1, which only shows in the status: moves stay as they are.
    public private(set) var isScaling = false
    /// 0 to 3.
    public private(set) var resolution: UInt8 = 2
    /// Reports per second; packets follow moves at once, whatever it is.
    public private(set) var sampleRate: UInt8 = 100
    /// 0 for a plain mouse, 3 with a wheel, 4 with five buttons as well.
    public private(set) var identifier: UInt8 = 0
    /// Left is bit 0, right bit 1, middle bit 2, and then the two at the side.
    public private(set) var buttons: UInt8 = 0
    /// The command that waits for its argument; 0 for none.
    public private(set) var pendingCommand: UInt8 = 0
    private var reportedButtons: UInt8 = 0
    private var horizontal: Int32 = 0
    private var vertical: Int32 = 0
    private var wheel: Int32 = 0
    /// The two sample rates before this one.
    private var earlierRates: [UInt8] = [0, 0]
    private var lastSent: UInt8 = 0

    /// A mouse after power-on.
    public init() {}

    /// The state is one that a mouse can have.
    var isPossible: Bool {
        let distances = -Self.farthest...Self.farthest
        return replies.count <= Self.replyCapacity && packets.count <= Self.capacity && resolution < 4
            && [0, 3, 4].contains(identifier) && buttons < 32 && reportedButtons < 32
            && earlierRates.count == 2 && [horizontal, vertical, wheel].allSatisfy(distances.contains)
    }

    /// A byte waits for the controller.
    var hasByte: Bool { !replies.isEmpty || !packets.isEmpty }

    /// The controller takes a byte; what has moved meanwhile follows.
    mutating func takeByte() -> UInt8? {
        guard let byte = replies.first ?? packets.first else { return nil }
        if replies.isEmpty { packets.removeFirst() } else { replies.removeFirst() }
        lastSent = byte
        if packets.isEmpty { reportIfMoved() }
        return byte
    }

    /// The mouse moved by so many counts to the right and down, and its wheel by so many notches towards the
    /// user.
    mutating func move(right: Int32, down: Int32, wheel notches: Int32) {
        func sum(_ value: Int32, _ change: Int32) -> Int32 {
            let (sum, _) = value.addingReportingOverflow(max(min(change, Self.farthest), -Self.farthest))
            return max(min(sum, Self.farthest), -Self.farthest)
        }
        guard isReporting || isRemote else { return }
        horizontal = sum(horizontal, right)
        vertical = sum(vertical, -max(down, -Int32.max))
        wheel = sum(wheel, notches)
        if packets.isEmpty { reportIfMoved() }
    }

    /// These buttons are down now. Each change is a packet of its own, so that no click is lost.
    mutating func setButtons(_ buttons: UInt8) {
        self.buttons = buttons & 0x1f
        if self.buttons != reportedButtons { reportIfMoved() }
    }
}

// MARK: Packets

extension PS2Mouse {
    private mutating func reportIfMoved() {
        let hasMoved = horizontal != 0 || vertical != 0 || wheel != 0 && identifier != 0
        guard isReporting, !isRemote, !isWrapping, hasMoved || buttons != reportedButtons,
            packets.count + 4 <= Self.capacity
        else { return }
        packets += makePacket()
    }

    /// Takes what has moved: as much of it as one packet can say.
    private mutating func makePacket() -> [UInt8] {
        func take(_ value: inout Int32, _ limit: Int32) -> Int32 {
            let taken = max(min(value, limit), -limit)
            value -= taken
            return taken
        }
        let right = take(&horizontal, 255)
        let up = take(&vertical, 255)
        reportedButtons = buttons
        let signs: UInt8 = (right < 0 ? 0x10 : 0) | (up < 0 ? 0x20 : 0)
        let always: UInt8 = 0x08
        let distances = [UInt8(truncatingIfNeeded: right), UInt8(truncatingIfNeeded: up)]
        let packet = [buttons & 7 | always | signs] + distances
        switch identifier {
        case 3: return packet + [UInt8(truncatingIfNeeded: take(&wheel, 127))]
        case 4: return packet + [UInt8(truncatingIfNeeded: take(&wheel, 7)) & 0xf | (buttons & 0x18) << 1]
        default:
            wheel = 0
            return packet
        }
    }
}

// MARK: Commands

extension PS2Mouse {
    private enum Command {
        static let resetScaling: UInt8 = 0xe6
        static let setScaling: UInt8 = 0xe7
        static let setResolution: UInt8 = 0xe8
        static let getStatus: UInt8 = 0xe9
        static let setStream: UInt8 = 0xea
        static let readData: UInt8 = 0xeb
        static let resetWrap: UInt8 = 0xec
        static let setWrap: UInt8 = 0xee
        static let setRemote: UInt8 = 0xf0
        static let identify: UInt8 = 0xf2
        static let setSampleRate: UInt8 = 0xf3
        static let enable: UInt8 = 0xf4
        static let disable: UInt8 = 0xf5
        static let setDefaults: UInt8 = 0xf6
        static let resend: UInt8 = 0xfe
        static let reset: UInt8 = 0xff
    }

    private enum Reply {
        static let acknowledge: UInt8 = 0xfa
        static let error: UInt8 = 0xfe
        static let selfTestPassed: UInt8 = 0xaa
    }

    private mutating func reply(_ bytes: [UInt8]) {
        if replies.count + bytes.count <= Self.replyCapacity { replies += bytes }
    }

    /// A byte from the controller: a command, or the argument of the one before.
    mutating func receive(_ byte: UInt8) {
        if isWrapping, byte != Command.reset, byte != Command.resetWrap { return reply([byte]) }
        let command = pendingCommand
        pendingCommand = 0
        switch command {
        case Command.setResolution:
            resolution = byte & 3
            reply([Reply.acknowledge])
        case Command.setSampleRate:
            setSampleRate(byte)
            reply([Reply.acknowledge])
        default: perform(byte)
        }
    }

    private mutating func perform(_ command: UInt8) {
        switch command {
        case Command.setResolution, Command.setSampleRate: pendingCommand = command
        case Command.resetScaling, Command.setScaling: isScaling = command == Command.setScaling
        case Command.getStatus: return reply([Reply.acknowledge, status, resolution, sampleRate])
        case Command.setStream: isRemote = false
        case Command.setRemote: isRemote = true
        case Command.setWrap: isWrapping = true
        case Command.resetWrap: isWrapping = false
        case Command.readData: return reply([Reply.acknowledge] + makePacket())
        case Command.identify: return reply([Reply.acknowledge, identifier])
        case Command.enable: setReporting(true)
        case Command.disable: setReporting(false)
        case Command.setDefaults: setDefaults()
        case Command.resend: return reply([lastSent])
        case Command.reset:
            let held = buttons
            self = PS2Mouse()
            buttons = held
            reportedButtons = held
            return reply([Reply.acknowledge, Reply.selfTestPassed, identifier])
        default: return reply([Reply.error])
        }
        reply([Reply.acknowledge])
    }

    /// Left and right are swapped against packets.
    private var status: UInt8 {
        let pressed: UInt8 = (buttons & 1) << 2 | (buttons & 4) >> 1 | (buttons & 2) >> 1
        return pressed | (isScaling ? 0x10 : 0) | (isReporting ? 0x20 : 0) | (isRemote ? 0x40 : 0)
    }

    private mutating func setReporting(_ reporting: Bool) {
        isReporting = reporting
        (horizontal, vertical, wheel) = (0, 0, 0)
        packets = []
        reportedButtons = buttons
    }

    private mutating func setDefaults() {
        setReporting(false)
        (isRemote, isScaling, resolution, sampleRate) = (false, false, 2, 100)
    }

    /// 200, 100, 80 asks for the wheel, and then 200, 200, 80 for five buttons.
    private mutating func setSampleRate(_ rate: UInt8) {
        if earlierRates == [200, 100], rate == 80, identifier == 0 { identifier = 3 }
        if earlierRates == [200, 200], rate == 80, identifier == 3 { identifier = 4 }
        earlierRates = [earlierRates[1], rate]
        sampleRate = rate
    }
}

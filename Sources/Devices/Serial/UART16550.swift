// A 16550A serial port: the registers as a guest sees them.
import MachineCore

/// A National Semiconductor PC16550D UART with eight byte-wide registers.
///
/// The line has no speed: a character is sent in the moment in which it is written, and four
/// character times (the receive time-out) pass at once. Input waits in the port until the receive
/// FIFO has room, so nothing is lost however slow the guest is.
///
/// Source: National Semiconductor, PC16550D data sheet (June 1995), section 8 "Registers"; section
/// numbers in this folder are those of that document.
public final class UART16550: Device, Snapshotting {
    /// The device tree's names for this device.
    public static let compatible = ["ns16550a"]
    /// The size of the register window in bytes.
    public static let windowByteCount: UInt64 = 0x100
    /// The input clock in Hz for the device tree: 16 times the usual 230400 baud. The line has no
    /// speed, but drivers divide by this number.
    public static let clockFrequency: UInt32 = 3_686_400
    /// The characters that each FIFO holds (section 1.0, "16 byte FIFOs").
    public static let fifoCapacity = 16

    /// The live things that a UART works with.
    public struct Resources {
        /// The outside of the serial line.
        public let port: CharacterPort
        /// The INTR pin.
        public let interrupt: InterruptLine

        /// Connects a UART to the outside and to an interrupt controller.
        public init(port: CharacterPort, interrupt: InterruptLine) {
            self.port = port
            self.interrupt = interrupt
        }
    }

    public static let stateVersion: StateVersion = 1
    public internal(set) var state: State
    let resources: Resources

    public init(_ resources: Resources, restoring state: State) throws(StateError) {
        try state.validate()
        self.resources = resources
        self.state = state
        // Weak, because the port may outlive the device.
        resources.port.inputArrived = { [weak self] in self?.inputArrived() }
        receive()
        driveInterrupt()
    }

    private func inputArrived() {
        receive()
        driveInterrupt()
    }

    public func reset() {
        state = State()
        receive()
        driveInterrupt()
    }

    /// Every register is one byte wide; a wider access acts on the register that it begins at, and
    /// on no other, because reading some of the neighbours has effects.
    public func read(at offset: UInt64, width: AccessWidth) -> UInt64 {
        guard let register = Register(rawValue: offset) else { return 0 }
        defer { driveInterrupt() }
        return UInt64(readByte(register))
    }

    public func write(_ value: UInt64, at offset: UInt64, width: AccessWidth) {
        guard let register = Register(rawValue: offset) else { return }
        writeByte(UInt8(truncatingIfNeeded: value), to: register)
        driveInterrupt()
    }

    private func readByte(_ register: Register) -> UInt8 {
        switch register {
        case .data: return state.selectsDivisor ? UInt8(state.divisor & 0xff) : takeReceived()
        case .interruptEnable: return state.selectsDivisor ? UInt8(state.divisor >> 8) : state.interruptEnable
        case .interruptIdentification: return readInterruptIdentification()
        case .lineControl: return state.lineControl
        case .modemControl: return state.modemControl
        case .lineStatus: return readLineStatus()
        case .modemStatus: return readModemStatus()
        case .scratch: return state.scratch
        }
    }

    private func writeByte(_ value: UInt8, to register: Register) {
        switch register {
        case .data where state.selectsDivisor:
            state.divisor = state.divisor & 0xff00 | UInt16(value)
        case .data:
            transmit(value)
        case .interruptEnable where state.selectsDivisor:
            state.divisor = state.divisor & 0x00ff | UInt16(value) << 8
        case .interruptEnable:
            writeInterruptEnable(value)
        case .interruptIdentification:
            writeFIFOControl(value)
        case .lineControl:
            state.lineControl = value
        case .modemControl:
            writeModemControl(value)
        case .lineStatus, .modemStatus:
            // Section 8.4: writing LSR is for factory tests only. MSR's inputs are pins.
            break
        case .scratch:
            state.scratch = value
        }
    }
}

extension UART16550 {
    /// The registers by offset (table II); some have other names when read or written.
    enum Register: UInt64 {
        /// RBR when read, THR when written; the divisor's low byte when DLAB is set.
        case data = 0
        /// IER; the divisor's high byte when DLAB is set.
        case interruptEnable = 1
        /// IIR when read, FCR when written.
        case interruptIdentification = 2
        case lineControl = 3
        case modemControl = 4
        case lineStatus = 5
        case modemStatus = 6
        case scratch = 7
    }

    /// Bits of the line status register (section 8.4).
    enum LineStatus {
        static let dataReady: UInt8 = 0x01
        static let overrun: UInt8 = 0x02
        static let transmitHoldingEmpty: UInt8 = 0x20
        static let transmitterEmpty: UInt8 = 0x40
    }

    /// Bits of the interrupt enable register (section 8.7).
    enum InterruptEnable {
        static let receivedData: UInt8 = 0x01
        static let transmitHoldingEmpty: UInt8 = 0x02
        static let lineStatus: UInt8 = 0x04
        static let modemStatus: UInt8 = 0x08
        static let all: UInt8 = 0x0f
    }

    /// Bits of the FIFO control register (section 8.5).
    enum FIFOControl {
        static let enable: UInt8 = 0x01
        static let clearReceive: UInt8 = 0x02
        static let stored: UInt8 = 0xc9
    }

    /// Bits of the modem control register (section 8.8).
    enum ModemControl {
        static let dataTerminalReady: UInt8 = 0x01
        static let requestToSend: UInt8 = 0x02
        static let output1: UInt8 = 0x04
        static let output2: UInt8 = 0x08
        static let loopback: UInt8 = 0x10
        static let all: UInt8 = 0x1f
    }

    /// Bits of the modem status register (section 8.9): inputs above, their changes below.
    enum ModemStatus {
        static let clearToSend: UInt8 = 0x10
        static let dataSetReady: UInt8 = 0x20
        static let ringIndicator: UInt8 = 0x40
        static let carrierDetect: UInt8 = 0x80
        static let changes: UInt8 = 0x0f
    }
}

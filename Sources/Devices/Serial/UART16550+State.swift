// What a guest can see of a 16550A, and which of it can be true.
import MachineCore

extension UART16550 {
    /// All registers and FIFOs. The transmitter is always empty: characters leave at once.
    public struct State: Codable, Equatable, Sendable {
        /// Received characters, oldest first: up to 16, or 1 without FIFOs.
        public var receiveFIFO: [UInt8] = []
        /// IER, bits 3:0.
        public var interruptEnable: UInt8 = 0
        /// The bits of FCR that last: trigger level 7:6, DMA mode 3, FIFO enable 0.
        public var fifoControl: UInt8 = 0
        /// LCR.
        public var lineControl: UInt8 = 0
        /// MCR, bits 4:0.
        public var modemControl: UInt8 = 0
        /// SCR.
        public var scratch: UInt8 = 0
        /// The divisor latches. The data sheet leaves them undefined at reset; 12 is 9600 baud of the
        /// original 1.8432 MHz clock, and not 0, because drivers divide by it.
        public var divisor: UInt16 = 12
        /// LSR bit 1: a character came while the FIFO was full (only loopback can do that).
        public var overrun = false
        /// MSR bits 3:0: which modem inputs changed since MSR was read.
        public var modemChanges: UInt8 = 0
        /// The transmitter-empty interrupt is due: the transmitter became empty, or the interrupt was
        /// enabled while it was, and the guest has not seen that in IIR.
        public var transmitInterruptPending = false

        /// The state after the master reset (table I).
        public init() {}
    }
}

extension UART16550.State {
    /// DLAB: offsets 0 and 1 are the divisor latches.
    var selectsDivisor: Bool { lineControl & 0x80 != 0 }
    var fifosAreEnabled: Bool { fifoControl & UART16550.FIFOControl.enable != 0 }
    var isLoopback: Bool { modemControl & UART16550.ModemControl.loopback != 0 }
    var receiveCapacity: Int { fifosAreEnabled ? UART16550.fifoCapacity : 1 }

    /// The number of characters that raises the received-data interrupt (section 8.5).
    var receiveTrigger: Int {
        guard fifosAreEnabled else { return 1 }
        switch fifoControl >> 6 {
        case 0: return 1
        case 1: return 4
        case 2: return 8
        default: return 14
        }
    }

    /// MSR bits 7:4: the cable is always plugged into a terminal that listens; in loopback the
    /// outputs are the inputs (section 8.8).
    var modemInputs: UInt8 {
        typealias Control = UART16550.ModemControl
        typealias Status = UART16550.ModemStatus
        guard isLoopback else { return Status.clearToSend | Status.dataSetReady | Status.carrierDetect }
        let wires = [
            (Control.requestToSend, Status.clearToSend), (Control.dataTerminalReady, Status.dataSetReady),
            (Control.output1, Status.ringIndicator), (Control.output2, Status.carrierDetect),
        ]
        return wires.reduce(0) { inputs, wire in modemControl & wire.0 != 0 ? inputs | wire.1 : inputs }
    }

    func validate() throws(StateError) {
        guard receiveFIFO.count <= receiveCapacity else {
            throw StateError(part: "uart", reason: "\(receiveFIFO.count) characters in the receive FIFO")
        }
        guard interruptEnable & ~UART16550.InterruptEnable.all == 0,
            fifoControl & ~UART16550.FIFOControl.stored == 0,
            fifosAreEnabled || fifoControl == 0,
            modemControl & ~UART16550.ModemControl.all == 0,
            modemChanges & ~UART16550.ModemStatus.changes == 0
        else { throw StateError(part: "uart", reason: "a register has bits that the device does not have") }
    }
}

// The serial side of a 16550A: characters in and out, loopback, modem lines, interrupts.
import MachineCore

extension UART16550 {
    /// Takes input while there is room. Loopback cuts the serial input off (section 8.8).
    func receive() {
        guard !state.isLoopback else { return }
        let room = state.receiveCapacity - state.receiveFIFO.count
        guard room > 0 else { return }
        state.receiveFIFO += resources.port.take(room)
    }

    /// RBR: an empty receiver reads as 0.
    func takeReceived() -> UInt8 {
        guard !state.receiveFIFO.isEmpty else { return 0 }
        let character = state.receiveFIFO.removeFirst()
        receive()
        return character
    }

    /// THR: the write clears the transmitter-empty interrupt, and the character leaves at once,
    /// which raises it again.
    func transmit(_ character: UInt8) {
        if state.isLoopback {
            loopBack(character)
        } else {
            resources.port.output([character])
        }
        state.transmitInterruptPending = true
    }

    /// Section 8.4, bit 1: on overrun a FIFO keeps what it has, a single register is overwritten.
    private func loopBack(_ character: UInt8) {
        if state.receiveFIFO.count < state.receiveCapacity {
            state.receiveFIFO.append(character)
            return
        }
        state.overrun = true
        if !state.fifosAreEnabled { state.receiveFIFO = [character] }
    }

    /// FCR (section 8.5): changing the FIFO mode empties the FIFOs, and the other bits are only
    /// taken together with the enable bit.
    func writeFIFOControl(_ value: UInt8) {
        let enables = value & FIFOControl.enable != 0
        if enables != state.fifosAreEnabled || (enables && value & FIFOControl.clearReceive != 0) {
            state.receiveFIFO.removeAll()
        }
        state.fifoControl = enables ? value & FIFOControl.stored : 0
        receive()
    }

    /// MCR: what the modem inputs do when loopback moves them counts as a change (section 8.9). The
    /// ring indicator counts only when it ends.
    func writeModemControl(_ value: UInt8) {
        let before = state.modemInputs
        state.modemControl = value & ModemControl.all
        let after = state.modemInputs
        var changed = before ^ after
        if after & ModemStatus.ringIndicator != 0 { changed &= ~ModemStatus.ringIndicator }
        state.modemChanges |= changed >> 4
        receive()
    }

    /// MSR: reading clears the changes.
    func readModemStatus() -> UInt8 {
        defer { state.modemChanges = 0 }
        return state.modemInputs | state.modemChanges
    }

    /// LSR: reading clears the error.
    func readLineStatus() -> UInt8 {
        defer { state.overrun = false }
        let ready = state.receiveFIFO.isEmpty ? 0 : LineStatus.dataReady
        let error = state.overrun ? LineStatus.overrun : 0
        return LineStatus.transmitHoldingEmpty | LineStatus.transmitterEmpty | ready | error
    }

    /// IER: enabling the transmitter-empty interrupt while the transmitter is empty raises it (section
    /// 8.7); drivers start sending that way, and test for it.
    func writeInterruptEnable(_ value: UInt8) {
        let newlyEnabled = value & ~state.interruptEnable
        state.interruptEnable = value & InterruptEnable.all
        if newlyEnabled & InterruptEnable.transmitHoldingEmpty != 0 { state.transmitInterruptPending = true }
    }

    /// IIR: reading it clears the transmitter-empty interrupt, if that is what it shows (section 8.6).
    func readInterruptIdentification() -> UInt8 {
        let cause = interruptCause
        if cause == .transmitHoldingEmpty { state.transmitInterruptPending = false }
        let fifoBits: UInt8 = state.fifosAreEnabled ? 0xc0 : 0
        return fifoBits | (cause?.rawValue ?? InterruptCause.noneBit)
    }

    func driveInterrupt() {
        resources.interrupt.set(interruptCause != nil)
    }

    /// Interrupt causes as IIR shows them in bits 3:0 (table IV).
    private enum InterruptCause: UInt8 {
        case lineStatus = 0x6
        case receivedData = 0x4
        case characterTimeout = 0xc
        case transmitHoldingEmpty = 0x2
        case modemStatus = 0x0

        static let noneBit: UInt8 = 0x1
    }

    /// The enabled cause with the highest priority (table IV).
    private var interruptCause: InterruptCause? {
        let enabled = state.interruptEnable
        if enabled & InterruptEnable.lineStatus != 0, state.overrun { return .lineStatus }
        if enabled & InterruptEnable.receivedData != 0, !state.receiveFIFO.isEmpty {
            // Below the trigger level only the time-out tells the guest; its four character times
            // are no time on a line without speed.
            return state.receiveFIFO.count >= state.receiveTrigger ? .receivedData : .characterTimeout
        }
        if enabled & InterruptEnable.transmitHoldingEmpty != 0, state.transmitInterruptPending {
            return .transmitHoldingEmpty
        }
        if enabled & InterruptEnable.modemStatus != 0, state.modemChanges != 0 { return .modemStatus }
        return nil
    }
}

// One port of an AHCI controller: its registers and the link to a drive (AHCI 1.3.1, 3.3 and chapter 10).
import MachineCore

/// A port, with a drive or without.
final class AHCIPort {
    /// What a guest can see of a port, besides its drive.
    struct State: Codable, Equatable, Sendable {
        /// PxCLB: where the command list is.
        var commandList: UInt64 = 0
        /// PxFB: where received FISes go.
        var receivedFIS: UInt64 = 0
        var interruptStatus: UInt32 = 0
        var interruptEnable: UInt32 = 0
        /// The bits of PxCMD that the guest sets.
        var command: UInt32 = 0
        /// PxTFD: status, and error above it.
        var status: UInt8 = 0x7f
        var error: UInt8 = 0
        var signature: UInt32 = 0xffff_ffff
        var serialControl: UInt32 = 0
        var serialError: UInt32 = 0
        /// PxCI: commands that are not finished.
        var issued: UInt32 = 0
        var active: UInt32 = 0
        /// The command that the drive works on.
        var activeSlot: UInt8?
        /// The command that was begun last.
        var lastSlot: UInt8 = 31
        /// An error has stopped the port until the guest stops and starts it.
        var isStalled = false
        /// The guest holds the drive in reset by the control register.
        var isResetting = false

        var isPossible: Bool {
            commandList & 0x3ff == 0 && receivedFIS & 0xff == 0 && lastSlot < 32
                && interruptStatus & ~AHCIInterrupt.clearable == 0
                && interruptEnable & ~AHCIInterrupt.enabled == 0
                && command & ~AHCIPortCommand.stored == 0 && serialControl & ~AHCISerial.controlStored == 0
                && serialError & ~AHCISerial.errors == 0
                && activeSlot.map { $0 < 32 && issued >> UInt32($0) & 1 != 0 && isStarted } ?? true
                && (isStarted || issued == 0)
        }

        var isStarted: Bool { command & AHCIPortCommand.start != 0 }
    }

    var state: State
    let drive: (any ATADrive)?
    /// Counts what cancels commands, so that their completions are known as such.
    var generation: UInt64 = 0
    /// Requests that a back end still works on, cancelled ones too.
    var outstandingCount = 0

    init(drive: (any ATADrive)?, state: State) {
        self.drive = drive
        self.state = state
    }

    // MARK: Resets

    /// Power-on and the reset of the controller (10.4.3): the link comes up again.
    func reset() {
        cancel()
        state = State()
        connect()
    }

    /// A drive shows its signature, and the link's change shows as an error that is none.
    func connect() {
        guard let drive else { return }
        drive.reset()
        state.status = drive.statusAfterReset
        state.error = 1
        state.signature = drive.signature
        state.serialError |= AHCISerial.connectChange | AHCISerial.readyChange
    }

    /// Forgets the commands that were issued; what a back end has begun it will finish unheard.
    func cancel() {
        generation &+= 1
        (state.issued, state.active, state.activeSlot) = (0, 0, nil)
        state.lastSlot = 31
        state.isStalled = false
    }

    /// What interrupts, with the causes that follow PxSERR.
    var interrupts: UInt32 {
        var causes = state.interruptStatus
        if state.serialError & AHCISerial.connectChange != 0 { causes |= AHCIInterrupt.connectChange }
        if state.serialError & AHCISerial.readyChange != 0 { causes |= AHCIInterrupt.readyChange }
        return causes
    }

    // MARK: Registers

    func read(_ register: UInt64) -> UInt32 {
        switch register {
        case AHCIPortRegister.commandList: return UInt32(truncatingIfNeeded: state.commandList)
        case AHCIPortRegister.commandListHigh: return UInt32(state.commandList >> 32)
        case AHCIPortRegister.receivedFIS: return UInt32(truncatingIfNeeded: state.receivedFIS)
        case AHCIPortRegister.receivedFISHigh: return UInt32(state.receivedFIS >> 32)
        case AHCIPortRegister.interruptStatus: return interrupts
        case AHCIPortRegister.interruptEnable: return state.interruptEnable
        case AHCIPortRegister.command: return commandValue
        case AHCIPortRegister.taskFile: return UInt32(state.error) << 8 | UInt32(state.status)
        case AHCIPortRegister.signature: return state.signature
        case AHCIPortRegister.serialStatus: return serialStatus
        case AHCIPortRegister.serialControl: return state.serialControl
        case AHCIPortRegister.serialError: return state.serialError
        case AHCIPortRegister.serialActive: return state.active
        case AHCIPortRegister.commandIssue: return state.issued
        default: return 0
        }
    }

    /// Writes a register; commands that this makes ready are the caller's to begin.
    func write(_ value: UInt32, to register: UInt64) {
        switch register {
        case AHCIPortRegister.commandList:
            state.commandList.setLowWord(value & AHCIPortRegister.commandListMask)
        case AHCIPortRegister.commandListHigh: state.commandList.setHighWord(value)
        case AHCIPortRegister.receivedFIS:
            state.receivedFIS.setLowWord(value & AHCIPortRegister.receivedFISMask)
        case AHCIPortRegister.receivedFISHigh: state.receivedFIS.setHighWord(value)
        case AHCIPortRegister.interruptStatus: state.interruptStatus &= ~value
        case AHCIPortRegister.interruptEnable: state.interruptEnable = value & AHCIInterrupt.enabled
        case AHCIPortRegister.command: writeCommand(value)
        case AHCIPortRegister.serialControl: writeSerialControl(value)
        case AHCIPortRegister.serialError: state.serialError &= ~value
        case AHCIPortRegister.serialActive where state.isStarted: state.active |= value
        case AHCIPortRegister.commandIssue where state.isStarted: state.issued |= value
        default: break
        }
    }

    /// CR stays set until back ends have let go of the guest's RAM: drivers wait for that.
    private var commandValue: UInt32 {
        var value = state.command | AHCIPortCommand.spinUp | AHCIPortCommand.powerOn
        if state.isStarted || outstandingCount > 0 { value |= AHCIPortCommand.listRunning }
        if state.command & AHCIPortCommand.receiveEnable != 0 { value |= AHCIPortCommand.receiveRunning }
        if state.isStarted { value |= UInt32(state.lastSlot & 31) << AHCIPortCommand.currentSlotShift }
        return value
    }

    private func writeCommand(_ value: UInt32) {
        let wasStarted = state.isStarted
        state.command = value & AHCIPortCommand.stored
        if wasStarted, !state.isStarted { cancel() }
        if value & AHCIPortCommand.listOverride != 0 {
            state.status &= ~(ATAStatus.busy | ATAStatus.dataRequest)
        }
    }

    private var serialStatus: UInt32 {
        switch state.serialControl & AHCISerial.detectionMask {
        case AHCISerial.detectionOffline: AHCISerial.detectionOffline
        case AHCISerial.detectionReset: 0
        default: drive == nil ? 0 : AHCISerial.connected
        }
    }

    /// The link is reset while DET is 1, and comes up when it is 0 again (10.4.2).
    private func writeSerialControl(_ value: UInt32) {
        let before = state.serialControl & AHCISerial.detectionMask
        state.serialControl = value & AHCISerial.controlStored
        let after = state.serialControl & AHCISerial.detectionMask
        guard before != after else { return }
        if after == 0 {
            cancel()
            connect()
        } else if drive != nil {
            state.status = 0x7f
        }
    }
}

extension UInt64 {
    fileprivate mutating func setLowWord(_ word: UInt32) { self = self & ~0xffff_ffff | UInt64(word) }
    fileprivate mutating func setHighWord(_ word: UInt32) { self = self & 0xffff_ffff | UInt64(word) << 32 }
}

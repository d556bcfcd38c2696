// Registers of a local APIC: in memory, and as model-specific registers (Intel SDM volume 3, 10.4.1 and 10.12.1).
import MachineCore

extension LocalAPIC {
    /// Offsets in the register page; in x2APIC mode, a sixteenth of them beyond 0x800.
    enum Register {
        static let identifier: UInt64 = 0x20
        static let version: UInt64 = 0x30
        static let taskPriority: UInt64 = 0x80
        static let processorPriority: UInt64 = 0xa0
        static let endOfInterrupt: UInt64 = 0xb0
        static let logicalDestination: UInt64 = 0xd0
        static let destinationFormat: UInt64 = 0xe0
        static let spurious: UInt64 = 0xf0
        static let inService: UInt64 = 0x100
        static let levelTriggered: UInt64 = 0x180
        static let requested: UInt64 = 0x200
        static let errors: UInt64 = 0x280
        static let command: UInt64 = 0x300
        static let commandDestination: UInt64 = 0x310
        static let localVectors: UInt64 = 0x320
        static let lastLocalVector: UInt64 = 0x370
        static let timerCount: UInt64 = 0x380
        static let timerCurrent: UInt64 = 0x390
        static let timerDivider: UInt64 = 0x3e0
        static let selfInterrupt: UInt64 = 0x3f0
    }

    /// Model-specific registers.
    private enum ModelSpecific {
        static let base: UInt32 = 0x1b
        static let timestampDeadline: UInt32 = 0x6e0
        static let first: UInt32 = 0x800
        static let command: UInt32 = 0x830
        static let last: UInt32 = 0x83f
    }

    /// An integrated APIC with six entries in its local vector table.
    private static var version: UInt32 { 0x0005_0014 }

    // MARK: In memory

    public func readRegister(at offset: UInt64) -> UInt32 { value(at: offset & ~15) ?? 0 }

    public func writeRegister(at offset: UInt64, _ value: UInt32) {
        // Only the first of every four words is a register.
        guard offset & 15 == 0 else { return }
        switch offset {
        case Register.identifier: state.identifier = UInt8(value >> 24)
        case Register.logicalDestination: state.logicalDestination = value & 0xff00_0000
        case Register.destinationFormat: state.destinationFormat = value | 0x0fff_ffff
        case Register.command:
            state.command = state.command & ~0xffff_ffff | UInt64(value)
            sendCommand()
        case Register.commandDestination: state.command = state.command & 0xffff_ffff | UInt64(value) << 32
        default: _ = setRegister(offset, value)
        }
    }

    private func value(at offset: UInt64) -> UInt32? {
        switch offset {
        case Register.identifier: return isExtended ? identifier : identifier << 24
        case Register.version: return Self.version
        case Register.taskPriority: return UInt32(state.taskPriority)
        case Register.processorPriority: return UInt32(processorPriority)
        case Register.logicalDestination: return logicalIdentifier
        case Register.destinationFormat: return isExtended ? nil : state.destinationFormat
        case Register.spurious: return state.spurious
        case Register.inService..<Register.levelTriggered: return state.inService.register(Self.index(offset))
        case Register.levelTriggered..<Register.requested: return state.levelTriggered.register(Self.index(offset))
        case Register.requested..<Register.errors: return state.requested.register(Self.index(offset))
        case Register.errors: return state.errors
        case Register.command: return UInt32(truncatingIfNeeded: state.command)
        case Register.commandDestination: return UInt32(state.command >> 32)
        case Register.localVectors...Register.lastLocalVector:
            return state.localVectors[Int((offset - Register.localVectors) >> 4)]
        case Register.timerCount: return state.timerCount
        case Register.timerCurrent: return timerCurrentCount
        case Register.timerDivider: return state.timerDivider
        default: return nil
        }
    }

    /// The word of a set of vectors.
    private static func index(_ offset: UInt64) -> Int { Int(offset >> 4 & 7) }

    /// Writes a register that both modes have; false when it can not be written.
    private func setRegister(_ offset: UInt64, _ value: UInt32) -> Bool {
        switch offset {
        case Register.taskPriority: state.taskPriority = UInt8(value & 0xff)
        case Register.endOfInterrupt: endInterrupt()
        case Register.spurious: setSpurious(value)
        case Register.errors:
            // A write makes the register show what happened since the last one (10.5.3).
            (state.errors, state.newErrors) = (state.newErrors, 0)
        case Register.localVectors...Register.lastLocalVector:
            setLocalVector(Int((offset - Register.localVectors) >> 4), value)
        case Register.timerCount: setTimerCount(value)
        case Register.timerDivider: setTimerDivider(value)
        default: return false
        }
        return true
    }

    private func setSpurious(_ value: UInt32) {
        state.spurious = value & 0x1ff
        guard value & 0x100 == 0 else { return }
        // Switched off by software, all entries are masked (10.4.7.2).
        for index in state.localVectors.indices { state.localVectors[index] |= LocalVector.isMasked }
    }

    private func setLocalVector(_ index: Int, _ value: UInt32) {
        var mask: UInt32 = 0x1_00ff
        if index == LocalVector.timer { mask |= 0x6_0000 }
        if index != LocalVector.timer && index != LocalVector.error { mask |= 0x700 }
        if index == LocalVector.externalWire || index == LocalVector.nonmaskableWire { mask |= 0xa000 }
        let isOff = state.spurious & 0x100 == 0
        state.localVectors[index] = value & mask | (isOff ? LocalVector.isMasked : 0)
        if index == LocalVector.timer { armTimer() }
        cpu?.callForAttention()
    }

    // MARK: As model-specific registers

    public func readModelSpecificRegister(_ number: UInt32) -> UInt64? {
        switch number {
        case ModelSpecific.base: return state.base
        case ModelSpecific.timestampDeadline: return isDeadlineTimer ? state.timestampDeadline : 0
        case ModelSpecific.command: return isExtended ? state.command : nil
        case ModelSpecific.first...ModelSpecific.last:
            let offset = UInt64(number - ModelSpecific.first) << 4
            guard isExtended, offset != Register.commandDestination else { return nil }
            return value(at: offset).map(UInt64.init)
        default: return nil
        }
    }

    public func writeModelSpecificRegister(_ number: UInt32, _ value: UInt64) -> Bool {
        switch number {
        case ModelSpecific.base: return setBase(value)
        case ModelSpecific.timestampDeadline:
            if isDeadlineTimer { setTimestampDeadline(value) }
            return true
        case ModelSpecific.command:
            guard isExtended else { return false }
            state.command = value
            sendCommand()
            return true
        case ModelSpecific.first...ModelSpecific.last:
            guard isExtended, value >> 32 == 0 else { return false }
            return setExtended(UInt64(number - ModelSpecific.first) << 4, UInt32(value))
        default: return false
        }
    }

    private func setExtended(_ offset: UInt64, _ value: UInt32) -> Bool {
        switch offset {
        case Register.selfInterrupt:
            receive(
                InterruptMessage(
                    destination: identifier, isLogical: false, mode: .fixed, vector: UInt8(value & 0xff),
                    isLevelTriggered: false))
            return true
        case Register.endOfInterrupt, Register.errors: return value == 0 && setRegister(offset, value)
        default: return setRegister(offset, value)
        }
    }

    /// IA32_APIC_BASE: from x2APIC mode the only way back is over off (10.12.5).
    private func setBase(_ value: UInt64) -> Bool {
        let modes = Base.isEnabled | Base.isExtended
        let (old, new) = (state.base & modes, value & modes)
        guard value & ~Base.writable == 0, new != Base.isExtended else { return false }
        if old == modes && new == Base.isEnabled || old == 0 && new == modes { return false }
        state.base = value
        cpu?.callForAttention()
        return true
    }

    // MARK: Messages to other CPUs

    /// Sends what the command register says (10.6.1).
    func sendCommand() {
        let command = state.command
        guard let mode = InterruptMessage.Mode(rawValue: UInt8(command >> 8 & 7)), mode != .external else { return }
        // The end of an INIT has no meaning any more.
        if mode == .initialize && command & 0xc000 == 0x8000 { return }
        let message = InterruptMessage(
            destination: isExtended ? UInt32(command >> 32) : UInt32(command >> 56), isLogical: command & 0x800 != 0,
            mode: mode, vector: UInt8(command & 0xff), isLevelTriggered: false)
        switch command >> 18 & 3 {
        case 0: resources.messages.send(message)
        case 1: receive(message)
        case 2: resources.messages.broadcast(message, except: nil)
        default: resources.messages.broadcast(message, except: self)
        }
    }
}

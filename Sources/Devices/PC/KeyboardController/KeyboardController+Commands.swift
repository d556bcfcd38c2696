// The two ports of the keyboard controller and its commands.
import MachineCore

extension KeyboardController {
    /// Bits of the status register (title "Status Register").
    private enum Status {
        static let outputFull: UInt8 = 1 << 0
        static let systemFlag: UInt8 = 1 << 2
        static let lastWriteWasCommand: UInt8 = 1 << 3
        /// The key lock is open.
        static let unlocked: UInt8 = 1 << 4
        static let outputIsAuxiliary: UInt8 = 1 << 5
    }

    /// Commands (title "Controller Commands").
    private enum Command {
        static let readCommandByte: UInt8 = 0x20
        static let writeCommandByte: UInt8 = 0x60
        static let disableMouse: UInt8 = 0xa7
        static let enableMouse: UInt8 = 0xa8
        static let testMouse: UInt8 = 0xa9
        static let selfTest: UInt8 = 0xaa
        static let testKeyboard: UInt8 = 0xab
        static let disableKeyboard: UInt8 = 0xad
        static let enableKeyboard: UInt8 = 0xae
        static let readInputPort: UInt8 = 0xc0
        static let readOutputPort: UInt8 = 0xd0
        static let writeOutputPort: UInt8 = 0xd1
        static let writeKeyboardOutput: UInt8 = 0xd2
        static let writeMouseOutput: UInt8 = 0xd3
        static let writeMouse: UInt8 = 0xd4
        /// Shortcuts for A20 that chipsets added.
        static let disableAddressLine20: UInt8 = 0xdd
        static let enableAddressLine20: UInt8 = 0xdf
        static let readTestInputs: UInt8 = 0xe0
        /// Output port bits 3:0 go low for a moment where the command has a 0.
        static let pulse = 0xf0...0xff as ClosedRange<UInt8>
    }

    /// There is no input buffer full bit: the controller takes each byte at once.
    func readStatus() -> UInt8 {
        var status = Status.unlocked
        if state.outputIsFull { status |= Status.outputFull }
        if state.commandByte & CommandByte.systemFlag != 0 { status |= Status.systemFlag }
        if state.lastWriteWasCommand { status |= Status.lastWriteWasCommand }
        if state.outputIsFull, state.outputIsAuxiliary { status |= Status.outputIsAuxiliary }
        return status
    }

    /// An empty output buffer reads as the byte that was there last.
    func readData() -> UInt8 {
        defer {
            // The wires fall before they may rise again: edges are what interrupt controllers look for.
            state.outputIsFull = false
            resources.keyboardInterrupt.set(false)
            resources.mouseInterrupt.set(false)
            update()
        }
        return state.output
    }

    /// A write to the command port.
    func writeCommand(_ command: UInt8) {
        state.lastWriteWasCommand = true
        state.pendingCommand = 0
        perform(command)
        update()
    }

    private func perform(_ command: UInt8) {
        switch command {
        case Command.readCommandByte: reply(state.commandByte)
        case Command.writeCommandByte, Command.writeOutputPort, Command.writeKeyboardOutput,
            Command.writeMouseOutput, Command.writeMouse:
            state.pendingCommand = command
        case Command.disableMouse: state.commandByte |= CommandByte.mouseDisabled
        case Command.enableMouse: state.commandByte &= ~CommandByte.mouseDisabled
        case Command.testMouse, Command.testKeyboard, Command.readTestInputs: reply(0x00)
        case Command.selfTest:
            state.commandByte |= CommandByte.systemFlag
            reply(0x55)
        case Command.disableKeyboard: state.commandByte |= CommandByte.keyboardDisabled
        case Command.enableKeyboard: state.commandByte &= ~CommandByte.keyboardDisabled
        case Command.readInputPort: reply(0x80)
        case Command.readOutputPort: reply(state.outputPort | outputBufferBits)
        case Command.disableAddressLine20: state.outputPort &= ~OutputPort.addressLine20
        case Command.enableAddressLine20: state.outputPort |= OutputPort.addressLine20
        case Command.pulse where command & OutputPort.notReset == 0: resources.control.request(.reset)
        default: break
        }
    }

    private var outputBufferBits: UInt8 {
        guard state.outputIsFull else { return 0 }
        return state.outputIsAuxiliary ? OutputPort.mouseFull : OutputPort.keyboardFull
    }

    private func reply(_ byte: UInt8, isAuxiliary: Bool = false) {
        guard state.replies.count < Self.replyCapacity else { return }
        state.replies.append(Reply(byte: byte, isAuxiliary: isAuxiliary))
    }

    /// A write to the data port: the argument of a command, or a byte for the keyboard.
    func writeData(_ byte: UInt8) {
        state.lastWriteWasCommand = false
        let command = state.pendingCommand
        state.pendingCommand = 0
        switch command {
        case Command.writeCommandByte: state.commandByte = byte
        case Command.writeOutputPort: writeOutputPort(byte)
        case Command.writeKeyboardOutput: reply(byte)
        case Command.writeMouseOutput: reply(byte, isAuxiliary: true)
        case Command.writeMouse:
            // Sending to a device enables its line.
            state.commandByte &= ~CommandByte.mouseDisabled
            state.mouse.receive(byte)
        default:
            state.commandByte &= ~CommandByte.keyboardDisabled
            state.keyboard.receive(byte)
        }
        update()
    }

    private func writeOutputPort(_ value: UInt8) {
        state.outputPort = (value | OutputPort.notReset) & ~OutputPort.bufferBits
        if value & OutputPort.notReset == 0 { resources.control.request(.reset) }
    }
}

/// One of the two ports, which are not next to each other.
final class KeyboardControllerPort: Device {
    private unowned let owner: KeyboardController
    private let isData: Bool

    init(owner: KeyboardController, isData: Bool) {
        self.owner = owner
        self.isData = isData
    }

    func read(at offset: UInt64, width: AccessWidth) -> UInt64 {
        guard offset == 0, width == .byte else { return 0 }
        return UInt64(isData ? owner.readData() : owner.readStatus())
    }

    func write(_ value: UInt64, at offset: UInt64, width: AccessWidth) {
        guard offset == 0, width == .byte else { return }
        let byte = UInt8(truncatingIfNeeded: value)
        if isData { owner.writeData(byte) } else { owner.writeCommand(byte) }
    }

    /// Nothing to do: the registers are the owner's.
    func reset() {}
}

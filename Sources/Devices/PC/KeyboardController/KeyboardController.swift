// The keyboard controller of the PC: two serial ports for keyboard and mouse, and some wires.
import MachineCore

/// An 8042 as the PC/AT and the PS/2 have it, with a keyboard and a mouse plugged in.
///
/// The lines between controller and devices have no speed: a byte is where it goes in the moment in which it
/// is sent, and the next one is in the output buffer as soon as the guest has read the one before.
///
/// Source: IBM Personal System/2 Hardware Interface Technical Reference, "Keyboard and Auxiliary Device
/// Controller"; titles in comments of this folder are of that section.
public final class KeyboardController: Snapshotting {
    /// Data, both directions.
    public static let dataPort: UInt64 = 0x60
    /// Status when read, commands when written.
    public static let commandPort: UInt64 = 0x64
    /// The most key events that wait to be typed.
    public static let typingCapacity = 1 << 14
    /// Between two events of typed text, in virtual nanoseconds: guests that poll must see each.
    public static let typingInterval: UInt64 = 8_000_000

    /// The live things that the controller works with.
    public struct Resources {
        /// Virtual time.
        public let context: DeviceContext
        /// Interrupt 1.
        public let keyboardInterrupt: InterruptLine
        /// Interrupt 12.
        public let mouseInterrupt: InterruptLine
        /// The A20 gate.
        public let addressLine20: InterruptLine
        /// Takes the guest's wish for a reset. Held strongly: give it a small object of the machine.
        public let control: any MachineControl

        /// Connects a controller.
        public init(
            context: DeviceContext, keyboardInterrupt: InterruptLine, mouseInterrupt: InterruptLine,
            addressLine20: InterruptLine, control: any MachineControl
        ) {
            self.context = context
            self.keyboardInterrupt = keyboardInterrupt
            self.mouseInterrupt = mouseInterrupt
            self.addressLine20 = addressLine20
            self.control = control
        }
    }

    public static let stateVersion: StateVersion = 1
    public internal(set) var state: State
    let resources: Resources
    private var timer: VirtualTimer?

    public init(_ resources: Resources, restoring state: State) throws(StateError) {
        try state.validate()
        self.resources = resources
        self.state = state
        timer = resources.context.timers.makeTimer { [unowned self] in typeNext() }
        update()
    }

    /// Power-on of the controller and both devices; text that is being typed is forgotten.
    public func reset() {
        state = State()
        update()
    }

    /// The device at `dataPort`.
    public func makeDataPort() -> any Device { KeyboardControllerPort(owner: self, isData: true) }
    /// The device at `commandPort`.
    public func makeCommandPort() -> any Device { KeyboardControllerPort(owner: self, isData: false) }

    /// Fills the output buffer, drives all wires, and sees to the timer. After everything that happens.
    func update() {
        fillOutputBuffer()
        let mode = state.commandByte
        let fromMouse = state.outputIsFull && state.outputIsAuxiliary
        let fromKeyboard = state.outputIsFull && !state.outputIsAuxiliary
        resources.keyboardInterrupt.set(fromKeyboard && mode & CommandByte.keyboardInterrupt != 0)
        resources.mouseInterrupt.set(fromMouse && mode & CommandByte.mouseInterrupt != 0)
        resources.addressLine20.set(state.outputPort & OutputPort.addressLine20 != 0)
        let isRead = !state.outputIsFull && !state.keyboard.hasByte
        if !state.typing.isEmpty, isRead, state.keyboard.isScanning {
            timer?.arm(at: state.nextTyping)
        } else {
            timer?.disarm()
        }
    }

    /// The controller's own answers come first, then the keyboard, then the mouse.
    private func fillOutputBuffer() {
        while !state.outputIsFull {
            if !state.replies.isEmpty {
                let reply = state.replies.removeFirst()
                put(reply.byte, isAuxiliary: reply.isAuxiliary)
            } else if state.commandByte & CommandByte.keyboardDisabled == 0,
                let byte = state.keyboard.takeByte()
            {
                if let code = translated(byte) { put(code, isAuxiliary: false) }
            } else if state.commandByte & CommandByte.mouseDisabled == 0, let byte = state.mouse.takeByte() {
                put(byte, isAuxiliary: true)
            } else {
                return
            }
        }
    }

    private func translated(_ byte: UInt8) -> UInt8? {
        guard state.commandByte & CommandByte.translate != 0 else { return byte }
        return state.translator.translate(byte)
    }

    private func put(_ byte: UInt8, isAuxiliary: Bool) {
        state.output = byte
        state.outputIsFull = true
        state.outputIsAuxiliary = isAuxiliary
    }
}

// MARK: Input from outside the machine

extension KeyboardController {
    /// A key goes down or up now.
    public func send(_ event: KeyEvent) {
        state.keyboard.report(event)
        update()
    }

    /// Key events that follow each other at the pace of a fast typist, each when the guest has taken the one
    /// before.
    /// - Returns: how many were accepted, from the front; others find no room.
    @discardableResult
    public func type(_ events: [KeyEvent]) -> Int {
        let accepted = min(events.count, Self.typingCapacity - state.typing.count)
        if state.typing.isEmpty { state.nextTyping = resources.context.clock.now }
        state.typing += events.prefix(accepted)
        update()
        return accepted
    }

    /// Types text on a US keyboard.
    /// - Returns: how many key events were accepted; fewer than all when too many wait.
    /// - Throws: `UntypableCharacter`, and nothing is typed.
    @discardableResult
    public func type(_ text: String) throws(UntypableCharacter) -> Int {
        type(try KeyboardLayout.events(typing: text))
    }

    /// The mouse moves by so many counts to the right and down, its wheel by so many notches towards the
    /// user.
    public func moveMouse(right: Int32, down: Int32, wheel: Int32 = 0) {
        state.mouse.move(right: right, down: down, wheel: wheel)
        update()
    }

    /// These mouse buttons are down now: left is bit 0, right bit 1, middle bit 2, side buttons bits 3 and 4.
    public func setMouseButtons(_ buttons: UInt8) {
        state.mouse.setButtons(buttons)
        update()
    }

    /// What the keyboard's lights show: bit 0 is Scroll Lock, bit 1 Num Lock, bit 2 Caps Lock.
    public var indicators: UInt8 { state.keyboard.indicators }

    private func typeNext() {
        guard !state.typing.isEmpty else { return }
        state.keyboard.report(state.typing.removeFirst())
        state.nextTyping = resources.context.clock.now &+ Self.typingInterval
        update()
    }
}

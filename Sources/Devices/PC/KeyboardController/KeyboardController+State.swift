// What a guest can see of the keyboard controller and its devices, and which of it can be true.
import MachineCore

extension KeyboardController {
    /// An answer of the controller itself.
    public struct Reply: Codable, Equatable, Sendable {
        /// The byte.
        public var byte: UInt8
        /// It looks as if it came from the mouse.
        public var isAuxiliary: Bool
    }

    /// All registers, both devices, and what waits to be typed.
    public struct State: Codable, Equatable, Sendable {
        /// The command byte. After power-on as firmware sets it: both interrupts, translation to set 1.
        public var commandByte: UInt8 = 0x47
        /// The output port, without the bits that show the output buffer.
        public var outputPort: UInt8 = 0xcf
        /// The output buffer.
        public var output: UInt8 = 0
        /// There is a byte in the output buffer.
        public var outputIsFull = false
        /// It comes from the mouse.
        public var outputIsAuxiliary = false
        /// The last write went to the command port.
        public var lastWriteWasCommand = false
        /// The command whose argument comes through the data port; 0 for none.
        public var pendingCommand: UInt8 = 0
        /// Answers that wait for the output buffer.
        public var replies: [Reply] = []
        /// The way from set 2 to set 1.
        var translator = ScanCodeTranslator()
        /// The keyboard.
        public internal(set) var keyboard = PS2Keyboard()
        /// The mouse.
        public internal(set) var mouse = PS2Mouse()
        /// Key events that wait to be typed.
        public internal(set) var typing: [KeyEvent] = []
        /// When the next of them is due, in virtual nanoseconds.
        public var nextTyping: UInt64 = 0

        /// The state after power-on.
        public init() {}

        func validate() throws(StateError) {
            guard outputPort & OutputPort.bufferBits == 0, replies.count <= KeyboardController.replyCapacity,
                typing.count <= KeyboardController.typingCapacity
            else {
                throw StateError(part: "the keyboard controller", reason: "a register or queue is impossible")
            }
            guard keyboard.isPossible, mouse.isPossible else {
                throw StateError(
                    part: "the keyboard controller", reason: "its keyboard or mouse is impossible")
            }
        }
    }

    /// The most answers of the controller that wait; more are lost, as in a buffer that is written twice.
    static let replyCapacity = 16

    /// Bits of the command byte (title "Controller Command Byte").
    enum CommandByte {
        static let keyboardInterrupt: UInt8 = 1 << 0
        static let mouseInterrupt: UInt8 = 1 << 1
        static let systemFlag: UInt8 = 1 << 2
        static let keyboardDisabled: UInt8 = 1 << 4
        static let mouseDisabled: UInt8 = 1 << 5
        static let translate: UInt8 = 1 << 6
    }

    /// Bits of the output port (title "Output Port Definitions").
    enum OutputPort {
        /// Low resets the CPU.
        static let notReset: UInt8 = 1 << 0
        static let addressLine20: UInt8 = 1 << 1
        static let keyboardFull: UInt8 = 1 << 4
        static let mouseFull: UInt8 = 1 << 5
        static let bufferBits = keyboardFull | mouseFull
    }
}

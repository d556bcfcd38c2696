// What a PC is given by the machine around it.
import Devices
import MachineCore

/// What a PC is made of and connected to: what every board is, and what a PC has beside that.
@dynamicMemberLookup
public struct PCResources {
    public var board: BoardResources
    /// What is plugged into the SATA controller's ports 0 and on, six at most. Without any the board has no such
    /// controller.
    public var drives: [AHCIController.Attachment] = []
    /// The display adapter, if the board has one.
    public var display: Display?
    public var firmware = FirmwareSettings()
    public var identity = MachineIdentity()
    /// Takes what firmware writes for its developers; nil where nobody reads it, which makes firmware faster.
    public var firmwareLog: ((UInt8) -> Void)?

    /// A display adapter's memory and firmware.
    public struct Display {
        /// See `VGA.Resources.videoMemory`.
        public var videoMemory: GuestMemory
        /// The video BIOS, without which firmware and boot loaders do not use the display.
        public var videoBIOS: BootFile?

        /// A display adapter.
        public init(videoMemory: GuestMemory, videoBIOS: BootFile?) {
            self.videoMemory = videoMemory
            self.videoBIOS = videoBIOS
        }
    }

    /// A PC with what every board has.
    public init(_ board: BoardResources) {
        self.board = board
    }

    /// What every board has, without a word more.
    public subscript<Value>(dynamicMember path: KeyPath<BoardResources, Value>) -> Value { board[keyPath: path] }
}

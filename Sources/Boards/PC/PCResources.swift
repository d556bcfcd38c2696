// What a PC is given by the machine around it.
import Devices
import MachineCore

/// What a PC is made of and connected to: what every board is, and what a PC has beside that.
@dynamicMemberLookup
public struct PCResources {
    private let board: BoardResources
    /// The virtio disks, in the order in which the guest finds them.
    let disks: [BoardDisk]
    /// What is plugged into the SATA controller's ports 0 and on. Without any the board has no such controller.
    let drives: [AHCIController.Attachment]
    /// The video BIOS, without which firmware and boot loaders do not use the display.
    public var videoBIOS: BootFile?
    public var firmware = FirmwareSettings()
    public var identity = MachineIdentity()
    /// Takes what firmware writes for its developers; nil where nobody reads it, which makes firmware faster.
    public var firmwareLog: ((UInt8) -> Void)?

    /// A PC with what every board has.
    /// - Throws: `BootError` for disks that can not be connected.
    public init(_ board: BoardResources) throws(BootError) {
        self.board = board
        disks = board.disks.filter { $0.connection == .virtio }
        var drives: [AHCIController.Attachment] = []
        for disk in board.disks {
            if let drive = try Self.drive(disk) { drives.append(drive) }
        }
        self.drives = drives
    }

    /// What every board has, without a word more.
    public subscript<Value>(dynamicMember path: KeyPath<BoardResources, Value>) -> Value { board[keyPath: path] }

    /// The size of RAM in bytes, without the display adapter's part.
    var ramByteCount: UInt64 { board.context.memory.byteCount - board.videoMemoryByteCount }

    /// The display adapter's memory, if there is one.
    var videoMemory: VideoMemory? {
        guard board.videoMemoryByteCount > 0 else { return nil }
        return VideoMemory(lastBytes: board.videoMemoryByteCount, of: board.context.memory)
    }

    private static func drive(_ disk: BoardDisk) throws(BootError) -> AHCIController.Attachment? {
        let model = disk.connection == .optical ? "Starling optical drive" : "Starling disk"
        guard let identity = DriveIdentity(model: model, serial: disk.serial.text) else {
            throw BootError("a drive can not have the serial '\(disk.serial.text)'")
        }
        switch disk.connection {
        case .virtio: return nil
        case .sata: return .disk(disk.backend, identity)
        case .optical: return .optical(disk.backend, identity, didEject: nil)
        }
    }
}

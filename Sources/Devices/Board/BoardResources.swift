// What a board is given by the machine around it.
import MachineCore

/// What a board is made of and connected to.
public struct BoardResources {
    public var context: DeviceContext
    /// As many as the board can have.
    public var cpuCount: Int
    /// In the order in which the guest finds them.
    public var disks: [BoardDisk]
    /// The serial line.
    public var console: CharacterPort
    /// The virtio console, if the board has one.
    public var virtioConsole: CharacterPort?
    public var entropy: any EntropySource
    public var control: any MachineControl
    public var program: BootProgram
    /// How many of the last bytes of memory are the display adapter's; 0 for none.
    public var videoMemoryByteCount: UInt64 = 0
    /// The lock of a machine whose CPUs run on threads of their own; nil where they take turns on one.
    public var lock: MachineLock?

    /// Collects the resources of a board.
    public init(
        context: DeviceContext, cpuCount: Int, disks: [BoardDisk], console: CharacterPort,
        virtioConsole: CharacterPort?, entropy: any EntropySource, control: any MachineControl,
        program: BootProgram, lock: MachineLock? = nil
    ) {
        self.context = context
        self.cpuCount = cpuCount
        self.disks = disks
        self.console = console
        self.virtioConsole = virtioConsole
        self.entropy = entropy
        self.control = control
        self.program = program
        self.lock = lock
    }
}

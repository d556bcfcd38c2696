// What a board runs after power-on.
import MachineCore

/// A Linux kernel with what it is given.
public struct LinuxProgram: Sendable {
    /// An uncompressed riscv64 `Image`.
    public var kernel: BootFile
    public var initialRAMDisk: BootFile?
    public var commandLine: String
    /// Used instead of the device tree that the board makes of itself.
    public var deviceTree: BootFile?

    /// A kernel to boot.
    public init(
        kernel: BootFile, initialRAMDisk: BootFile? = nil, commandLine: String = "", deviceTree: BootFile? = nil
    ) {
        self.kernel = kernel
        self.initialRAMDisk = initialRAMDisk
        self.commandLine = commandLine
        self.deviceTree = deviceTree
    }
}

/// What a board runs after power-on.
public enum BootProgram: Sendable {
    /// A kernel started in supervisor mode; the machine itself is its SBI implementation.
    case linux(LinuxProgram)
    /// Machine-mode firmware (an ELF file or a flat binary), which may start a kernel.
    case firmware(BootFile, payload: LinuxProgram?)
    /// An ELF program started in machine mode, which ends the machine through `tohost`.
    case bare(BootFile)

    /// Calls from supervisor mode are served by the machine: there is no firmware below it.
    var servesSupervisorCalls: Bool {
        if case .linux = self { return true }
        return false
    }
}

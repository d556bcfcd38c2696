// What a board runs after power-on.

/// A Linux kernel with what it is given.
public struct LinuxProgram: Sendable {
    /// In the form that the board's kernels have: an uncompressed `Image` for riscv64, a `bzImage` for a PC.
    public var kernel: BootFile
    public var initialRAMDisk: BootFile?
    public var commandLine: String
    /// Used instead of the device tree that the board makes of itself, where kernels are given one.
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
    /// A kernel that the machine itself loads, in the place of firmware.
    case linux(LinuxProgram)
    /// Firmware (on RISC-V an ELF file or a flat binary), which may start a kernel.
    case firmware(BootFile, payload: LinuxProgram?)
    /// A program that needs no operating system, and ends the machine itself.
    case bare(BootFile)
}

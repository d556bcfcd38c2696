// What is run: a kernel, an initramfs, and the same programs for the host.

/// Paths of everything that the machines need.
struct Guest {
    /// A riscv64 Linux Image.
    let kernel: String
    let initrd: String
    /// The root folder of the programs for the host; launchers are in `bin` beside it.
    let nativeRoot: String
}

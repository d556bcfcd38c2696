// The kernel command line's limits.

/// What fits on a riscv64 Linux kernel's command line.
public enum KernelCommandLine {
    /// In bytes, without the terminating zero: COMMAND_LINE_SIZE of arch/riscv/include/uapi/asm/setup.h
    /// is 1024, and the kernel silently cuts off what is longer.
    public static let maximumByteCount = 1023

    /// Why the kernel would not get `text` as it is, or nil.
    public static func problem(with text: String) -> String? {
        if !SpecText.isPrintable(text) { return "a kernel command line is one line without control characters" }
        let count = text.utf8.count
        if count <= maximumByteCount { return nil }
        return "the kernel command line has \(count) bytes, but the kernel takes \(maximumByteCount): shorten it"
    }
}

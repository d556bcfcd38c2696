// The instruction sets that an ELF file may be for, by number and by name.

/// Numbers of `e_machine` (System V ABI, "ELF header", and the processor supplements), and their names.
public enum ELFMachine {
    /// `EM_RISCV` (RISC-V ELF psABI, "File Header").
    public static let riscv: UInt16 = 243
    /// `EM_X86_64`.
    public static let x86_64: UInt16 = 62
    /// `EM_AARCH64`.
    public static let aarch64: UInt16 = 183
    /// `EM_386`.
    public static let i386: UInt16 = 3

    /// What people call the machine, such as `riscv64`.
    ///
    /// - Parameter is64Bit: the class of the file, which is all that tells riscv64 from riscv32.
    public static func name(_ machine: UInt16, is64Bit: Bool) -> String {
        switch machine {
        case riscv: is64Bit ? "riscv64" : "riscv32"
        case x86_64: is64Bit ? "x86-64" : "x86-64 (x32)"
        case aarch64: "arm64"
        case i386: "i386"
        case 2, 18, 43: "sparc"
        case 4: "m68k"
        case 8: is64Bit ? "mips64" : "mips"
        case 20: "powerpc"
        case 21: "powerpc64"
        case 22: "s390x"
        case 40: "arm"
        case 42: "sh"
        case 50: "ia64"
        case 247: "bpf"
        case 258: is64Bit ? "loongarch64" : "loongarch32"
        default: "machine number \(machine)"
        }
    }
}

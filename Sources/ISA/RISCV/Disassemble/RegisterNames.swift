// The names of registers in assembly language.

/// Register names (Unprivileged ISA, chapter "RISC-V Assembly Programmer's Handbook"; Privileged ISA,
/// chapter "CSRs").
enum RegisterNames {
    /// ABI names of x0 to x31.
    static let integer: [String] =
        ["zero", "ra", "sp", "gp", "tp"] + numbered("t", 0...2) + numbered("s", 0...1)
        + numbered("a", 0...7) + numbered("s", 2...11) + numbered("t", 3...6)

    /// ABI names of f0 to f31.
    static let float: [String] =
        numbered("ft", 0...7) + numbered("fs", 0...1) + numbered("fa", 0...7) + numbered("fs", 2...11)
        + numbered("ft", 8...11)

    private static func numbered(_ prefix: String, _ numbers: ClosedRange<Int>) -> [String] {
        numbers.map { prefix + String($0) }
    }

    /// The name of control register `number`, or the number itself when this machine knows no such
    /// register.
    static func control(_ number: UInt16) -> String {
        if let csr = CSR(rawValue: number) { return String(describing: csr) }
        for (prefix, first, numbers) in controlFamilies where numbers.contains(number) {
            return prefix + String(number - numbers.lowerBound + first)
        }
        return "0x" + String(number, radix: 16)
    }

    /// Registers that are named by a prefix and a number, with the number of the first.
    private static let controlFamilies: [(prefix: String, first: UInt16, numbers: ClosedRange<UInt16>)] = [
        ("pmpcfg", 0, CSR.pmpConfigurations),
        ("pmpaddr", 0, CSR.pmpAddresses),
        ("hpmcounter", 3, CSR.userCounters),
        ("mhpmcounter", 3, CSR.machineCounters),
        ("mhpmevent", 3, CSR.machineEvents),
    ]
}

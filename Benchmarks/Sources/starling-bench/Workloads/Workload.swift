// One program that is measured.

/// What a workload spends its time with; each class has its own geometric mean.
enum WorkloadClass: String, CaseIterable, Codable {
    case integer
    case floatingPoint = "floating point"
    case system
}

/// A program and how much of it to run.
struct Workload {
    /// Letters, digits and `-`: it travels in the kernel command line.
    let name: String
    let kind: WorkloadClass
    /// The parameter `$N` of a full run: one to four seconds under QEMU.
    let full: Int
    /// The parameter of a quick run, half a second under QEMU; nil leaves the workload out of it.
    let quick: Int?
    /// A line for the guest's `sh`, with the functions of `Guest/workload-helpers.sh`. What it prints
    /// must be the same on every machine.
    let command: String
    /// Whether the host's own processor must print the same. Not so where the compiler may contract
    /// `a * b + c` to one rounding, which riscv64 has and plain x86-64 has not.
    let sameOnHost: Bool

    init(
        _ name: String, _ kind: WorkloadClass, full: Int, quick: Int? = nil, sameOnHost: Bool = true,
        _ command: String
    ) {
        self.name = name
        self.kind = kind
        self.full = full
        self.quick = quick
        self.sameOnHost = sameOnHost
        self.command = command
    }
}

/// A workload with its parameter, as the guest is asked for it.
struct WorkItem: Equatable {
    let name: String
    let amount: Int

    /// `name:amount`
    var word: String { "\(name):\(amount)" }
}

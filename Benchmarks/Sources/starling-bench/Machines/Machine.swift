// The machines that are compared: each is a command line that runs a list of workloads.

/// Who runs the workloads.
enum MachineKind: String, CaseIterable, Codable {
    case starling, qemu, native
}

/// A way to run workloads, and how much memory its guest has.
struct Machine {
    let kind: MachineKind
    /// The command that runs these items and ends.
    let command: (_ items: [WorkItem], _ harts: Int) -> [String]
    /// nil for the native host, which does not boot.
    let guestMemoryBytes: Int?

    /// One line of the kernel's command line, the same for both emulators.
    private static func kernelCommandLine(_ items: [WorkItem]) -> String {
        "console=ttyS0 quiet bench.run=" + items.map(\.word).joined(separator: ",")
    }

    static func starling(_ program: String, options: Options, guest: Guest) -> Machine {
        let engine = options.engine.map { ["--engine", $0] } ?? []
        return Machine(
            kind: .starling,
            command: { items, harts in
                [
                    program, "run", "--kernel", guest.kernel, "--initrd", guest.initrd, "--cpus", "\(harts)",
                    "--memory", "\(options.memory)MiB", "--append", kernelCommandLine(items),
                ] + engine
            }, guestMemoryBytes: options.memory << 20)
    }

    static func qemu(options: Options, guest: Guest) -> Machine {
        Machine(
            kind: .qemu,
            command: { items, harts in
                [
                    options.qemu, "-M", "virt", "-cpu", "rv64,zba=true,zbb=true,zbs=true", "-smp", "\(harts)",
                    "-m", "\(options.memory)", "-nographic", "-no-reboot", "-accel", "tcg,thread=multi",
                    "-kernel", guest.kernel, "-initrd", guest.initrd, "-append", kernelCommandLine(items),
                ]
            }, guestMemoryBytes: options.memory << 20)
    }

    /// The same programs, built for the host, with the same script, in an empty folder in memory.
    static func native(guest: Guest) -> Machine {
        let start = """
            rm -rf /dev/shm/starling-bench.* 2>/dev/null
            folder=$(mktemp -d -p /dev/shm starling-bench.XXXXXX) && cd "$folder" || exit 1
            trap 'rm -rf "$folder"' EXIT
            root=$1; shift
            PATH=$root/../bin:$PATH dash "$root/bench/run-workloads.sh" "$root" "$@"
            """
        return Machine(
            kind: .native,
            command: { items, _ in ["sh", "-c", start, "sh", guest.nativeRoot] + items.map(\.word) },
            guestMemoryBytes: nil)
    }
}

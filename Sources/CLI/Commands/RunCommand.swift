// `starling run`.
import ArgumentParser
import GuestImages
import HostOS
import Machine

struct RunCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "run",
        abstract: "Run a machine in this terminal.",
        discussion: """
            NAME is a machine (see `starling ls`, or a path of a .starling folder), or else an image (see
            `starling image ls`). An image runs in a throw-away machine: its disk is a temporary copy.
            On a terminal, Ctrl-A x stops the machine and leaves; Ctrl-A h shows all keys.

            EXAMPLES:
              starling run debian-trixie-riscv64
              starling run debian-trixie-riscv64 --cpus 4 --memory 2GiB
              starling run debian-trixie-riscv64 -- 'uname -a; exit 7'; echo $?
              starling run debian-trixie-riscv64 --keep web     # make the machine `web` and run it
              starling run web
              starling run --kernel Image --initrd initrd --append 'console=ttyS0' --disk root.raw
              starling run --firmware fw_dynamic.elf --kernel Image --append 'console=ttyS0'
              starling run --disk whole.raw --cdrom install.iso  # a PC, which boots them as its BIOS does
              starling run --bare prog.elf --signature prog.signature --max-instructions 10000000

            \(ExitStatus.table)
            """)

    @Argument(help: ArgumentHelp("A machine or an image.", valueName: "name"))
    var name: String?

    @Argument(
        parsing: .postTerminator,
        help: ArgumentHelp(
            "A command that the image's guest runs instead of a shell; its exit status is the machine's.",
            valueName: "command"))
    var command: [String] = []

    @OptionGroup(title: "Hardware") var hardware: HardwareOptions
    @OptionGroup(title: "Boot files, instead of a name") var boot: BootOptions

    @Option(help: ArgumentHelp("Make the machine NAME of the image, and run that.", valueName: "name"))
    var keep: String?

    @Option(
        help: ArgumentHelp(
            "With --bare: write the memory between begin_signature and end_signature, one 32-bit word a line.",
            valueName: "file"))
    var signature: String?

    @Option(help: ArgumentHelp("End after this many instructions, with status 124.", valueName: "count"))
    var maxInstructions: UInt64?

    @Flag(help: "At the end, say how many instructions were executed, and how fast.")
    var stats = false

    @Flag(help: "At the end, say the hash of the machine's state.")
    var stateHash = false

    @Flag(help: "Say --stats and --state-hash as one line of JSON.")
    var json = false

    /// Done here and not in `validate`, which comes before unknown options are noticed.
    private func checkCombination() throws {
        if signature != nil && boot.bare == nil { throw ValidationError("--signature needs --bare") }
        if json && !stats && !stateHash { throw ValidationError("--json needs --stats or --state-hash") }
        if maxInstructions == 0 { throw ValidationError("--max-instructions is at least 1") }
        let isNamed = name != nil
        let hasFiles = try boot.describeMachine(hasMedia: !isNamed && hardware.hasMedia)
        if isNamed && hasFiles { throw ValidationError("give a name or boot files, not both") }
        if !isNamed && !hasFiles {
            throw ValidationError(
                "say what to run: a machine, an image, --kernel, --firmware or --bare, or a --disk or --cdrom to boot")
        }
        if !isNamed && keep != nil { throw ValidationError("--keep needs an image; for files: starling create") }
        if !isNamed && !command.isEmpty { throw ValidationError("a command after -- needs an image") }
    }

    func run() throws {
        try checkCombination()
        let interruption = try Interruption()
        let session = try Launch(self, home: try MachineHome(), interruption).start()
        let outcome = try session.run(instructionLimit: maxInstructions, readsInput: true)
        let status = session.status(of: outcome)
        if let signature, case .poweredOff = outcome {
            try Signature.write(try session.machine.signature(), to: signature)
        }
        try RunReport(session, stats: stats, stateHash: stateHash).write(json: json)
        throw ExitCode(status)
    }
}

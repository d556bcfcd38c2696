// Options for what a machine starts with, where it is not an image.
import ArgumentParser
import HostOS
import Machine

/// A kernel, firmware or a bare program.
struct BootOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "A Linux kernel: an uncompressed riscv64 Image, or an x86-64 bzImage (vmlinuz).", valueName: "file"))
    var kernel: String?

    @Option(help: ArgumentHelp("The kernel's initial RAM disk.", valueName: "file"))
    var initrd: String?

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("The kernel's command line; with an image, words added to the image's.", valueName: "words"))
    var append: String?

    @Option(help: ArgumentHelp("A device tree to use instead of the board's own.", valueName: "file"))
    var dtb: String?

    @Option(
        help: ArgumentHelp(
            "Machine-mode firmware (ELF or flat), for instance OpenSBI; it starts --kernel, if given.",
            valueName: "file"))
    var firmware: String?

    @Option(help: ArgumentHelp("An ELF program to start in machine mode, with nothing below it.", valueName: "file"))
    var bare: String?

    @Option(
        help: ArgumentHelp("A PC's BIOS, instead of SeaBIOS; it boots --disk or --cdrom.", valueName: "file"))
    var bios: String?

    /// The options describe a machine by themselves.
    /// - Parameter hasMedia: there is a disk that a PC can boot.
    /// - Throws: when options do not go together.
    func describeMachine(hasMedia: Bool) throws -> Bool {
        let hasFiles = try boot() != nil
        if hasFiles && bios != nil { throw ValidationError("--bios boots disks: leave out the other boot files") }
        return hasFiles || hasMedia || bios != nil
    }

    /// The machine that the options describe by themselves; nil when there is nothing to start.
    /// - Throws: as `describeMachine`, and when a file can not be read.
    func machine(hasMedia: Bool) throws -> MachineSpec? {
        guard try describeMachine(hasMedia: hasMedia) else { return nil }
        if let boot = try boot() { return try MachineSpec(recognizing: boot) }
        var machine = MachineSpec.personalComputer()
        if let bios { machine.boot = .firmware(Folder.absolute(bios)) }
        return machine
    }

    /// What the options describe by themselves; nil when there is nothing to start.
    /// - Throws: when options do not go together.
    private func boot() throws -> MachineSpec.Boot? {
        if let bare {
            try refuse("--bare", others: [
                ("--kernel", kernel), ("--initrd", initrd), ("--append", append), ("--dtb", dtb),
                ("--firmware", firmware),
            ])
            return .bare(Folder.absolute(bare))
        }
        let firmware = firmware.map(Folder.absolute)
        guard let kernel else {
            for (option, value) in [("--initrd", initrd), ("--dtb", dtb)] where value != nil {
                throw ValidationError("\(option) needs --kernel")
            }
            guard let firmware else { return nil }
            guard append == nil else { throw ValidationError("--append needs --kernel") }
            return .firmware(firmware)
        }
        let linux = MachineSpec.Linux(
            .files(kernel: Folder.absolute(kernel), initrd: initrd.map(Folder.absolute)),
            commandLine: append ?? "", deviceTree: dtb.map(Folder.absolute))
        return .linux(linux, firmware: firmware)
    }

    private func refuse(_ option: String, others: [(String, String?)]) throws {
        for (other, value) in others where value != nil {
            throw ValidationError("\(other) does not go with \(option), which runs alone")
        }
    }
}

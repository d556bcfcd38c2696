// `starling create`.
import ArgumentParser
import HostOS
import Machine

struct CreateCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "create",
        abstract: "Make a machine.",
        discussion: """
            The machine is the folder NAME.starling; what it is made of is in the machine.yaml there, which can
            be edited. A machine of an image gets its own copy of the image's disk, which takes space only for
            what differs where the file system can share. NAME with a slash is a path.

            EXAMPLES:
              starling create web --image debian-trixie-riscv64 --memory 1GiB --cpus 2
              starling create data --image debian-trixie-riscv64 --disk /srv/data.raw,serial=DATA1
              starling create mine --kernel Image --initrd initrd --append 'root=/dev/vda' --disk root.raw
              starling create board --firmware fw_payload.elf
              starling create office --disk debian.raw --cdrom debian.iso --memory 1GiB   # a PC that boots them
              starling create ./echo --bare echo.elf

            \(ExitStatus.table)
            """)

    @Argument(help: ArgumentHelp("The name of the machine, or a path.", valueName: "name"))
    var name: String

    @Option(help: ArgumentHelp("The image to make it of.", valueName: "name"))
    var image: String?

    @OptionGroup(title: "Hardware") var hardware: HardwareOptions
    @OptionGroup(title: "Boot files, instead of an image") var boot: BootOptions

    @Flag(help: "Print the new machine's name and path as JSON.")
    var json = false

    private static let unclear = ValidationError(
        "give either --image, or --kernel, --firmware or --bare, or for a PC a --disk or --cdrom that it boots")

    func run() throws {
        let home = try MachineHome()
        let described = image == nil ? try boot.machine(hasMedia: hardware.hasMedia) : nil
        let interruption = try Interruption()
        var machine: NewMachine
        switch (image, described) {
        case (let image?, _):
            guard try !boot.describeMachine(hasMedia: false) else { throw Self.unclear }
            machine = NewMachine(image: try home.images.image(named: image), adding: boot.append)
        case (nil, let described?): machine = NewMachine(spec: described)
        case (nil, nil): throw Self.unclear
        }
        hardware.apply(to: &machine.spec)
        let bundle = try machine.create(name, home: home, interruption)
        if json { return try Output.write(json: ["name": bundle.name, "path": bundle.path]) }
        Output.write("made machine '\(bundle.name)' in \(bundle.path)")
    }
}

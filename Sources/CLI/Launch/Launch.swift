// From the arguments of `run` to a machine that is powered on.
import ArgumentParser
import GuestImages
import HostOS
import Machine

/// What `run` starts.
struct Launch {
    private var spec: MachineSpec
    /// The machine's folder, if it has one.
    private var bundle: MachineBundle?
    /// The image of a throw-away machine.
    private var image: Image?
    private let home: MachineHome
    private let interruption: Interruption

    /// Finds, or with `--keep` makes, what is to be run.
    init(_ command: RunCommand, home: MachineHome, _ interruption: Interruption) throws {
        self.home = home
        self.interruption = interruption
        let hasMedia = command.name == nil && command.hardware.hasMedia
        if let described = try command.boot.machine(hasMedia: hasMedia) {
            spec = described
            command.hardware.apply(to: &spec)
        } else {
            switch try RunTarget.find(command.name ?? "", home: home) {
            case .machine(let bundle): (spec, self.bundle) = try Self.existing(bundle, command, home)
            case .image(let image):
                var machine = NewMachine(image: image, adding: command.boot.append)
                command.hardware.apply(to: &machine.spec)
                spec = machine.spec
                if let keep = command.keep {
                    bundle = try machine.create(keep, home: home, interruption)
                } else {
                    self.image = image
                }
            }
        }
        if !command.command.isEmpty {
            try spec.addKernelWords([GuestCommand.kernelWord(command.command)], images: home.bootImage)
        }
    }

    private static func existing(
        _ bundle: MachineBundle, _ command: RunCommand, _ home: MachineHome
    ) throws -> (MachineSpec, MachineBundle) {
        guard command.keep == nil else {
            throw ValidationError("--keep needs an image, and '\(bundle.name)' is a machine already")
        }
        var spec = try bundle.spec()
        command.hardware.apply(to: &spec)
        if let words = command.boot.append { try spec.addKernelWords([words], images: home.bootImage) }
        return (spec, bundle)
    }

    /// Powers the machine on. The lock is held until the process ends.
    func start() throws -> MachineSession {
        if let bundle {
            let lock = try bundle.lock()
            let configuration = try bundle.configuration(sized(spec), images: home.bootImage)
            return try MachineSession(
                configuration, bundle: bundle, interruption, holding: lock)
        }
        guard let image else {
            let configuration = try sized(spec).configuration(
                in: Folder.absolute("."), name: "machine", images: home.bootImage)
            return try MachineSession(configuration, bundle: nil, interruption)
        }
        return try startThrowAway(of: image)
    }

    private func startThrowAway(of image: Image) throws -> MachineSession {
        let disk = try TemporaryDisk(copying: image.disk.path, home: home, interruption)
        // The machine has the disk open by then, or there is no machine.
        defer { disk.removeName() }
        var spec = sized(spec)
        spec.disks[0].file = disk.path
        let configuration = try spec.configuration(in: home.path, name: image.name, images: home.bootImage)
        return try MachineSession(configuration, bundle: nil, interruption)
    }

    /// Tells the guest of an image how large the terminal is: a serial line has no other way. Not in
    /// deterministic mode, where the size of a window must not make a difference.
    private func sized(_ spec: MachineSpec) -> MachineSpec {
        guard spec.image != nil, spec.clock == .free, StandardStream.input.isTerminal, let size = Terminal.size
        else { return spec }
        var sized = spec
        // A full command line is more important than this.
        try? sized.addKernelWords(["starling.terminal=\(size.rows)x\(size.columns)"], images: home.bootImage)
        return sized
    }
}

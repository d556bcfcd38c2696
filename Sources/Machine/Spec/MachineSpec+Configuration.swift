// From what the user wrote to what the machine is built of.
import HostOS
import MachineCore

/// A guest image as far as booting needs it. Whoever knows the image store makes these.
public struct BootImage: Sendable {
    /// The path of the kernel.
    public var kernel: String
    /// The path of the initial RAM disk.
    public var initrd: String
    /// The kernel command line that the image wants.
    public var commandLine: String

    /// An image.
    public init(kernel: String, initrd: String, commandLine: String) {
        self.kernel = kernel
        self.initrd = initrd
        self.commandLine = commandLine
    }
}

extension MachineSpec {
    /// How long an instruction takes where the clock is deterministic: a CPU of 100 MHz.
    public static let deterministicNanoseconds: UInt64 = 10

    /// The machine that this describes.
    /// - Parameters:
    ///   - folder: what relative paths start from.
    ///   - name: the name for messages where the spec has none.
    ///   - images: finds an image by name, or throws an error that says how to get it.
    /// - Throws: `MissingBootFile`, `MachineError`, or what `images` throws.
    public func configuration(
        in folder: String, name defaultName: String, images: (String) throws -> BootImage
    ) throws -> MachineConfiguration {
        let files = FileFinder(folder: folder)
        var configuration = MachineConfiguration(
            name: name ?? defaultName, program: try program(files, images))
        configuration.board = board
        configuration.cpuCount = cpus
        configuration.memoryByteCount = memory.bytes
        configuration.engine = engine
        configuration.clock = clock == .free
            ? .freeRunning : .deterministic(nanosecondsPerInstruction: Self.deterministicNanoseconds)
        configuration.disks = disks.map {
            var disk = DiskConfiguration(path: files.whole($0.file), readOnly: $0.readOnly, serial: $0.serial)
            disk.connection = $0.connection
            return disk
        }
        if display == .vga { configuration.videoBIOS = try files.bootFile(PCFirmware.videoBIOS, "video BIOS") }
        configuration.identity = identity
        return configuration
    }

    private func program(
        _ files: FileFinder, _ images: (String) throws -> BootImage
    ) throws -> BootProgram {
        switch boot {
        case .bare(let path): return .bare(try files.bootFile(path, "program"))
        case .firmware(let path): return .firmware(try files.bootFile(path, "firmware"), payload: nil)
        case .linux(let linux, let firmware):
            let payload = try linux.program(files, images)
            guard let firmware else { return .linux(payload) }
            return .firmware(try files.bootFile(firmware, "firmware"), payload: payload)
        }
    }
}

extension MachineSpec.Linux {
    fileprivate func program(
        _ files: FileFinder, _ images: (String) throws -> BootImage
    ) throws -> LinuxProgram {
        var program: LinuxProgram
        switch source {
        case .image(let name):
            let image = try images(name)
            program = LinuxProgram(
                kernel: try files.bootFile(image.kernel, "kernel"),
                initialRAMDisk: try files.bootFile(image.initrd, "initial RAM disk"),
                commandLine: commandLine ?? image.commandLine)
        case .files(let kernel, let initrd):
            program = LinuxProgram(
                kernel: try files.bootFile(kernel, "kernel"),
                initialRAMDisk: try initrd.map { try files.bootFile($0, "initial RAM disk") },
                commandLine: commandLine ?? "")
        }
        program.deviceTree = try deviceTree.map { try files.bootFile($0, "device tree") }
        if let problem = KernelCommandLine.problem(with: program.commandLine) { throw MachineError(problem) }
        return program
    }
}

/// Finds a machine's files.
struct FileFinder {
    let folder: String

    /// No file that a machine boots comes near this; a mistyped path may lead to a disk.
    private static let largestFile = 1 << 30

    func whole(_ path: String) -> String { path.hasPrefix("/") ? path : "\(folder)/\(path)" }

    func bootFile(_ path: String, _ role: String) throws(MissingBootFile) -> BootFile {
        let path = whole(path)
        guard Folder.exists(path) else { throw MissingBootFile(role: role, path: path) }
        return BootFile(name: path) {
            do throws(HostError) {
                return try File.contents(of: path, limit: Self.largestFile)
            } catch {
                // The caller's message names the file already.
                throw MachineError(error.reason)
            }
        }
    }
}

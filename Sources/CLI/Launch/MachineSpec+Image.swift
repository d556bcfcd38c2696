// Machines that are made of an image.
import GuestImages
import HostOS
import Machine

extension MachineSpec {
    /// A machine that boots `image` from `disk`.
    /// - Parameter words: more words for the image's kernel command line.
    init(image: Image, disk: String, adding words: String?) {
        let base = image.manifest.kernelCommandLine
        let linux = Linux(.image(image.name), commandLine: words.map { "\(base) \($0)" })
        self.init(boot: .linux(linux, firmware: nil))
        disks = [Disk(file: disk)]
        // What an image of another release may name is refused where the board is looked for.
        board = BoardModel(rawValue: image.manifest.board) ?? .standard
    }

    /// Adds words to the kernel command line, for one run.
    /// - Throws: what `images` throws; `Failure` when the machine boots no image, whose guest would know
    ///   what the words mean, or when they are too long.
    mutating func addKernelWords(_ words: [String], images: (String) throws -> BootImage) throws {
        guard !words.isEmpty else { return }
        guard case .linux(var linux, let firmware) = boot, case .image(let name) = linux.source else {
            throw Failure(
                "only the guest of an image takes a command; this machine boots something else: leave out what "
                    + "follows --", status: ExitStatus.configuration)
        }
        let base = try linux.commandLine ?? images(name).commandLine
        let whole = ([base] + words).joined(separator: " ")
        let excess = whole.utf8.count - KernelCommandLine.maximumByteCount
        guard excess <= 0 else {
            throw Failure(
                "the command is about \((excess * 3 + 3) / 4) bytes too long for the kernel command line, which "
                    + "brings it to the guest: shorten it, or put a script on a disk",
                status: ExitStatus.configuration)
        }
        linux.commandLine = whole
        boot = .linux(linux, firmware: firmware)
    }
}

// Which board a machine needs, by what it boots.
import MachineCore

extension MachineSpec {
    /// A machine that boots `boot`, on the board that its files are for; the standard board where they do not tell.
    /// - Throws: `MissingBootFile`, or `BootError` when a file can not be read.
    public init(recognizing boot: Boot) throws {
        self.init(boot: boot)
        let (path, role): (String, String)
        switch boot {
        case .linux(let linux, _):
            guard case .files(let kernel, _) = linux.source else { return }
            (path, role) = (kernel, "kernel")
        case .firmware(let file): (path, role) = (file, "firmware")
        case .bare(let file): (path, role) = (file, "program")
        }
        board = try BoardModel(recognizing: FileFinder(folder: "").bootFile(path, role)) ?? .standard
    }
}

// Why a `machine.yaml` can not be used.

/// An error in a machine's description, with the place.
public struct MachineSpecError: Error, Equatable, Sendable, CustomStringConvertible {
    /// The file, as messages name it.
    public let path: String
    /// Counted from 1.
    public let line: Int
    /// Counted from 1, in Unicode scalars.
    public let column: Int
    /// The cause and the next step.
    public let message: String

    /// An error at a place.
    public init(path: String, line: Int, column: Int, message: String) {
        self.path = path
        self.line = line
        self.column = column
        self.message = message
    }

    public var description: String { "\(SpecText.singleLine(path)):\(line):\(column): \(message)" }
}

/// A file that a machine boots does not exist.
public struct MissingBootFile: Error, Equatable, Sendable, CustomStringConvertible {
    /// What the file is, for instance `kernel`.
    public let role: String
    /// Where it should be.
    public let path: String

    public var description: String {
        let isDebian = [PCFirmware.bios, PCFirmware.videoBIOS].contains(path)
        return "there is no \(role) at \(path): " + (isDebian ? "install the package seabios" : "check the path")
    }
}

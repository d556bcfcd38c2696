// A command for `monitor`, as its help shows it.

/// A command that `monitor` takes.
public struct MonitorCommand: Equatable, Sendable {
    /// The command with its operands, for example `phys ADDRESS [COUNT]`.
    public var usage: String
    /// What it does, in one line.
    public var summary: String

    /// A command and what it does.
    public init(_ usage: String, _ summary: String) {
        self.usage = usage
        self.summary = summary
    }
}

// A CPU, as debuggers see it.

/// A CPU of the machine. Debuggers call them threads.
public struct DebugThread: Equatable, Sendable {
    /// Its number, from 1 up; the same as long as a session lasts.
    public var number: Int
    /// What `info threads` calls it, for example `hart 0`.
    public var name: String
    /// What it is doing, for example `waiting for an interrupt`.
    public var detail: String

    /// A CPU with its number from 1 up, its name and what it is doing.
    public init(number: Int, name: String, detail: String = "") {
        self.number = number
        self.name = name
        self.detail = detail
    }
}

// The CPUs that a packet means.

/// A thread identifier of the protocol (GDB manual, "Packets": thread-id), without processes.
enum ThreadSelection: Equatable {
    case all
    /// Whichever suits.
    case any
    case one(Int)
}

extension PacketCursor {
    /// Takes `-1` for all, `0` for any, or the number of a CPU.
    mutating func thread() throws(Refusal) -> ThreadSelection {
        if skip("-1") { return .all }
        let number = try count()
        return number == 0 ? .any : .one(number)
    }
}

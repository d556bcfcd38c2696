// Refusing machines that can not be, when they are configured and not when they run.

extension MachineConfiguration {
    /// The smallest and largest memory of a machine, in bytes.
    public static let memoryRange: ClosedRange<UInt64> = (1 << 20)...(1 << 40)
    /// Disks that find room on the PCI bus.
    public static let maximumDiskCount = 16

    /// - Throws: `MachineError` for the first thing that is out of range.
    func check() throws(MachineError) {
        let counts = board.cpuCounts
        guard counts.contains(cpuCount) else {
            throw MachineError("a machine has \(counts.lowerBound) to \(counts.upperBound) CPUs, not \(cpuCount)")
        }
        guard Self.memoryRange.contains(memoryByteCount), memoryByteCount % 4096 == 0 else {
            throw MachineError(
                "a machine's memory is 1 MiB to 1 TiB and a multiple of 4 KiB, not \(memoryByteCount) bytes")
        }
        guard board.memoryRange.contains(memoryByteCount) else {
            throw MachineError(
                "a machine with the board '\(board.rawValue)' has at most \(board.memoryRange.upperBound >> 20) MiB of "
                    + "memory, not \(memoryByteCount >> 20): give it less")
        }
        guard disks.count <= Self.maximumDiskCount else {
            throw MachineError("a machine has at most \(Self.maximumDiskCount) disks, not \(disks.count)")
        }
        for disk in disks where !board.diskConnections.contains(disk.connection) {
            throw MachineError(
                "the board '\(board.rawValue)' has no \(disk.connection.rawValue) connection for \(disk.path): choose "
                    + board.diskConnections.map(\.rawValue).joined(separator: " or "))
        }
        guard videoBIOS == nil || board.hasDisplay else {
            throw MachineError("the board '\(board.rawValue)' has no display: set display to none")
        }
        if let problem = identity.problem { throw MachineError(problem) }
        if case .deterministic(let nanoseconds) = clock, !(1...1000).contains(nanoseconds) {
            throw MachineError("an instruction takes 1 to 1000 virtual nanoseconds, not \(nanoseconds)")
        }
    }
}

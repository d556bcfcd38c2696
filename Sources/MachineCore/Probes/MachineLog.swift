// The machine's log: few lines, for people, bounded however hard a guest tries.

/// Receives notable events of one machine. A source that repeats itself is cut off, so that a guest
/// can not fill the host's disk.
public final class MachineLog {
    private let sink: (String) -> Void
    private var counts: [String: Int] = [:]
    private let linesPerSource: Int

    /// - Parameters:
    ///   - linesPerSource: how many lines of one source are written before it is silenced.
    ///   - sink: takes each line, without a line end.
    public init(linesPerSource: Int = 20, sink: @escaping (String) -> Void) {
        self.linesPerSource = linesPerSource
        self.sink = sink
    }

    /// Writes a line for `source` (a device's name).
    public func note(_ source: String, _ message: @autoclosure () -> String) {
        let count = counts[source, default: 0] + 1
        counts[source] = count
        if count > linesPerSource { return }
        sink("\(source): \(message())")
        if count == linesPerSource { sink("\(source): further messages are not shown") }
    }
}

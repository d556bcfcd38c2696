// What the guest's scripts say on the console.

/// A line of `Guest/init` or `Guest/run-workloads.sh`.
enum ConsoleEvent: Equatable {
    case booted
    case started(name: String)
    /// `milliseconds` is by the guest's own clock.
    case ended(name: String, status: Int, milliseconds: Int)
    case sum(name: String, digest: String)
    case failed(name: String, text: String)
    case done

    /// Reads a line; nil for what others say. The kernel may have left words in front of ours.
    init?(line: String) {
        guard let start = line.range(of: "BENCH-") else { return nil }
        let words = line[start.lowerBound...].split(separator: " ").map(String.init)
        switch (words.first, words.count) {
        case ("BENCH-BOOT", 1): self = .booted
        case ("BENCH-DONE", 1): self = .done
        case ("BENCH-START", 2): self = .started(name: words[1])
        case ("BENCH-SUM", 3): self = .sum(name: words[1], digest: words[2])
        case ("BENCH-END", 4):
            guard let status = Int(words[2]), let time = Int(words[3]) else { return nil }
            self = .ended(name: words[1], status: status, milliseconds: time)
        case ("BENCH-ERROR", 2...):
            self = .failed(name: words[1], text: words.dropFirst(2).joined(separator: " "))
        default: return nil
        }
    }
}

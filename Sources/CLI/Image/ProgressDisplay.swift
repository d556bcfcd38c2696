// The progress of a build, on standard error.
import GuestImages
import HostOS

/// One line that changes on a terminal, otherwise a line now and then.
final class ProgressDisplay {
    private let title: String
    private let isTerminal = StandardStream.errors.isTerminal
    private var step = 0
    private var hasLine = false
    private var lastShown: UInt64 = 0

    /// Nanoseconds between two changes of the line, and between two lines of one step.
    private static let redrawInterval: UInt64 = 50_000_000
    private static let lineInterval: UInt64 = 10_000_000_000
    private static let barWidth = 20

    init(_ title: String) { self.title = title }

    /// Shows where the build is, if that is news.
    func show(_ progress: BuildProgress) {
        let now = HostClock.monotonicNanoseconds()
        let isNewStep = progress.step != step
        guard isNewStep || now - lastShown >= (isTerminal ? Self.redrawInterval : Self.lineInterval) else { return }
        (step, lastShown) = (progress.step, now)
        guard isTerminal else { return Message.say(plainLine(progress)) }
        let line = String(terminalLine(progress).prefix(Int(StandardStream.errors.columns ?? 80) - 1))
        hasLine = true
        write("\r\u{1b}[K" + Style.errors.green(line))
    }

    /// Takes the line away.
    func end() {
        if hasLine { write("\r\u{1b}[K") }
        hasLine = false
    }

    private func plainLine(_ progress: BuildProgress) -> String {
        let percent = progress.fraction.map { " \(Self.percent($0))%" } ?? ""
        let detail = progress.detail.map { " \($0)" } ?? ""
        return "\(title) \(progress.step)/\(progress.stepCount) \(progress.name)\(percent)\(detail)"
    }

    private func terminalLine(_ progress: BuildProgress) -> String {
        var line = "\(title)  \(progress.step)/\(progress.stepCount) \(progress.name)"
        if let fraction = progress.fraction {
            let filled = Self.percent(fraction) * Self.barWidth / 100
            let bar = String(repeating: "=", count: filled) + String(repeating: " ", count: Self.barWidth - filled)
            line += "  [\(bar)] \(Self.percent(fraction))%"
        }
        return line + (progress.detail.map { "  \(Message.singleLine($0))" } ?? "")
    }

    private static func percent(_ fraction: Double) -> Int { Int(max(0, min(1, fraction)) * 100) }

    private func write(_ text: String) { _ = StandardStream.errors.write(Array(text.utf8)) }
}

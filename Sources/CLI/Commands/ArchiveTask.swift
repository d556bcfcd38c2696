// An export or an import at work: progress, signals and errors.
import HostOS
import Machine

/// Shows on standard error how far an export or import is, and leaves nothing behind when it is interrupted.
final class ArchiveTask {
    private let title: String
    private let interruption: Interruption
    private let isTerminal = StandardStream.errors.isTerminal
    private var unfinished: String?
    private var hasLine = false
    private var lastShown = HostClock.monotonicNanoseconds()

    /// Nanoseconds between two changes of the line, and between two lines where there is no terminal.
    private static let redrawInterval: UInt64 = 50_000_000
    private static let lineInterval: UInt64 = 10_000_000_000

    /// - Parameter title: what is done, for instance `exporting web`.
    init(_ title: String) throws {
        self.title = title
        interruption = try Interruption()
    }

    /// Runs `body`; errors of archives end with the exit status of what is behind them.
    func run<Value>(_ body: (ArchiveTask) throws -> Value) throws -> Value {
        defer {
            if hasLine { write("\r\u{1b}[K") }
            if let unfinished { interruption.finish(unfinished) }
        }
        do { return try body(self) } catch let error as ArchiveError { throw Self.failure(error) }
    }

    private static func failure(_ error: ArchiveError) -> any Error {
        switch error {
        case .bundle(let cause): cause
        case .description(let cause): cause
        case .snapshot(let cause): cause
        case .host(let cause) where cause.code == HostError.Code.noSuchFile: cause
        case .running: Failure("\(error)", status: ExitStatus.busy)
        case .missingFile: Failure("\(error)", status: ExitStatus.notFound)
        case .exists, .unexportable: Failure("\(error)", status: ExitStatus.configuration)
        default: Failure("\(error)")
        }
    }

    /// What is at `path` is half-made from now on.
    func begin(_ path: String) {
        unfinished = path
        interruption.begin(path)
    }

    /// Shows how far it is, if that is news.
    func show(_ progress: ArchiveProgress) {
        let now = HostClock.monotonicNanoseconds()
        guard now - lastShown >= (isTerminal ? Self.redrawInterval : Self.lineInterval) else { return }
        lastShown = now
        let line = "\(title) \(Int(progress.fraction * 100))% of \(progress.totalByteCount >> 20) MiB"
        guard isTerminal else { return Message.say(line) }
        hasLine = true
        let columns = Int(StandardStream.errors.columns ?? 80) - 1
        write("\r\u{1b}[K" + Style.errors.green(String(Message.singleLine(line).prefix(columns))))
    }

    private func write(_ text: String) { _ = StandardStream.errors.write(Array(text.utf8)) }
}

// Traces of a running machine.
import HostOS
import MachineCore

/// How far a trace is.
public struct TraceStatus: Equatable, Sendable {
    /// The file.
    public let path: String
    /// How many lines it has, or will have when it is complete.
    public let lineCount: UInt64
}

extension Machine {
    /// The trace that is being made.
    public var traceStatus: TraceStatus? {
        trace.map { TraceStatus(path: $0.file.path, lineCount: $0.file.lineCount) }
    }

    /// Begins to write down what the machine does. The guest can not notice; instructions and memory are traced
    /// on the machine's interpreter, devices and traps at full speed.
    /// - Parameter path: the file to make.
    /// - Throws: `MachineError` when there is a trace already, or the file can not be made.
    public func startTrace(_ options: TraceOptions, to path: String) throws(MachineError) {
        if let trace { throw MachineError("there is a trace already, to \(trace.file.path): end that first") }
        let remote = remote
        let file: TraceFile
        do throws(HostError) {
            file = try TraceFile(path, lineLimit: options.lineLimit) { error in
                remote.submit({ $0.traceHasEnded(path, error) }, completion: { _ in })
            }
        } catch {
            let isThere = error.code == HostError.Code.exists
            throw MachineError("\(error)" + (isThere ? ": remove it, or choose another name" : ""))
        }
        let trace = Trace(options, file, of: board.cpus, context.memory) { [unowned self] in
            runningCPU.map { board.cpus[$0] }
        }
        self.trace = trace
        trace.attach(to: board)
        if options.kinds.needsSteps { engineSet.wrap { TracingEngine($0, trace) } }
    }

    /// Ends the trace; its file is complete then.
    /// - Returns: how it ended; nil when there is none.
    @discardableResult
    public func endTrace() -> TraceStatus? {
        guard let trace else { return nil }
        engineSet.wrap(nil)
        trace.end(on: board)
        defer { self.trace = nil }
        return traceStatus
    }

    /// The file takes no more lines.
    private func traceHasEnded(_ path: String, _ error: HostError?) {
        guard trace?.file.path == path else { return }
        endTrace()
        if let error { context.log.note("trace", "\(error); the trace ends") }
    }
}

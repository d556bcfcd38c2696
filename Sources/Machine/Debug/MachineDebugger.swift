// A debugger's session with a machine, on the machine's thread.
import Debug
import MachineCore

/// Carries out what a debugger asks for. While a session lasts, every stop is reported to it.
final class MachineDebugger {
    private unowned let machine: Machine
    private let target: MachineDebugTarget
    private let session: GDBSession
    private let send: ([UInt8]) -> Void
    /// Called when the conversation is over.
    private let finished: () -> Void

    /// Pauses the machine and begins.
    /// - Parameters:
    ///   - send: takes bytes for the debugger.
    ///   - finished: called once, when the conversation is over.
    /// - Throws: `MachineError` when another debugger has the machine, or it can not be debugged.
    init(_ machine: Machine, send: @escaping ([UInt8]) -> Void, finished: @escaping () -> Void) throws(MachineError) {
        guard machine.debugger == nil else {
            throw MachineError("another debugger is attached to this machine: detach it first")
        }
        guard let target = MachineDebugTarget(machine) else {
            throw MachineError("the CPUs of this machine can not be debugged")
        }
        self.machine = machine
        self.target = target
        self.send = send
        self.finished = finished
        session = GDBSession(target)
        machine.pause()
        machine.debugger = self
        machine.debugStopped = { [unowned self] cpu, stop in report(stop, cpu) }
    }

    /// Takes bytes from the debugger.
    func feed(_ bytes: [UInt8]) {
        if session.isOver { return }
        for request in session.feed(bytes) { perform(request) }
        flush()
    }

    private func flush() {
        let output = session.takeOutput()
        if !output.isEmpty { send(output) }
    }

    private func perform(_ request: GDBSession.Request) {
        switch request {
        case .resume(let action): resume(action)
        case .interrupt:
            machine.pause()
            session.stopped(.interrupted, thread: 1)
        case .detach, .disconnect: end()
        case .kill:
            end()
            machine.remote.stop()
        }
    }

    private func resume(_ action: ResumeAction) {
        switch action {
        case .run: machine.resume()
        case .step(let thread, _):
            let stop = machine.step(cpu: thread - 1)
            if let stop { report(stop, thread - 1) } else { session.stopped(.stepped, thread: thread) }
        case .runBackwards: runBackwards()
        case .stepBackwards(let thread): stepBackwards(thread)
        }
    }

    private func runBackwards() {
        do {
            guard let (cpu, stop) = try machine.runBack() else {
                return session.stopped(.recordingEnd(.beginning), thread: 1)
            }
            report(stop, cpu)
        } catch {
            refuse(error)
        }
    }

    private func stepBackwards(_ thread: Int) {
        do {
            let reason: StopReason = try machine.stepBack() ? .stepped : .recordingEnd(.beginning)
            session.stopped(reason, thread: thread)
        } catch {
            refuse(error)
        }
    }

    private func refuse(_ error: any Error) {
        machine.context.log.note("debugger", "\(error)")
        session.stopped(.interrupted, thread: 1)
    }

    private func report(_ stop: DebugStop, _ cpu: Int) {
        switch stop {
        case .breakpoint: session.stopped(.softwareBreakpoint, thread: cpu + 1)
        case .watchpoint(let point, _):
            let access: WatchedAccess =
                point.accesses == .write ? .write : point.accesses == .read ? .read : .any
            session.stopped(.watchpoint(access, address: point.first), thread: cpu + 1)
        }
        flush()
    }

    /// The connection is lost, or the conversation over: breakpoints go, and the machine goes on.
    func end() {
        guard machine.debugger === self else { return }
        flush()
        session.end()
        machine.debugStopped = nil
        machine.debugger = nil
        machine.resume()
        finished()
    }
}

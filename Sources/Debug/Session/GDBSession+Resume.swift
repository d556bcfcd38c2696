// Going on: `vCont`, `c`, `C`, `s`, `S`, `bc` and `bs`.

extension GDBSession {
    /// `c`, `s`, their variants with a signal, which a machine has no use for, and `bc` and `bs`.
    /// - Returns: nil; the answer comes with the stop.
    func resume(_ letter: Character, _ cursor: inout PacketCursor) throws(Refusal) -> [UInt8]? {
        if letter == "b" { return try resumeBackwards(&cursor) }
        var hasAddress = !cursor.isAtEnd
        if letter == "C" || letter == "S" {
            _ = try cursor.number()
            hasAddress = cursor.skip(";")
        }
        let thread = try number(of: resumedThreads)
        let address = hasAddress ? try cursor.number() : nil
        try cursor.expectEnd()
        if let address { try setProgramCounter(address, thread: thread) }
        var isAlone = false
        if case .one = resumedThreads { isAlone = true }
        if letter == "s" || letter == "S" {
            start(.step(thread: thread, othersRun: !isAlone))
        } else {
            start(.run(only: isAlone && target.threads.count > 1 ? thread : nil))
        }
        return nil
    }

    private func resumeBackwards(_ cursor: inout PacketCursor) throws(Refusal) -> [UInt8]? {
        guard target.supportsReverse else { return Self.unsupported }
        let letter = cursor.next()
        try cursor.expectEnd()
        switch letter {
        case UInt8(ascii: "c"): start(.runBackwards)
        case UInt8(ascii: "s"): start(.stepBackwards(thread: try number(of: resumedThreads)))
        default: return Self.unsupported
        }
        return nil
    }

    /// `vCont` after its name: for each CPU, the first action that names it counts; a CPU that none
    /// names stands still.
    func resumeThreads(_ cursor: inout PacketCursor) throws(Refusal) -> [UInt8]? {
        var undecided = target.threads.map(\.number)
        let count = undecided.count
        var stepping: [Int] = []
        var running: [Int] = []
        guard !cursor.isAtEnd else { throw .malformed }
        while !cursor.isAtEnd {
            try cursor.expect(";")
            let isStep = try takesStep(&cursor)
            let chosen = try chosenThreads(&cursor, from: undecided)
            undecided.removeAll(where: chosen.contains)
            if isStep { stepping += chosen } else { running += chosen }
        }
        start(try Self.action(stepping: stepping, running: running, of: count, current: currentThread))
        return nil
    }

    /// Takes the letter of an action, and its signal.
    private func takesStep(_ cursor: inout PacketCursor) throws(Refusal) -> Bool {
        if cursor.skip("c") { return false }
        if cursor.skip("s") { return true }
        let isStep = cursor.skip("S")
        if !isStep { try cursor.expect("C") }
        _ = try cursor.number()
        return isStep
    }

    private func chosenThreads(
        _ cursor: inout PacketCursor, from undecided: [Int]
    ) throws(Refusal) -> [Int] {
        let selection = cursor.skip(":") ? try cursor.thread() : .all
        if selection == .all { return undecided }
        let number = try number(of: selection)
        return undecided.filter { $0 == number }
    }

    /// - Throws: `malformed` when nothing moves, or some CPUs but neither one nor all of them run.
    private static func action(
        stepping: [Int], running: [Int], of count: Int, current: Int
    ) throws(Refusal) -> ResumeAction {
        if let first = stepping.first {
            return .step(thread: stepping.contains(current) ? current : first, othersRun: !running.isEmpty)
        }
        if running.count == count { return .run(only: nil) }
        guard running.count == 1 else { throw .malformed }
        return .run(only: running[0])
    }

    private func start(_ action: ResumeAction) {
        if stepsOverAccess(action) {
            lastStop.reason = .stepped
            return send(stopReply())
        }
        phase = .running
        hasRequestedInterrupt = false
        request(.resume(action))
    }

    /// The debugger, which has just taken the watchpoint away, wants to step over an access that has
    /// happened already. When users step, it has put the watchpoint back.
    private func stepsOverAccess(_ action: ResumeAction) -> Bool {
        guard architecture.debuggersStepOverAccesses,
            case .watchpoint(_, let address) = lastStop.reason
        else { return false }
        switch action {
        case .step(lastStop.thread, _), .stepBackwards(lastStop.thread):
            return !breakpoints.contains { $0.watches(address) }
        default:
            return false
        }
    }
}

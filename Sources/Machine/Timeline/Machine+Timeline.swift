// Recording a machine, and going to any moment of what was recorded.
import HostOS
import MachineCore

extension Machine {
    /// Nanoseconds of an instruction in a recording of a machine whose time follows the host otherwise.
    private static let recordedInstruction: UInt64 = 1

    /// The recorded moments, as instructions executed since power-on; nil while nothing is recorded.
    public var recording: ClosedRange<UInt64>? {
        timeline.map { $0.beginning...max($0.end, instructionsExecuted) }
    }

    /// Begins to record. The machine's time is counted in instructions from now on.
    /// - Throws: `MachineError` when the machine has several CPUs.
    public func startRecording() throws {
        guard timeline == nil else { return }
        guard board.cpus.count == 1 else {
            throw MachineError("a machine with several CPUs can not be recorded: give it one CPU (cpus: 1)")
        }
        try powerOnIfNeeded()
        drainDisks()
        if context.clock.mode == .freeRunning {
            try changeClock(to: .deterministic(nanosecondsPerInstruction: Self.recordedInstruction))
            usesHostTimeAgain = true
        }
        timeline = try Timeline(self)
    }

    /// Ends the recording, wherever the machine is: what was recorded after this moment is forgotten.
    public func stopRecording() throws {
        guard let timeline else { return }
        drainDisks()
        timeline.finish(self)
        self.timeline = nil
        if usesHostTimeAgain { try changeClock(to: .freeRunning) }
        usesHostTimeAgain = false
    }

    /// The moments that were given names, in instructions since power-on.
    public var bookmarks: [String: UInt64] { timeline?.bookmarks ?? [:] }

    /// Gives this moment of the recording a name; an older moment of that name loses it.
    /// - Throws: `MachineError` when nothing is recorded or the name can not be one.
    public func bookmark(_ name: String) throws {
        guard MachineName.isValid(name) else {
            throw MachineError("'\(name)' can not be a bookmark: use 1 to 64 letters, digits, '.', '_' and '-'")
        }
        try recorded().bookmarks[name] = instructionsExecuted
    }

    private func changeClock(to mode: ClockMode) throws {
        var state = try savedState()
        state.clock.mode = mode
        entropy = Self.makeEntropy(mode, seed: HostRandom.number)
        state.entropy = entropy.state
        try replaceBoard(with: state) {}
    }

    // MARK: Going to a moment

    /// Goes to the moment after `instructions` instructions since power-on, in the past or the recorded future.
    /// - Throws: `MachineError` when nothing is recorded or that moment is not.
    public func travel(to instructions: UInt64) throws {
        let timeline = try recorded()
        guard let recording, recording.contains(instructions) else {
            throw MachineError(
                "instruction \(instructions) is not recorded: choose one of \(timeline.beginning) to "
                    + "\(max(timeline.end, instructionsExecuted))")
        }
        if instructions < instructionsExecuted {
            guard let keyframe = timeline.keyframe(before: instructions) else { return }
            try timeline.goBack(self, to: keyframe)
        }
        try withoutDebugging { try replay(to: instructions) }
    }

    /// Goes to a moment that `bookmark` has named.
    public func travel(toBookmark name: String) throws {
        let bookmarks = try recorded().bookmarks
        guard let instructions = bookmarks[name] else {
            let known = bookmarks.keys.sorted().joined(separator: ", ")
            throw MachineError(
                "there is no bookmark '\(name)'"
                    + (known.isEmpty ? ": make one with 'starling bookmark'" : "; there are: \(known)"))
        }
        try travel(to: instructions)
    }

    /// Goes back by `nanoseconds` of virtual time, or to the beginning of the recording if that is later.
    public func travel(backByNanoseconds nanoseconds: UInt64) throws {
        let timeline = try recorded()
        let now = context.clock.now
        let target = now > nanoseconds ? now - nanoseconds : 0
        var limit = instructionsExecuted
        while let keyframe = timeline.keyframe(before: limit), limit > timeline.beginning {
            try timeline.goBack(self, to: keyframe)
            if context.clock.now <= target { break }
            limit = keyframe == 0 ? 0 : keyframe - 1
        }
        try withoutDebugging { try replay { $0.context.clock.now >= target } }
    }

    /// Goes back to before the last instruction; false at the beginning of the recording.
    func stepBack() throws -> Bool {
        guard let recording, instructionsExecuted > recording.lowerBound else { return false }
        try travel(to: instructionsExecuted - 1)
        return true
    }

    /// Goes back to the last moment before this one at which a debugger's point was met; the beginning of the
    /// recording if there is none, and then returns nil.
    func runBack() throws -> (cpu: Int, stop: DebugStop)? {
        let timeline = try recorded()
        var limit = instructionsExecuted
        while let keyframe = limit > timeline.beginning ? timeline.keyframe(before: limit - 1) : nil {
            try timeline.goBack(self, to: keyframe)
            if let hit = try lastStop(before: limit) {
                try timeline.goBack(self, to: keyframe)
                try withoutDebugging { try replay(to: hit.instructions) }
                return (hit.cpu, hit.stop)
            }
            limit = keyframe
        }
        try timeline.goBack(self, to: timeline.beginning)
        return nil
    }

    private struct Hit {
        var cpu: Int
        var stop: DebugStop
        var instructions: UInt64
    }

    /// The last stop on the way from here to `limit`, not counting `limit` itself.
    private func lastStop(before limit: UInt64) throws -> Hit? {
        let handler = debugStopped
        defer { debugStopped = handler }
        var last: Hit?
        replayStopped = { [unowned self] cpu, stop in
            var instructions = instructionsExecuted
            // A watched access is met by its instruction: backwards, the machine stops before that.
            if case .watchpoint = stop { instructions -= 1 }
            if instructions < limit { last = Hit(cpu: cpu, stop: stop, instructions: instructions) }
            board.cpus[cpu].passBreakpoint()
        }
        defer { replayStopped = nil }
        try replay(to: limit)
        return last
    }

    func recorded() throws -> Timeline {
        guard let timeline else {
            throw MachineError("this machine is not recorded: begin with 'starling record', then it can go back")
        }
        return timeline
    }

    /// Breakpoints do not count on the way.
    func withoutDebugging<Result>(_ body: () throws -> Result) throws -> Result {
        let points = debugPoints
        debugPoints = DebugPoints()
        defer { debugPoints = points }
        return try body()
    }

    func replay(to instructions: UInt64) throws {
        try replay(limit: instructions) { $0.instructionsExecuted >= instructions }
    }

    private func replay(limit: UInt64 = .max, until isDone: (Machine) -> Bool) throws {
        let wasPaused = isPaused
        isPaused = false
        trace?.isMuted = true
        defer {
            isPaused = wasPaused
            trace?.isMuted = false
        }
        while !isDone(self) {
            guard try turn(limit, isReplaying: true) == nil else { return }
        }
    }

    // MARK: Input

    /// Gives the console what was typed: now, or when this moment was recorded.
    func deliverInput() {
        guard let timeline else { return remote.deliverInput { console.offer($0) } }
        while let event = timeline.input.next, event.isDue(instructionsExecuted, context.clock.now) {
            timeline.input.take()
            switch event.content {
            case .console(let bytes): console.offer(bytes)
            // What was typed then can be typed again.
            case .keys(let text): try? typeNow(text)
            }
        }
        if isInPast(timeline) { return }
        remote.deliverInput { bytes in
            let count = console.offer(bytes)
            if count > 0 {
                timeline.input.append(
                    .init(
                        instructions: instructionsExecuted, nanoseconds: context.clock.now,
                        content: .console(Array(bytes.prefix(count)))))
            }
            return count
        }
    }

    /// Moments that were recorded lie before the machine, so that nothing new can come in.
    private func isInPast(_ timeline: Timeline) -> Bool {
        timeline.input.next != nil || instructionsExecuted < timeline.end
    }

    /// Types text on the machine's keyboard.
    /// - Throws: `MachineError` when it has none, no key gives a character, or it is in its past; nothing is typed
    ///   then.
    public func type(_ text: String) throws(MachineError) {
        if let timeline, isInPast(timeline) {
            throw MachineError("the machine is in its past, where nothing new can be typed: let it run first")
        }
        try typeNow(text)
        timeline?.input.append(
            .init(instructions: instructionsExecuted, nanoseconds: context.clock.now, content: .keys(text)))
    }
}

extension InputLog.Event {
    fileprivate func isDue(_ executed: UInt64, _ now: UInt64) -> Bool {
        instructions < executed || instructions == executed && nanoseconds <= now
    }
}

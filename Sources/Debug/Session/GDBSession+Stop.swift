// Telling the debugger why the machine stands still.

extension GDBSession {
    /// The answer to `?` and to all that resumes (GDB manual, "Stop Reply Packets").
    func stopReply() -> [UInt8] {
        if case .exited(let status) = lastStop.reason {
            return reply("W\(Hexadecimal.text(UInt64(status), width: 2))")
        }
        let signal = lastStop.reason == .interrupted ? "02" : "05"
        let thread = Hexadecimal.text(lastStop.thread)
        return reply("T\(signal)\(stopDetail)thread:\(thread);") + expeditedRegisters()
    }

    private var stopDetail: String {
        switch lastStop.reason {
        // Debuggers that have not said that they know these words may take them for an error.
        case .softwareBreakpoint: debuggerFeatures.contains("swbreak+") ? "swbreak:;" : ""
        case .hardwareBreakpoint: debuggerFeatures.contains("hwbreak+") ? "hwbreak:;" : ""
        case .watchpoint(let access, let address): "\(Self.word(access)):\(Hexadecimal.text(address));"
        case .recordingEnd(.beginning): "replaylog:begin;"
        case .recordingEnd(.end): "replaylog:end;"
        case .stepped, .interrupted, .exited: ""
        }
    }

    private static func word(_ access: WatchedAccess) -> String {
        switch access {
        case .write: "watch"
        case .read: "rwatch"
        case .any: "awatch"
        }
    }

    private func expeditedRegisters() -> [UInt8] {
        architecture.expedited.flatMap { number -> [UInt8] in
            guard let register = UInt64(exactly: number).flatMap(architecture.register) else { return [] }
            let value = hexadecimal(register, thread: lastStop.thread)
            return reply("\(Hexadecimal.text(UInt64(number), width: 2)):") + value + reply(";")
        }
    }
}

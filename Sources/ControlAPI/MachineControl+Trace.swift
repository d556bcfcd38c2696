// Requests about traces.
import Machine

extension MachineControl {
    func startTrace(_ request: TraceRequest) throws -> TraceInfo {
        let options = try TraceOptions(request)
        guard request.path.hasPrefix("/") else {
            throw ControlFailure(400, "'\(request.path)' is no place for a trace: give an absolute path")
        }
        return try remote.perform { machine in
            try machine.startTrace(options, to: request.path)
            return TraceInfo(path: request.path, lines: 0)
        }
    }

    func endTrace() throws -> TraceInfo {
        guard let status = try remote.perform({ $0.endTrace() }) else {
            throw ControlFailure(409, "there is no trace to end")
        }
        return TraceInfo(status)
    }
}

extension TraceInfo {
    init(_ status: TraceStatus) { self.init(path: status.path, lines: status.lineCount) }
}

extension TraceOptions {
    /// The kinds by their names in requests.
    private static let kindNames: [String: Kinds] = [
        "instructions": .instructions, "memory": .memory, "devices": .devices, "traps": .traps,
    ]

    fileprivate init(_ request: TraceRequest) throws(ControlFailure) {
        self.init([], lineLimit: request.lines ?? .max)
        for name in request.kinds {
            guard let kind = Self.kindNames[name] else {
                let known = Self.kindNames.keys.sorted().joined(separator: ", ")
                throw ControlFailure(400, "'\(name)' can not be traced: choose some of \(known)")
            }
            kinds.insert(kind)
        }
        if kinds.isEmpty { throw ControlFailure(400, "what is to be traced? give 'kinds'") }
        if lineLimit == 0 { throw ControlFailure(400, "a trace has 1 line at least") }
        for text in request.ranges ?? [] { ranges.append(try Self.range(text)) }
    }

    private static func range(_ text: String) throws(ControlFailure) -> ClosedRange<UInt64> {
        let ends = text.split(separator: "-", omittingEmptySubsequences: false).map { UInt64(control: String($0)) }
        guard ends.count == 2, let first = ends[0], let last = ends[1], first <= last else {
            throw ControlFailure(400, "'\(text)' is no range: write FIRST-LAST, for instance 0x80000000-0x80000fff")
        }
        return first...last
    }
}

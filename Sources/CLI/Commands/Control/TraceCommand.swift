// `starling trace`.
import ArgumentParser
import ControlAPI
import HostOS
import Machine

struct TraceCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "trace",
        abstract: "Write down what a running machine does; the guest does not notice.",
        discussion: """
            Every line begins with the CPU, the number of instructions that it has executed, and where it is.
            Instructions and memory are traced at some 200,000 instructions a second, devices and traps at
            full speed. The trace grows until it is ended; a machine that is not traced runs as fast as ever.

            EXAMPLES:
              starling trace web --insn -o web.trace --lines 1000000
              starling trace web --insn --mem --range 0xffffffff80000000-0xffffffff80ffffff -o kernel.trace
              starling trace web --io --traps -o devices.trace
              starling trace web --end

            \(ExitStatus.table)
            """)

    @OptionGroup var machine: RunningMachine

    @Flag(help: "Every instruction with its effects on registers and memory.") var insn = false
    @Flag(help: "Every access to data, with the value.") var mem = false
    @Flag(help: "Every access to a device.") var io = false
    @Flag(help: "Every exception and interrupt.") var traps = false

    @Option(help: ArgumentHelp(
        "Only these addresses: of instructions, for --mem of data, for --io physical ones. Can be repeated.",
        valueName: "first-last"))
    var range: [String] = []

    @Option(name: .shortAndLong, help: ArgumentHelp("The file to make.", valueName: "file"))
    var output: String?

    @Option(help: ArgumentHelp("End the trace after so many lines.", valueName: "count"))
    var lines: UInt64?

    @Flag(help: "End the trace.") var end = false

    private var kinds: [String] {
        [(insn, "instructions"), (mem, "memory"), (io, "devices"), (traps, "traps")].filter(\.0).map(\.1)
    }

    func validate() throws {
        if end { return }
        if kinds.isEmpty {
            throw ValidationError("what is to be traced? give --insn, --mem, --io or --traps, or --end")
        }
        if output == nil { throw ValidationError("where to? give -o FILE") }
    }

    func run() throws {
        let client = try machine.client()
        if end {
            let info = try client.send("DELETE", "/v1/trace", as: TraceInfo.self)
            return try machine.show(info, "\(info.path) is complete: \(info.lines) lines")
        }
        let request = TraceRequest(
            kinds: kinds, path: Folder.absolute(output ?? ""), ranges: range.isEmpty ? nil : range, lines: lines)
        let info = try client.send("PUT", "/v1/trace", request, as: TraceInfo.self)
        try machine.show(info, "tracing to \(info.path); end with: starling trace \(machine.name) --end")
    }
}

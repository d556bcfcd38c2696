// `starling switch`.
import ArgumentParser
import ControlAPI
import Machine

struct SwitchCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "switch",
        abstract: "Have another engine run a machine, while it runs.",
        discussion: """
            The guest can not see it: an engine is a way to move the machine, not a part of it.

            EXAMPLES:
              starling switch web --engine precise
              starling switch web --engine jit --after 1000000
              starling switch web --engine precise --at 0xffffffff80002000

            \(ExitStatus.table)
            """)

    @OptionGroup var machine: RunningMachine

    @Option(help: "The engine: \(EngineCatalog.names.joined(separator: " or ")).")
    var engine: String

    @Option(help: ArgumentHelp("Switch before the instruction at this virtual address.", valueName: "address"))
    var at: String?

    @Option(help: ArgumentHelp("Switch after so many more instructions.", valueName: "count"))
    var after: UInt64?

    func validate() throws {
        if at != nil && after != nil { throw ValidationError("--at and --after exclude each other") }
        if let at, UInt64(control: at) == nil {
            throw ValidationError("'\(at)' is no address: write it in decimal, or as 0x and hexadecimal digits")
        }
    }

    func run() throws {
        let request = EngineRequest(engine: engine, at: at.flatMap { UInt64(control: $0) }, after: after)
        let status = try machine.client().send("PUT", "/v1/engine", request, as: MachineStatus.self)
        try machine.show(status, status.text)
    }
}

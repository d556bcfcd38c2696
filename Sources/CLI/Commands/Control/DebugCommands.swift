// `starling debug`, `inspect` and `set`.
import ArgumentParser
import ControlAPI
import Foundation
import Machine

struct DebugCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "debug",
        abstract: "Let the GNU debugger connect to a running machine.",
        discussion: """
            The machine pauses when a debugger connects and goes on when it leaves. A recorded machine can
            run backwards: reverse-stepi, reverse-continue. Begin to record before connecting.

            EXAMPLES:
              starling debug web
              starling debug web --port 1234
              gdb-multiarch vmlinux -ex \"target remote :1234\"
              starling debug web --symbols kallsyms    # what the guest has in /proc/kallsyms
              starling debug web --end

            \(ExitStatus.table)
            """)

    @OptionGroup var machine: RunningMachine

    @Option(help: ArgumentHelp(
        "Listen at this port of 127.0.0.1, 0 for a free one; at gdb.sock in the machine's folder if left out."))
    var port: UInt16?

    @Option(help: ArgumentHelp(
        "The kernel's symbols for the debugger: the guest's /proc/kallsyms, or what nm prints.", valueName: "file"))
    var symbols: String?

    @Flag(help: "Stop listening, and end the conversation.")
    var end = false

    func run() throws {
        let client = try machine.client()
        let symbolFile = try symbols.map { try machine.bundle().writeSymbols(from: $0) }
        if end {
            let done = try client.send("DELETE", "/v1/debug", as: Done.self)
            return try machine.show(done, "debuggers can not connect any more")
        }
        let info = try client.send("PUT", "/v1/debug", DebugRequest(port: port), as: DebugInfo.self)
        let load = symbolFile.map { " -ex 'symbol-file \($0)'" } ?? ""
        try machine.show(info, "connect with: gdb-multiarch\(load) -ex 'target remote \(info.address)'")
    }
}

struct InspectCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "inspect", abstract: "Look into a running machine; the guest does not notice.",
        discussion: """
            EXAMPLES:
              starling inspect web cpu
              starling inspect web memory 0xffffffff80000000 --count 64
              starling inspect web pagetable 0xffffffff80000000
              starling inspect web tlb
              starling inspect web devices

            \(ExitStatus.table)
            """)

    enum Subject: String, ExpressibleByArgument, CaseIterable { case cpu, memory, pagetable, devices, tlb }

    @OptionGroup var machine: RunningMachine
    @Argument(help: "What to look at.") var subject: Subject
    @Argument(help: "An address, for memory and pagetable.") var address: String?
    @Option(help: "The number of the CPU, from 0.") var cpu = 0
    @Option(help: "How many bytes, for memory.") var count = 64
    @Flag(help: "The address is a physical one.") var physical = false

    func validate() throws {
        let needsAddress = subject == .memory || subject == .pagetable
        if needsAddress && address == nil {
            throw ValidationError("which address? write it behind '\(subject.rawValue)'")
        }
    }

    func run() throws {
        let client = try machine.client()
        let place = "cpu=\(cpu)&address=\(address ?? "0")&count=\(count)&physical=\(physical ? 1 : 0)"
        let path = "/v1/inspect/\(subject.rawValue)?\(place)"
        switch subject {
        case .cpu: try write(client.send("GET", path, as: CPUInfo.self)) { $0.text }
        case .memory: try write(client.send("GET", path, as: MemoryInfo.self)) { $0.text }
        case .pagetable: try write(client.send("GET", path, as: PageTableInfo.self)) { $0.text }
        case .tlb: try write(client.send("GET", path, as: TLBInfo.self)) { $0.text }
        case .devices: try write(client.send("GET", path, as: DevicesInfo.self)) { $0.text }
        }
    }

    private func write<Info: Encodable>(_ info: Info, _ text: (Info) -> String) throws {
        try machine.show(info, text(info))
    }
}

struct SetCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "set", abstract: "Set registers of a paused machine.",
        discussion: """
            EXAMPLES:
              starling set web a0=42 pc=0xffffffff80002000

            \(ExitStatus.table)
            """)

    @OptionGroup var machine: RunningMachine
    @Argument(help: ArgumentHelp("Registers and their values.", valueName: "register=value")) var values: [String]
    @Option(help: "The number of the CPU, from 0.") var cpu = 0

    func run() throws {
        var registers: [String: String] = [:]
        for value in values {
            let parts = value.split(separator: "=", maxSplits: 1)
            guard parts.count == 2 else {
                throw ValidationError("'\(value)' sets nothing: write REGISTER=VALUE")
            }
            registers[String(parts[0])] = String(parts[1])
        }
        let request = RegistersRequest(cpu: cpu, values: registers)
        let info = try machine.client().send("PUT", "/v1/registers", request, as: CPUInfo.self)
        try machine.show(info, info.text)
    }
}

// The host-target interface (HTIF) of bare programs: two words of memory, `tohost` and `fromhost`.
import Devices
import MachineCore

/// Watches `tohost` as published RISC-V test suites expect it: an odd value ends the program with
/// status value/2, device 1 command 1 prints a character, and an even address names a request block
/// of which writing to the console and exiting are served.
final class HostTargetInterface {
    private let memory: GuestMemory
    private let console: CharacterPort
    private let control: any MachineControl
    private let log: MachineLog
    /// Where the program has the words; set when it is loaded.
    var state: State

    /// The program decides; a saved machine does not load it again.
    struct State: Codable, Equatable {
        /// The address of `tohost`, 0 for a program without it.
        var toHost: GuestPhysicalAddress = 0
        /// The address of `fromhost`, 0 for a program without it.
        var fromHost: GuestPhysicalAddress = 0
    }

    static let stateVersion = StateVersion(1)

    init(_ resources: BoardResources, state: State) {
        memory = resources.context.memory
        console = resources.console
        control = resources.control
        log = resources.context.log
        self.state = state
    }

    /// Whether there is anything to watch.
    var isUsed: Bool { state.toHost != 0 }

    /// Serves a command, if there is one.
    func poll() {
        guard let command = memory.load(UInt64.self, at: state.toHost), command != 0 else { return }
        if command & 1 != 0 && command >> 48 == 0 {
            control.request(.powerOff(status: UInt16(clamping: command >> 1)))
            return
        }
        if command >> 48 == 0x0101 {
            console.output([UInt8(truncatingIfNeeded: command)])
        } else if command >> 48 == 0 {
            serveRequest(at: command)
        } else {
            log.note("htif", "command 0x\(String(command, radix: 16)) is not known and was ignored")
        }
        _ = memory.store(UInt64(0), at: state.toHost)
        if state.fromHost != 0 { _ = memory.store(UInt64(1), at: state.fromHost) }
    }

    /// A request block: call number, three arguments; the result replaces the number.
    private func serveRequest(at block: GuestPhysicalAddress) {
        let words = (0..<4).compactMap { memory.load(UInt64.self, at: block &+ UInt64($0) * 8) }
        guard words.count == 4 else {
            log.note("htif", "the request block at 0x\(String(block, radix: 16)) is not in RAM")
            return
        }
        var result = UInt64.max
        switch words[0] {
        // write(file, buffer, count)
        case 64:
            if let bytes = memory.bytes(at: words[2], count: Int(clamping: words[3])) {
                console.output(bytes)
                result = words[3]
            }
        // exit(status)
        case 93: control.request(.powerOff(status: UInt16(clamping: words[1])))
        default: log.note("htif", "request \(words[0]) is not served")
        }
        _ = memory.store(result, at: block)
    }
}

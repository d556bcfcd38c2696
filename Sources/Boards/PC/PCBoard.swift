// The PC: CPUs and devices, joined by the memory map and the ports.
import BootFormats
import Devices
import HostOS
import MachineCore
import StateCodec
import X86

/// A PC with a Q35 chipset, in the layout of `PCMemoryMap`.
public final class PCBoard: Board {
    /// `e_machine` of programs for this board.
    public static let elfMachine = ELFMachine.x86_64
    /// How many CPUs a board can have.
    public static let cpuCounts = 1...8

    let resources: BoardResources
    let processors: [CPU]
    public let bus: Bus
    /// The address space of ports.
    let ports: Bus
    let devices: PCDevices

    /// A board in its power-on state with nothing loaded (call `powerOn`), or with a saved state.
    /// - Throws: `StateError` or `StateCodecError` for a bad saved state, `HostError` when the host
    ///   has no memory.
    public init(_ resources: BoardResources, restoring tree: StateTree? = nil) throws {
        self.resources = resources
        bus = Bus()
        ports = Bus()
        let environment = CPUEnvironment(
            memory: resources.context.memory, bus: bus, ports: ports, clock: resources.context.clock,
            timestampFrequency: PCMemoryMap.timestampFrequency, cpuCount: resources.cpuCount,
            entropy: resources.entropy)
        processors = try (0..<resources.cpuCount).map { try CPU(index: $0, environment: environment) }
        let states = try PCStates(resources, tree)
        for (cpu, state) in zip(processors, states.cpus) { try cpu.restore(state) }
        devices = try PCDevices(resources, processors, states)
        devices.attach(to: bus, ports: ports)
        for cpu in processors {
            cpu.onShutdown = { [control = resources.control, log = resources.context.log] in
                log.note("cpu", "a fault while the handler of a double fault was entered (triple fault): reset")
                control.request(.reset)
            }
        }
    }

    public var cpus: [any VirtualCPU] { processors }
    public func isStarted(_ cpu: Int) -> Bool { true }
    public func requestExit(of cpu: Int) { processors[cpu].requestExit() }
    public func serveEnvironmentCall(of cpu: Int) {}
    public func poll() {}
    public var needsPolling: Bool { false }

    public func signature() throws(BootError) -> [UInt8] {
        throw BootError("only a bare program has a signature, and this board starts Linux kernels only")
    }

    public func powerOn() throws(BootError) {
        for cpu in processors { cpu.reset() }
        devices.reset()
        for cpu in processors.dropFirst() { cpu.initialize() }
        try load(resources.program)
    }
}

// The PC: CPUs and devices, joined by the memory map and the ports.
import Devices
import HostOS
import MachineCore
import StateCodec
import X86

/// A PC with a Q35 chipset, in the layout of `PCMemoryMap`.
public final class PCBoard: Board {
    /// How many CPUs a board can have.
    public static let cpuCounts = 1...8

    /// What a board is made of and connected to.
    public struct Resources {
        public var context: DeviceContext
        public var cpuCount: Int
        /// In the order in which the guest finds them.
        public var disks: [BoardDisk]
        /// The serial line.
        public var console: CharacterPort
        /// The virtio console, if the board has one.
        public var virtioConsole: CharacterPort?
        public var entropy: any EntropySource
        public var control: any MachineControl
        public var program: BootProgram

        /// Collects the resources of a board.
        public init(
            context: DeviceContext, cpuCount: Int, disks: [BoardDisk], console: CharacterPort,
            virtioConsole: CharacterPort?, entropy: any EntropySource, control: any MachineControl,
            program: BootProgram
        ) {
            self.context = context
            self.cpuCount = cpuCount
            self.disks = disks
            self.console = console
            self.virtioConsole = virtioConsole
            self.entropy = entropy
            self.control = control
            self.program = program
        }
    }

    let resources: Resources
    let processors: [CPU]
    public let bus: Bus
    /// The address space of ports.
    let ports: Bus
    let devices: PCDevices

    /// A board in its power-on state with nothing loaded (call `powerOn`), or with a saved state.
    /// - Throws: `StateError` or `StateCodecError` for a bad saved state, `HostError` when the host
    ///   has no memory.
    public init(_ resources: Resources, restoring tree: StateTree? = nil) throws {
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

    public func powerOn() throws(BootError) {
        for cpu in processors { cpu.reset() }
        devices.reset()
        for cpu in processors.dropFirst() { cpu.initialize() }
        try load(resources.program)
    }
}

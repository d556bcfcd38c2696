// The RISC-V board: harts and devices, joined by the memory map.
import BootFormats
import Devices
import HostOS
import MachineCore
import RISCV
import StateCodec

/// A RISC-V computer with PCI, in the layout of `MemoryMap`.
public final class VirtRISCV: Board {
    /// `e_machine` of programs for this board.
    public static let elfMachine = ELFMachine.riscv
    /// How many harts a board can have.
    public static let cpuCounts = 1...8

    let resources: BoardResources
    let harts: [Hart]
    public let bus: Bus
    let timebase: Timebase
    let devices: BoardDevices
    /// What the built-in supervisor binary interface remembers; nil below guest firmware.
    var supervisor: SupervisorBinaryInterface?
    /// Watches the host-target interface of a bare program; nil below other programs.
    var hostTarget: HostTargetInterface?

    /// A board in its power-on state with nothing loaded (call `powerOn`), or with a saved state.
    /// - Throws: `StateError` or `StateCodecError` for a bad saved state, `HostError` when the host
    ///   has no memory.
    public init(_ resources: BoardResources, restoring tree: StateTree? = nil) throws {
        self.resources = resources
        bus = Bus(lock: resources.lock)
        timebase = Timebase(clock: resources.context.clock, nanosecondsPerTick: MemoryMap.nanosecondsPerTick)
        let environment = HartEnvironment(
            memory: resources.context.memory, bus: bus, timebase: timebase,
            servesSupervisorCalls: resources.program.servesSupervisorCalls, lock: resources.lock)
        harts = try (0..<resources.cpuCount).map { try Hart(index: $0, environment: environment) }
        let states = try BoardStates(resources, tree)
        for (hart, state) in zip(harts, states.harts) { try hart.restore(state) }
        devices = try BoardDevices(resources, harts, timebase, states)
        devices.attach(to: bus)
        if resources.program.servesSupervisorCalls {
            supervisor = SupervisorBinaryInterface(harts: harts, resources: resources, state: states.supervisor)
        }
        if case .bare = resources.program {
            hostTarget = HostTargetInterface(resources, state: states.hostTarget)
        }
    }

    public var cpus: [any VirtualCPU] { harts }

    public func isStarted(_ cpu: Int) -> Bool { supervisor?.isStarted(cpu) ?? true }

    public func requestExit(of cpu: Int) { harts[cpu].requestExit() }

    public func serveEnvironmentCall(of cpu: Int) { supervisor?.serve(harts[cpu]) }

    public func poll() { hostTarget?.poll() }

    public var needsPolling: Bool { hostTarget?.isUsed == true }

    public func powerOn() throws(BootError) {
        for hart in harts { hart.reset() }
        devices.reset()
        supervisor?.reset()
        try load(resources.program)
    }
}

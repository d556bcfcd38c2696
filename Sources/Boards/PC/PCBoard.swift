// The PC: CPUs and devices, joined by the memory map and the ports.
import BootFormats
import Devices
import HostOS
import MachineCore
import StateCodec
import X86

/// A PC with a Q35 chipset, in the layout of `PCMemoryMap`.
public final class PCBoard: PersonalBoard {
    /// `e_machine` of programs for this board.
    public static let elfMachine = ELFMachine.x86_64
    /// How many CPUs a board can have.
    public static let cpuCounts = 1...8

    let resources: PCResources
    let processors: [CPU]
    public let bus: Bus
    /// The address space of ports.
    let ports: Bus
    let devices: PCDevices

    /// A board in its power-on state with nothing loaded (call `powerOn`), or with a saved state.
    /// - Throws: `StateError` or `StateCodecError` for a bad saved state, `HostError` when the host
    ///   has no memory, `BootError` for firmware files or settings that can not be.
    public init(_ resources: PCResources, restoring tree: StateTree? = nil) throws {
        try Self.check(resources)
        self.resources = resources
        bus = Bus()
        ports = Bus()
        let environment = CPUEnvironment(
            memory: resources.context.memory, bus: bus, ports: ports, clock: resources.context.clock,
            timestampFrequency: PCMemoryMap.timestampFrequency, cpuCount: resources.cpuCount,
            entropy: resources.entropy)
        processors = try (0..<resources.cpuCount).map { try CPU(index: $0, environment: environment) }
        let parts = try PCFirmwareParts(resources)
        let states = try PCStates(resources, parts, tree)
        for (cpu, state) in zip(processors, states.cpus) { try cpu.restore(state) }
        devices = try PCDevices(resources, processors, parts, states)
        devices.attach(to: bus, ports: ports)
        // A machine that goes on where it was may look into its ROM before it is powered on again.
        if tree != nil { try loadFirmware() }
        resetOnShutdown()
    }

    private func resetOnShutdown() {
        for cpu in processors {
            cpu.onShutdown = { [control = resources.control, log = resources.context.log] in
                log.note("cpu", "a fault while the handler of a double fault was entered (triple fault): reset")
                control.request(.reset)
            }
        }
    }

    private static func check(_ resources: PCResources) throws(BootError) {
        if let problem = resources.identity.problem { throw BootError(problem) }
        guard resources.drives.count <= AHCIController.portCount else {
            throw BootError("the PC has room for \(AHCIController.portCount) drives beside its disks; remove some")
        }
        guard resources.disks.count <= PCDevices.maximumDiskCount else {
            throw BootError("the PC has room for \(PCDevices.maximumDiskCount) disks; remove some")
        }
        guard resources.ramByteCount >= PCMemoryMap.minimumRAMByteCount else {
            throw BootError(
                "a PC needs \(PCMemoryMap.minimumRAMByteCount >> 20) MiB of memory or more: give it more (--memory, "
                    + "or memory: in its machine.yaml)")
        }
    }

    public func picture() -> Picture? { devices.display?.vga.picture() }
    public func type(_ text: String) throws(UntypableCharacter) -> Int { try devices.keyboard.type(text) }

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
        switch resources.program {
        case .linux(let linux): try load(linux)
        case .firmware: try loadFirmware()
        case .bare(let program):
            throw BootError(
                "\(program.name) is a program for x86-64, and bare programs run on the board virt-riscv (riscv64) "
                    + "only: give this board a kernel or firmware")
        }
    }

    /// Puts the firmware into its ROM, where the first CPU begins.
    private func loadFirmware() throws(BootError) {
        guard case .firmware(let file, let payload) = resources.program else { return }
        guard payload == nil else {
            throw BootError("a PC's firmware starts what is on its disks: give a kernel without firmware")
        }
        try devices.rom.load(file)
    }
}

// The saved states of the board's parts: power-on states, or those of a state tree.
import Devices
import MachineCore
import RISCV
import StateCodec

/// The state of each part before the part is built.
struct BoardStates {
    var harts: [Hart.State]
    var aclint: ACLINT.State
    var plic: PLIC.State
    var powerControl: PowerControl.State
    var clock: GoldfishRTC.State
    var uart: UART16550.State
    var pciBridge: PCIHostBridge.State
    var entropy: VirtioPCIFunction<VirtioEntropy>.State
    var virtioConsole: VirtioPCIFunction<VirtioConsole>.State
    var disks: [BoardDevices.Disk.State]
    var supervisor: SupervisorBinaryInterface.State
    var hostTarget = HostTargetInterface.State()

    /// What `tree` says of every part, or power-on states without a tree.
    init(_ resources: BoardResources, _ tree: StateTree?) throws {
        func state<State: Codable>(
            _ path: String, _ version: StateVersion, _ powerOn: @autoclosure () -> State
        ) throws -> State {
            guard let tree else { return powerOn() }
            return try tree.decode(State.self, at: path, version: version)
        }
        let hartCount = resources.cpuCount
        harts = try (0..<hartCount).map { try state(StatePath.hart($0), Hart.stateVersion, .powerOn) }
        aclint = try state(StatePath.aclint, ACLINT.stateVersion, .init(hartCount: hartCount))
        plic = try state(
            StatePath.plic, PLIC.stateVersion,
            .init(sourceCount: MemoryMap.Interrupt.sourceCount, contextCount: 2 * hartCount))
        powerControl = try state(StatePath.powerControl, PowerControl.stateVersion, .init())
        clock = try state(StatePath.clock, GoldfishRTC.stateVersion, .init())
        uart = try state(StatePath.uart, UART16550.stateVersion, .init())
        pciBridge = try state(StatePath.pciBridge, PCIHostBridge.stateVersion, .powerOn)
        entropy = try state(
            StatePath.entropy, VirtioPCIFunction<VirtioEntropy>.stateVersion, .powerOn)
        let hasConsole = resources.virtioConsole != nil
        virtioConsole =
            hasConsole
            ? try state(StatePath.virtioConsole, VirtioPCIFunction<VirtioConsole>.stateVersion, .powerOn)
            : .powerOn
        disks = try resources.disks.indices.map {
            try state(StatePath.disk($0), BoardDevices.Disk.stateVersion, .powerOn)
        }
        let servesCalls = resources.program.servesSupervisorCalls
        let stopped = SupervisorBinaryInterface.State(hartCount: hartCount)
        supervisor =
            servesCalls
            ? try state(StatePath.supervisor, SupervisorBinaryInterface.stateVersion, stopped) : stopped
        if case .bare = resources.program {
            hostTarget = try state(StatePath.hostTarget, HostTargetInterface.stateVersion, .init())
        }
    }
}

/// The paths of the parts in the state tree.
enum StatePath {
    static func hart(_ index: Int) -> String { "cpus/\(index)" }
    static func disk(_ index: Int) -> String { "devices/disk\(index)" }
    static let aclint = "devices/aclint"
    static let plic = "devices/plic"
    static let powerControl = "devices/power"
    static let clock = "devices/rtc"
    static let uart = "devices/uart"
    static let pciBridge = "devices/pci"
    static let entropy = "devices/entropy"
    static let virtioConsole = "devices/console"
    static let supervisor = "firmware/sbi"
    static let hostTarget = "firmware/htif"
}

extension VirtRISCV {
    public func visitState(_ visitor: any StateVisitor) throws {
        for hart in harts {
            try visitor.visit(StatePath.hart(hart.index), version: Hart.stateVersion, hart.savedState)
        }
        func visit<Part: Snapshotting>(_ path: String, _ part: Part) throws {
            try visitor.visit(path, version: Part.stateVersion, part.state)
        }
        try visit(StatePath.aclint, devices.aclint)
        try visit(StatePath.plic, devices.plic)
        try visit(StatePath.powerControl, devices.powerControl)
        try visit(StatePath.clock, devices.clock)
        try visit(StatePath.uart, devices.uart)
        try visit(StatePath.pciBridge, devices.pciBridge)
        try visit(StatePath.entropy, devices.entropy)
        if let console = devices.virtioConsole { try visit(StatePath.virtioConsole, console) }
        for (index, disk) in devices.disks.enumerated() { try visit(StatePath.disk(index), disk) }
        if let supervisor {
            let version = SupervisorBinaryInterface.stateVersion
            try visitor.visit(StatePath.supervisor, version: version, supervisor.state)
        }
        if let hostTarget {
            try visitor.visit(StatePath.hostTarget, version: HostTargetInterface.stateVersion, hostTarget.state)
        }
    }
}

// The saved states of the PC's parts: power-on states, or those of a state tree.
import Devices
import MachineCore
import StateCodec
import X86

/// The state of each part before the part is built.
struct PCStates {
    var cpus: [CPU.State]
    var localAPICs: [LocalAPIC.State]
    var ioAPIC: IOAPIC.State
    var interruptControllers: InterruptController8259.State
    var timer: Timer8254.State
    var clock: ClockCMOS.State
    var uart: UART16550.State
    var powerManagement: PowerManagement.State
    var resetControl: ResetControl.State
    var hostBridge: Q35HostBridge.State
    var isaBridge: ICH9LPCBridge.State
    var configurationPorts: PCIConfigurationPorts.State
    var entropy: VirtioPCIFunction<VirtioEntropy>.State
    var virtioConsole: VirtioPCIFunction<VirtioConsole>.State
    var disks: [PCDevices.Disk.State]
    var keyboard: KeyboardController.State
    var systemControl: SystemControlPort.State
    var firmwareConfiguration: FirmwareConfiguration.State
    var drives: AHCIController.State
    var display: VGAFunction.State?

    /// What `tree` says of every part, or power-on states without a tree.
    init(_ resources: PCResources, _ parts: PCFirmwareParts, _ tree: StateTree?) throws {
        func state<State: Codable>(
            _ path: String, _ version: StateVersion, _ powerOn: @autoclosure () -> State
        ) throws -> State {
            guard let tree else { return powerOn() }
            return try tree.decode(State.self, at: path, version: version)
        }
        let numbers = 0..<resources.cpuCount
        cpus = try numbers.map { try state(PCStatePath.cpu($0), CPU.stateVersion, .powerOn) }
        localAPICs = try numbers.map {
            try state(PCStatePath.localAPIC($0), LocalAPIC.stateVersion, .init(index: $0))
        }
        ioAPIC = try state(PCStatePath.ioAPIC, IOAPIC.stateVersion, .init())
        interruptControllers = try state(
            PCStatePath.interruptControllers, InterruptController8259.stateVersion, .init())
        timer = try state(PCStatePath.timer, Timer8254.stateVersion, .init())
        clock = try state(PCStatePath.clock, ClockCMOS.stateVersion, .init(memory: parts.settingsMemory))
        uart = try state(PCStatePath.uart, UART16550.stateVersion, .init())
        powerManagement = try state(PCStatePath.powerManagement, PowerManagement.stateVersion, .init())
        resetControl = try state(PCStatePath.resetControl, ResetControl.stateVersion, .init())
        hostBridge = try state(PCStatePath.hostBridge, Q35HostBridge.stateVersion, .powerOn)
        isaBridge = try state(PCStatePath.isaBridge, ICH9LPCBridge.stateVersion, .powerOn)
        configurationPorts = try state(
            PCStatePath.configurationPorts, PCIConfigurationPorts.stateVersion, .init())
        entropy = try state(PCStatePath.entropy, VirtioPCIFunction<VirtioEntropy>.stateVersion, .powerOn)
        virtioConsole = resources.virtioConsole == nil
            ? .powerOn
            : try state(PCStatePath.virtioConsole, VirtioPCIFunction<VirtioConsole>.stateVersion, .powerOn)
        disks = try resources.disks.indices.map {
            try state(PCStatePath.disk($0), PCDevices.Disk.stateVersion, .powerOn)
        }
        keyboard = try state(PCStatePath.keyboard, KeyboardController.stateVersion, .init())
        systemControl = try state(PCStatePath.systemControl, SystemControlPort.stateVersion, .init())
        firmwareConfiguration = try state(
            PCStatePath.firmwareConfiguration, FirmwareConfiguration.stateVersion, .init())
        drives = resources.drives.isEmpty
            ? .powerOn([])
            : try state(PCStatePath.drives, AHCIController.stateVersion, .powerOn(resources.drives))
        display = try resources.videoMemory.map {
            try state(
                PCStatePath.display, VGAFunction.stateVersion,
                .init(videoMemoryByteCount: $0.byteCount))
        }
    }
}

/// The paths of the parts in the state tree.
enum PCStatePath {
    static func cpu(_ index: Int) -> String { "cpus/\(index)" }
    static func localAPIC(_ index: Int) -> String { "devices/apic\(index)" }
    static func disk(_ index: Int) -> String { "devices/disk\(index)" }
    static let ioAPIC = "devices/ioapic"
    static let interruptControllers = "devices/pic"
    static let timer = "devices/pit"
    static let clock = "devices/rtc"
    static let uart = "devices/uart"
    static let powerManagement = "devices/power"
    static let resetControl = "devices/reset"
    static let hostBridge = "devices/pci"
    static let isaBridge = "devices/isa"
    static let configurationPorts = "devices/pci-ports"
    static let entropy = "devices/entropy"
    static let virtioConsole = "devices/console"
    static let keyboard = "devices/keyboard"
    static let systemControl = "devices/port92"
    static let firmwareConfiguration = "devices/fw_cfg"
    static let drives = "devices/sata"
    static let display = "devices/vga"
}

extension PCBoard {
    public func visitState(_ visitor: any StateVisitor) throws {
        for cpu in processors {
            try visitor.visit(PCStatePath.cpu(cpu.index), version: CPU.stateVersion, cpu.savedState)
        }
        func visit<Part: Snapshotting>(_ path: String, _ part: Part) throws {
            try visitor.visit(path, version: Part.stateVersion, part.state)
        }
        for (index, controller) in devices.localAPICs.enumerated() {
            try visit(PCStatePath.localAPIC(index), controller)
        }
        try visit(PCStatePath.ioAPIC, devices.ioAPIC)
        try visit(PCStatePath.interruptControllers, devices.interruptControllers)
        try visit(PCStatePath.timer, devices.timer)
        try visit(PCStatePath.clock, devices.clock)
        try visit(PCStatePath.uart, devices.uart)
        try visit(PCStatePath.powerManagement, devices.powerManagement)
        try visit(PCStatePath.resetControl, devices.resetControl)
        try visit(PCStatePath.hostBridge, devices.hostBridge)
        try visit(PCStatePath.isaBridge, devices.isaBridge)
        try visit(PCStatePath.configurationPorts, devices.configurationPorts)
        try visit(PCStatePath.entropy, devices.entropy)
        if let console = devices.virtioConsole { try visit(PCStatePath.virtioConsole, console) }
        for (index, disk) in devices.disks.enumerated() { try visit(PCStatePath.disk(index), disk) }
        try visit(PCStatePath.keyboard, devices.keyboard)
        try visit(PCStatePath.systemControl, devices.systemControl)
        try visit(PCStatePath.firmwareConfiguration, devices.firmwareConfiguration)
        if let drives = devices.drives { try visit(PCStatePath.drives, drives) }
        if let display = devices.display { try visit(PCStatePath.display, display) }
    }
}

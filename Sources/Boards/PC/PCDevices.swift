// The devices of the PC, their wiring and their places.
import Devices
import MachineCore
import X86

/// Every device of the board. Built in the order of the wires: controllers before what they serve.
struct PCDevices {
    typealias Disk = VirtioPCIFunction<VirtioBlock>

    let localAPICs: [LocalAPIC]
    let ioAPIC: IOAPIC
    let interruptControllers: InterruptController8259
    let timer: Timer8254
    let clock: ClockCMOS
    let uart: UART16550
    let powerManagement: PowerManagement
    let resetControl: ResetControl
    let exitDevice: ExitDevice
    let hostBridge: Q35HostBridge
    let isaBridge: ICH9LPCBridge
    let pciHost: PCIHost
    let configurationPorts: PCIConfigurationPorts
    let disks: [Disk]
    let virtioConsole: VirtioPCIFunction<VirtioConsole>?
    let entropy: VirtioPCIFunction<VirtioEntropy>
    let rom = FirmwareROM()
    let shadow: ShadowMemory
    let keyboard: KeyboardController
    let systemControl: SystemControlPort
    let firmwareConfiguration: FirmwareConfiguration
    let firmwareLog: DebugConsole?
    let drives: AHCIController?
    let display: VGAFunction?
    private let messages = InterruptMessageBus()
    private let isaInterrupts: ISAInterrupts
    private let configurationWindow: any Device
    private let memoryWindow: any Device

    /// PCI device numbers: entropy, console, then the disks; the display is the last one below the bridge.
    enum Slot {
        static let entropy = 1
        static let console = 2
        static let firstDisk = 3
        static let display = ICH9LPCBridge.device - 1
    }

    /// How many disks find room below the display.
    static let maximumDiskCount = Slot.display - Slot.firstDisk

    init(
        _ resources: PCResources, _ cpus: [CPU], _ parts: PCFirmwareParts, _ states: PCStates
    ) throws(StateError) {
        let context = resources.context
        let external = ExternalInterrupts()
        localAPICs = try Self.makeLocalAPICs(context, cpus, messages, external, states)
        ioAPIC = try IOAPIC(messages, restoring: states.ioAPIC)
        messages.attach(ioAPIC)
        // The 8259s' wire ends at the first CPU.
        interruptControllers = try InterruptController8259(
            .init(output: InterruptLine(to: localAPICs[0], input: 0)), restoring: states.interruptControllers)
        external.source = interruptControllers
        isaInterrupts = ISAInterrupts(interruptControllers, ioAPIC)
        let isa = isaInterrupts
        func wire(_ number: Int) -> InterruptLine { InterruptLine(to: isa, input: number) }
        timer = try Timer8254(
            .init(context: context, interrupt: wire(PCMemoryMap.Interrupt.timer)), restoring: states.timer)
        clock = try ClockCMOS(
            .init(context: context, interrupt: wire(PCMemoryMap.Interrupt.clock)), restoring: states.clock)
        uart = try UART16550(
            .init(port: resources.console, interrupt: wire(PCMemoryMap.Interrupt.serial)), restoring: states.uart)
        resetControl = try ResetControl(.init(control: resources.control), restoring: states.resetControl)
        exitDevice = try ExitDevice(.init(control: resources.control), restoring: .init())
        // The CPUs' caches of translations hold what is RAM, and what memory of devices may be used like it.
        let memoryChanged: () -> Void = { for cpu in cpus { cpu.forgetTranslations() } }
        context.memory.restrict(PCMemoryMap.video, to: .none)
        let shadow = ShadowMemory(context.memory, rom, changed: memoryChanged)
        self.shadow = shadow
        hostBridge = try Q35HostBridge(.init { shadow.set($0) }, restoring: states.hostBridge)
        let inputs = ioAPIC
        isaBridge = try ICH9LPCBridge(
            .init(
                apicLines: (0..<PCIInterruptRouting.inputCount).map {
                    InterruptLine(to: inputs, input: PCIInterruptRouting.firstAPICInput + $0)
                }, isaLines: (0..<16).map(wire)), restoring: states.isaBridge)
        powerManagement = try PowerManagement(
            .init(context: context, interrupt: isaBridge.systemControlLine, control: resources.control),
            restoring: states.powerManagement)
        pciHost = PCIHost(bridge: hostBridge)
        pciHost.attach(isaBridge, device: ICH9LPCBridge.device)
        configurationPorts = try PCIConfigurationPorts(
            .init(host: pciHost, resetControl: resetControl), restoring: states.configurationPorts)
        (entropy, virtioConsole, disks) = try Self.makeVirtioDevices(resources, isaBridge, states)
        pciHost.attach(entropy, device: Slot.entropy)
        if let virtioConsole { pciHost.attach(virtioConsole, device: Slot.console) }
        for (index, disk) in disks.enumerated() { pciHost.attach(disk, device: Slot.firstDisk + index) }
        // Address line 20 is never held down: no processor of the last years knows that gate.
        let gate = AddressLine20Gate { _ in }
        keyboard = try KeyboardController(
            .init(
                context: context, keyboardInterrupt: wire(PCMemoryMap.Interrupt.keyboard),
                mouseInterrupt: wire(PCMemoryMap.Interrupt.mouse), addressLine20: gate.line(.keyboardController),
                control: resources.control), restoring: states.keyboard)
        systemControl = try SystemControlPort(
            .init(addressLine20: gate.line(.systemControl), control: resources.control),
            restoring: states.systemControl)
        firmwareConfiguration = try FirmwareConfiguration(
            .init(context: context, items: parts.items), restoring: states.firmwareConfiguration)
        firmwareLog = try resources.firmwareLog.map { output throws(StateError) in
            try DebugConsole(.init(output: output), restoring: .init())
        }
        drives = try Self.makeDrives(resources, isaBridge, states)
        display = try Self.makeDisplay(resources, parts, states, windowChanged: memoryChanged)
        pciHost.routesChanged = memoryChanged
        if let drives { pciHost.attach(drives, device: ICH9LPCBridge.device, function: AHCIController.function) }
        if let display { pciHost.attach(display, device: Slot.display) }
        configurationWindow = pciHost.makeConfigurationWindow()
        memoryWindow = pciHost.makeMemoryWindow(PCMemoryMap.pciMemory)
    }

    private static func makeLocalAPICs(
        _ context: DeviceContext, _ cpus: [CPU], _ messages: InterruptMessageBus, _ external: ExternalInterrupts,
        _ states: PCStates
    ) throws(StateError) -> [LocalAPIC] {
        var made: [LocalAPIC] = []
        for (cpu, state) in zip(cpus, states.localAPICs) {
            let controller = try LocalAPIC(
                .init(
                    context: context, index: cpu.index, messages: messages,
                    timestampFrequency: PCMemoryMap.timestampFrequency,
                    timestampOffset: { [unowned cpu] in cpu.state.pointee.tscOffset },
                    acknowledgeExternal: { external.source?.acknowledge() ?? 0 }),
                restoring: state)
            controller.cpu = cpu
            cpu.interruptController = controller
            messages.attach(controller)
            made.append(controller)
        }
        return made
    }

    private static func makeVirtioDevices(
        _ resources: PCResources, _ bridge: ICH9LPCBridge, _ states: PCStates
    ) throws(StateError) -> (VirtioPCIFunction<VirtioEntropy>, VirtioPCIFunction<VirtioConsole>?, [Disk]) {
        func function<Model: VirtioDevice>(
            _ name: String, _ slot: Int, _ device: Model.Resources, _ state: VirtioPCIFunction<Model>.State
        ) throws(StateError) -> VirtioPCIFunction<Model> {
            try VirtioPCIFunction<Model>(
                .init(
                    name: name, context: resources.context, interrupt: bridge.line(device: slot, pin: 1),
                    device: device),
                restoring: state)
        }
        let entropy: VirtioPCIFunction<VirtioEntropy> = try function(
            "entropy", Slot.entropy, .init(source: resources.entropy), states.entropy)
        var console: VirtioPCIFunction<VirtioConsole>?
        if let port = resources.virtioConsole {
            console = try function("console", Slot.console, .init(port: port), states.virtioConsole)
        }
        var disks: [Disk] = []
        for (index, disk) in resources.disks.enumerated() {
            disks.append(
                try function(
                    "disk\(index)", Slot.firstDisk + index, .init(backend: disk.backend, serial: disk.serial),
                    states.disks[index]))
        }
        return (entropy, console, disks)
    }

    private static func makeDrives(
        _ resources: PCResources, _ bridge: ICH9LPCBridge, _ states: PCStates
    ) throws(StateError) -> AHCIController? {
        guard !resources.drives.isEmpty else { return nil }
        return try AHCIController(
            .init(
                context: resources.context, interrupt: bridge.line(device: ICH9LPCBridge.device, pin: 1),
                attachments: resources.drives), restoring: states.drives)
    }

    private static func makeDisplay(
        _ resources: PCResources, _ parts: PCFirmwareParts, _ states: PCStates,
        windowChanged: @escaping () -> Void
    ) throws(StateError) -> VGAFunction? {
        guard let memory = resources.videoMemory, let state = states.display else { return nil }
        let vga = VGA.Resources(
            clock: resources.context.clock, videoMemory: memory, windowChanged: windowChanged)
        return try VGAFunction(.init(vga: vga, rom: parts.videoBIOS), restoring: state)
    }

    /// Places every device at its addresses and ports.
    func attach(to bus: Bus, ports: Bus) {
        bus.attach(ioAPIC, at: PCMemoryMap.ioAPIC)
        bus.attach(configurationWindow, at: PCMemoryMap.pciConfiguration)
        bus.attach(memoryWindow, at: PCMemoryMap.pciMemory)
        bus.attach(shadow, at: PCMemoryMap.shadow)
        bus.attach(rom, at: PCMemoryMap.firmware)
        attachDisplay(to: bus, ports)
        attachFirmwareDevices(to: ports)
        let map = PCMemoryMap.window
        ports.attach(interruptControllers.makePorts(of: 0), at: PCMemoryMap.Port.firstInterruptController)
        ports.attach(interruptControllers.makePorts(of: 1), at: PCMemoryMap.Port.secondInterruptController)
        ports.attach(interruptControllers.makeTriggerPorts(), at: PCMemoryMap.Port.triggers)
        ports.attach(timer, at: PCMemoryMap.Port.timer)
        ports.attach(timer.makeSpeakerPort(), at: PCMemoryMap.Port.speaker)
        ports.attach(clock, at: PCMemoryMap.Port.clock)
        ports.attach(uart, at: PCMemoryMap.Port.serial)
        ports.attach(exitDevice, at: map(ExitDevice.firstPort, ExitDevice.portCount))
        ports.attach(configurationPorts, at: map(PCIConfigurationPorts.firstPort, PCIConfigurationPorts.portCount))
        ports.attach(
            GatedWindow(powerManagement) { [isaBridge] in
                isaBridge.powerManagementBase == PowerManagement.firmwareBase
            }, at: map(UInt64(PowerManagement.firmwareBase), PowerManagement.portCount))
        ports.attach(powerManagement.makeCommandPorts(), at: map(PowerManagement.commandPort, 2))
    }

    private func attachDisplay(to bus: Bus, _ ports: Bus) {
        guard let vga = display?.vga else { return }
        bus.attach(vga.makeMemoryWindow(), at: PCMemoryMap.video)
        ports.attach(vga.makePortWindow(), at: VGA.ports)
        ports.attach(vga.makeVBEPortWindow(), at: VGA.vbePorts)
    }

    private func attachFirmwareDevices(to ports: Bus) {
        ports.attach(keyboard.makeDataPort(), at: PCMemoryMap.Port.keyboardData)
        ports.attach(keyboard.makeCommandPort(), at: PCMemoryMap.Port.keyboardCommand)
        ports.attach(systemControl, at: PCMemoryMap.Port.systemControl)
        let window = PCMemoryMap.window(FirmwareConfiguration.firstPort, FirmwareConfiguration.portCount)
        ports.attach(firmwareConfiguration, at: window)
        if let firmwareLog { ports.attach(firmwareLog, at: PCMemoryMap.Port.firmwareLog) }
    }

    /// Pulls the reset line of every device.
    func reset() {
        for controller in localAPICs { controller.reset() }
        interruptControllers.reset()
        keyboard.reset()
        let all: [any Device] = [
            ioAPIC, timer, clock, uart, resetControl, configurationPorts, powerManagement, systemControl,
            firmwareConfiguration, configurationWindow,
        ]
        for device in all { device.reset() }
    }
}

/// Lets the local APICs reach the 8259s, which need a local APIC.
final class ExternalInterrupts {
    weak var source: InterruptController8259?
}

/// The ISA bus's wires, which end at the 8259s and at the I/O APIC.
final class ISAInterrupts: InterruptSink {
    private let controllers: InterruptController8259
    private let ioAPIC: IOAPIC

    init(_ controllers: InterruptController8259, _ ioAPIC: IOAPIC) {
        self.controllers = controllers
        self.ioAPIC = ioAPIC
    }

    func setInput(_ input: Int, to level: Bool) {
        controllers.setInput(input, to: level)
        // The timer's wire is input 2 of the I/O APIC, where the 8259s have their cascade.
        ioAPIC.setInput(input == 0 ? 2 : input, to: level)
    }
}

// The devices of the board, their wiring and their places.
import Devices
import MachineCore
import RISCV

/// Every device of a board. Built in the order of the wires: controllers before what they serve.
struct BoardDevices {
    typealias Disk = VirtioPCIFunction<VirtioBlock>

    let aclint: ACLINT
    let plic: PLIC
    let powerControl: PowerControl
    let clock: GoldfishRTC
    let uart: UART16550
    let pciBridge: PCIHostBridge
    let pciHost: PCIHost
    let disks: [Disk]
    let virtioConsole: VirtioPCIFunction<VirtioConsole>?
    let entropy: VirtioPCIFunction<VirtioEntropy>
    private let pciConfiguration: any Device
    private let pciMemory: any Device

    /// PCI device numbers: entropy, console, then the disks.
    private enum Slot {
        static let entropy = 1
        static let console = 2
        static let firstDisk = 3
    }

    /// How many disks find room on the bus.
    static let maximumDiskCount = PCIHost.deviceCount - Slot.firstDisk

    init(
        _ resources: BoardResources, _ harts: [Hart], _ timebase: Timebase, _ states: BoardStates
    ) throws(StateError) {
        let context = resources.context
        aclint = try Self.makeACLINT(context, harts, timebase, states)
        plic = try Self.makePLIC(harts, states)
        let interrupts = plic
        func wire(_ source: Int) -> InterruptLine { InterruptLine(to: interrupts, input: source) }
        powerControl = try PowerControl(.init(control: resources.control), restoring: states.powerControl)
        clock = try GoldfishRTC(
            .init(context: context, interrupt: wire(MemoryMap.Interrupt.clock)), restoring: states.clock)
        uart = try UART16550(
            .init(port: resources.console, interrupt: wire(MemoryMap.Interrupt.uart)), restoring: states.uart)
        pciBridge = try PCIHostBridge((), restoring: states.pciBridge)
        pciHost = PCIHost(bridge: pciBridge)

        func function<Model: VirtioDevice>(
            _ name: String, _ slot: Int, _ device: Model.Resources, _ state: VirtioPCIFunction<Model>.State
        ) throws(StateError) -> VirtioPCIFunction<Model> {
            try VirtioPCIFunction<Model>(
                .init(
                    name: name, context: context, interrupt: wire(MemoryMap.Interrupt.pci(device: slot, pin: 0)),
                    device: device),
                restoring: state)
        }
        entropy = try function("entropy", Slot.entropy, .init(source: resources.entropy), states.entropy)
        pciHost.attach(entropy, device: Slot.entropy)
        if let port = resources.virtioConsole {
            let console: VirtioPCIFunction<VirtioConsole> =
                try function("console", Slot.console, .init(port: port), states.virtioConsole)
            pciHost.attach(console, device: Slot.console)
            virtioConsole = console
        } else {
            virtioConsole = nil
        }
        var disks: [Disk] = []
        for (index, disk) in resources.disks.enumerated() {
            let made: Disk = try function(
                "disk\(index)", Slot.firstDisk + index, .init(backend: disk.backend, serial: disk.serial),
                states.disks[index])
            pciHost.attach(made, device: Slot.firstDisk + index)
            disks.append(made)
        }
        self.disks = disks
        pciConfiguration = pciHost.makeConfigurationWindow()
        pciMemory = pciHost.makeMemoryWindow(MemoryMap.pciMemory)
    }

    private static func makeACLINT(
        _ context: DeviceContext, _ harts: [Hart], _ timebase: Timebase, _ states: BoardStates
    ) throws(StateError) -> ACLINT {
        let moved = TimeChange()
        func lines(_ interrupt: RISCV.Interrupt) -> [InterruptLine] {
            harts.map { InterruptLine(to: $0, input: interrupt.rawValue) }
        }
        let aclint = try ACLINT(
            .init(
                context: context, softwareLines: lines(.machineSoftware), timerLines: lines(.machineTimer),
                nanosecondsPerTick: timebase.nanosecondsPerTick, timeChanged: { moved.handler?() }),
            restoring: states.aclint)
        moved.handler = { [unowned aclint] in
            timebase.offset = aclint.state.timeOffset
            // Every deadline that was computed from the time is void.
            for hart in harts { hart.requestExit() }
        }
        timebase.offset = aclint.state.timeOffset
        return aclint
    }

    private static func makePLIC(_ harts: [Hart], _ states: BoardStates) throws(StateError) -> PLIC {
        let contexts = harts.flatMap { hart in
            [RISCV.Interrupt.machineExternal, .supervisorExternal].map {
                InterruptLine(to: hart, input: $0.rawValue)
            }
        }
        return try PLIC(.init(contextLines: contexts), restoring: states.plic)
    }

    /// Places every device at its addresses.
    func attach(to bus: Bus) {
        bus.attach(powerControl, at: MemoryMap.powerControl)
        bus.attach(clock, at: MemoryMap.clock)
        bus.attach(aclint, at: MemoryMap.aclint)
        bus.attach(plic, at: MemoryMap.plic)
        bus.attach(uart, at: MemoryMap.uart)
        bus.attach(pciConfiguration, at: MemoryMap.pciConfiguration)
        bus.attach(pciMemory, at: MemoryMap.pciMemory)
    }

    /// Pulls the reset line of every device.
    func reset() {
        let all: [any Device] = [powerControl, clock, aclint, plic, uart, pciConfiguration]
        for device in all { device.reset() }
    }
}

/// Lets the ACLINT tell about a jump of time to someone who needs the ACLINT.
private final class TimeChange {
    var handler: (() -> Void)?
}

// A machine with one virtio function, and the accesses of a guest to it.
import Devices
import MachineCore

/// RAM, a PCI host and one virtio function as device 3. The guest side is in the extensions.
final class VirtioTestMachine<Model: VirtioDevice> {
    typealias Function = VirtioPCIFunction<Model>

    static var ecamBase: UInt64 { 0x3000_0000 }
    static var windowBase: UInt64 { 0x4000_0000 }
    static var ramBase: UInt64 { 0x8000_0000 }
    static var device: UInt64 { 3 }
    static var wire: Int { 35 }

    let memory: GuestMemory
    let bus = Bus()
    let wires = PCIWireRecorder()
    let log = VirtioLogRecorder()
    let function: Function
    /// What the guest's driver knows.
    var driver = VirtioTestDriver()

    init(
        _ resources: Model.Resources, state: Function.State = .powerOn, ramByteCount: UInt64 = 1 << 20,
        copying source: VirtioTestMachine? = nil
    ) throws {
        memory = try GuestMemory(base: Self.ramBase, byteCount: ramByteCount)
        if let source {
            memory.hostBase.copyMemory(from: source.memory.hostBase, byteCount: Int(ramByteCount))
            driver = source.driver
        }
        let log = log
        let clock = VirtualClock(
            state: VirtualClock.State(mode: .deterministic(nanosecondsPerInstruction: 1), epochOffset: 0),
            hostNanoseconds: { 0 })
        let context = DeviceContext(
            memory: memory, clock: clock, timers: TimerQueue(),
            log: MachineLog(linesPerSource: 1000) { log.append($0) })
        function = try Function(
            Function.Resources(
                name: "virtio-under-test", context: context,
                interrupt: InterruptLine(to: wires, input: Self.wire), device: resources),
            restoring: state)
        let host = PCIHost(bridge: try PCIHostBridge((), restoring: .powerOn))
        host.attach(function, device: Int(Self.device))
        let memoryWindow = Self.windowBase..<Self.ramBase
        bus.attach(host.makeConfigurationWindow(), at: Self.ecamBase..<(Self.ecamBase + (1 << 20)))
        bus.attach(host.makeMemoryWindow(memoryWindow), at: memoryWindow)
    }

    /// Another machine with the same contents: RAM, state and the driver's knowledge.
    func copy(_ resources: Model.Resources) throws -> VirtioTestMachine {
        try VirtioTestMachine(
            resources, state: encodedAndDecoded(function.state), ramByteCount: memory.byteCount,
            copying: self)
    }

    var interruptIsHigh: Bool { wires.isHigh(Self.wire) }

    // MARK: Accesses

    func read(_ address: UInt64, _ width: AccessWidth) -> UInt64 {
        bus.read(at: address, width: width) ?? 0xdead
    }
    func write(_ value: UInt64, _ address: UInt64, _ width: AccessWidth) {
        _ = bus.write(value, at: address, width: width)
    }

    func readConfiguration(_ offset: UInt64, _ width: AccessWidth = .word, device: UInt64 = 3) -> UInt64 {
        read(Self.ecamBase + device << 15 + offset, width)
    }
    func writeConfiguration(_ value: UInt64, _ offset: UInt64, _ width: AccessWidth = .word) {
        write(value, Self.ecamBase + Self.device << 15 + offset, width)
    }

    func readCommon(_ offset: UInt64, _ width: AccessWidth) -> UInt64 { read(driver.common + offset, width) }
    func writeCommon(_ value: UInt64, _ offset: UInt64, _ width: AccessWidth) {
        write(value, driver.common + offset, width)
    }

    var status: UInt8 {
        get { UInt8(readCommon(0x14, .byte)) }
        set { writeCommon(UInt64(newValue), 0x14, .byte) }
    }

    func readInterruptStatus() -> UInt64 { read(driver.interrupt, .byte) }
}

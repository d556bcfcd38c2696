// The part of a virtio device that does not depend on its kind: status, features, queues, interrupt.
import MachineCore

/// Carries one virtio device: negotiates with the driver, holds the queues and drives the interrupt.
///
/// A driver that breaks the rules of the standard gets DEVICE_NEEDS_RESET (virtio 1.2, 2.1.2) and a
/// line in the log; from then on no queue is touched until it resets the device.
public final class VirtioTransport {
    /// What the guest can see of the transport.
    public struct State: Codable, Equatable, Sendable {
        /// Which 32 bits of the offered features are shown.
        public internal(set) var deviceFeatureSelect: UInt32 = 0
        /// Which 32 bits of the accepted features are shown.
        public internal(set) var driverFeatureSelect: UInt32 = 0
        /// The features that the driver accepted so far.
        public internal(set) var driverFeatures: UInt64 = 0
        /// The device status.
        public internal(set) var status: UInt8 = 0
        /// The queue whose fields are shown.
        public internal(set) var queueSelect: UInt16 = 0
        /// Causes of the interrupt that the driver has not read yet.
        public internal(set) var interruptStatus: UInt8 = 0
        /// Changes whenever the device-specific configuration does.
        public internal(set) var configurationGeneration: UInt8 = 0
        /// The queues, in the order of their indexes.
        public internal(set) var queues: [Virtqueue]

        init(queueSizes: [UInt16]) { queues = queueSizes.map { Virtqueue(size: $0) } }
    }

    /// The state now.
    public internal(set) var state: State
    /// The device's name for the log.
    public let name: String
    /// The features that the driver may accept.
    let offeredFeatures: UInt64
    /// The greatest size of each queue.
    let queueSizes: [UInt16]
    let memory: GuestMemory

    /// The device may access memory; follows the PCI command register.
    var isBusMaster = false
    /// The wire stays low; follows the PCI command register.
    var isInterruptDisabled = false

    private let log: MachineLog
    private let interrupt: InterruptLine

    /// Restores a transport. Its two PCI settings have to follow before it is used.
    init(
        name: String, context: DeviceContext, interrupt: InterruptLine, features: UInt64,
        queueSizes: [UInt16], restoring state: State
    ) throws(StateError) {
        self.name = name
        memory = context.memory
        log = context.log
        self.interrupt = interrupt
        offeredFeatures = features | VirtioFeature.common
        self.queueSizes = queueSizes
        self.state = state
        try check()
    }

    /// The driver is ready and nothing went wrong: queues may be used.
    public var isRunning: Bool {
        state.status & (VirtioStatus.driverReady | VirtioStatus.needsReset) == VirtioStatus.driverReady
    }

    /// Did the driver accept all of these feature bits?
    public func isNegotiated(_ features: UInt64) -> Bool { state.driverFeatures & features == features }

    /// Marks the device as failed because its driver broke a rule.
    public func fail(_ reason: @autoclosure () -> String) {
        guard state.status & VirtioStatus.needsReset == 0 else { return }
        state.status |= VirtioStatus.needsReset
        log.note(name, "the guest's driver broke a rule, the device needs a reset: \(reason())")
        if state.status & VirtioStatus.driverReady != 0 { raise(VirtioInterrupt.configuration) }
    }

    /// Tells the driver that the device-specific configuration is another now (virtio 1.2, 2.5).
    public func configurationChanged() {
        state.configurationGeneration &+= 1
        if isRunning { raise(VirtioInterrupt.configuration) }
    }

    /// Back to the state after power-on; the driver sees that as a reset as well.
    func reset() {
        state = State(queueSizes: queueSizes)
        updateInterrupt()
    }

    // MARK: Interrupt

    func raise(_ causes: UInt8) {
        state.interruptStatus |= causes
        updateInterrupt()
    }

    /// The causes; reading takes them away and lets go of the wire (virtio 1.2, 4.1.4.5).
    func takeInterruptStatus() -> UInt8 {
        let causes = state.interruptStatus
        state.interruptStatus = 0
        updateInterrupt()
        return causes
    }

    /// Drives the wire to where the state says.
    func updateInterrupt() { interrupt.set(state.interruptStatus != 0 && !isInterruptDisabled) }

    // MARK: Restoring

    private func check() throws(StateError) {
        guard state.queues.count == queueSizes.count else {
            throw StateError(part: name, reason: "\(state.queues.count) queues, not \(queueSizes.count)")
        }
        if state.status & VirtioStatus.featuresAccepted != 0, state.driverFeatures & ~offeredFeatures != 0 {
            throw StateError(part: name, reason: "the driver uses features that this device does not have")
        }
        for (queue, limit) in zip(state.queues, queueSizes) {
            guard Virtqueue.isValidSize(queue.size, maximum: limit) else {
                throw StateError(part: name, reason: "a queue of \(queue.size) entries")
            }
            guard queue.isEnabled else { continue }
            do { try queue.checkAreas(memory) } catch { throw StateError(part: name, reason: "\(error)") }
        }
    }
}

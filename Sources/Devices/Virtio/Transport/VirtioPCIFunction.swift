// A virtio device as a PCI function (virtio 1.2, 4.1; modern interface only).
import MachineCore

/// Carries a virtio device of the kind `Model` over PCI: one 64-bit memory BAR, INTx, no MSI-X.
public final class VirtioPCIFunction<Model: VirtioDevice>: PCIFunction, Snapshotting {
    /// What the guest can see of the function: its configuration space, the transport, the device.
    public struct State: Codable, Equatable, Sendable {
        /// The contents of the PCI configuration space: 256 bytes.
        public var configuration: [UInt8]
        /// Status, features, queues, interrupt.
        public var transport: VirtioTransport.State
        /// The state of the device model.
        public var device: Model.State

        /// The state after power-on.
        public static var powerOn: State {
            State(
                configuration: VirtioPCILayout.make(for: Model.self).layout.initial,
                transport: VirtioTransport.State(queueSizes: Model.queueSizes), device: Model.powerOn)
        }
    }

    /// The live things that the function works with.
    public struct Resources {
        /// The device's name for the log, for instance `virtio-block at 00:02.0`.
        public var name: String
        /// RAM and the log.
        public var context: DeviceContext
        /// Where INTA# of this function ends.
        public var interrupt: InterruptLine
        /// What the device model works with.
        public var device: Model.Resources

        /// Collects the resources of one function.
        public init(name: String, context: DeviceContext, interrupt: InterruptLine, device: Model.Resources) {
            self.name = name
            self.context = context
            self.interrupt = interrupt
            self.device = device
        }
    }

    /// Counts changes of the transport's state in the high byte, of the model's in the low one.
    public static var stateVersion: StateVersion { 1 << 8 | StateVersion(Model.stateVersion) }

    /// The device model.
    public let device: Model
    let transport: VirtioTransport
    var configuration: PCIConfiguration
    /// Where in the configuration space the capability of the configuration access window is.
    let windowCapability: Int

    /// Builds the function. Restoring a saved one needs the RAM of the same moment: requests in flight
    /// are read from it and started again.
    public init(_ resources: Resources, restoring state: State) throws(StateError) {
        let (layout, windowCapability) = VirtioPCILayout.make(for: Model.self)
        self.windowCapability = windowCapability
        configuration = try PCIConfiguration(
            layout, restoring: state.configuration, part: resources.name)
        transport = try VirtioTransport(
            name: resources.name, context: resources.context, interrupt: resources.interrupt,
            features: Model.features(resources.device), queueSizes: Model.queueSizes,
            restoring: state.transport)
        // Set before the model comes to life: it may use the queues and the wire at once.
        transport.isBusMaster = configuration.isBusMaster
        transport.isInterruptDisabled = configuration.isInterruptDisabled
        device = try Model(resources.device, transport: transport, restoring: state.device)
        transport.updateInterrupt()
    }

    public var state: State {
        State(configuration: configuration.bytes, transport: transport.state, device: device.state)
    }

    public func reset() {
        configuration.reset()
        followCommandRegister()
        resetDevice()
    }

    /// The reset that a driver can ask for: PCI configuration stays.
    func resetDevice() {
        transport.reset()
        device.reset()
    }

    /// Lets every queue be looked at, whoever notified about it.
    func notifyAllQueues() {
        for queue in Model.queueSizes.indices { device.notify(queue: queue) }
    }

    /// Takes over what the command register says about memory and the wire.
    func followCommandRegister() {
        let becomesBusMaster = configuration.isBusMaster && !transport.isBusMaster
        transport.isBusMaster = configuration.isBusMaster
        transport.isInterruptDisabled = configuration.isInterruptDisabled
        transport.updateInterrupt()
        // What was notified about while the device could not look has to be served now.
        if becomesBusMaster, transport.isRunning { notifyAllQueues() }
    }
}

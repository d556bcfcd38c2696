// A generic PCI host: one bus, reached through a configuration window (ECAM) and a memory window.
import MachineCore

/// The host side of PCI bus 0, as `pci-host-ecam-generic` describes it: up to 32 devices with one
/// function each, and a host bridge as device 0.
///
/// Holds no guest-visible state of its own: that is in the functions. Which function answers at an
/// address is derived from their configuration spaces.
public final class PCIHost {
    /// The number of devices on a bus.
    public static let deviceCount = 32

    /// A range of memory and who answers there.
    struct Route {
        let range: PCIDecodedRange
        let function: any PCIFunction
    }

    private var functions = [(any PCIFunction)?](repeating: nil, count: PCIHost.deviceCount)
    /// What the functions decode now, by device number.
    private var routes: [Route] = []

    /// A bus with a host bridge only.
    public init(bridge: PCIHostBridge) {
        attach(bridge, device: 0)
    }

    /// Puts `function` on the bus as function 0 of a device, in the state that it has.
    /// - Parameter device: 0 (the bridge) to 31.
    /// - Precondition: the number is free: a board's table decides it, not its input.
    public func attach(_ function: any PCIFunction, device: Int) {
        precondition(functions.indices.contains(device), "a PCI bus has devices 0 to 31")
        precondition(functions[device] == nil, "two functions as PCI device \(device)")
        functions[device] = function
        findRoutes()
    }

    /// Makes the device through which the guest reaches configuration spaces. Its reset is the reset
    /// of the bus: all functions return to their power-on state.
    public func makeConfigurationWindow() -> any Device { PCIConfigurationWindow(host: self) }

    /// Makes the device through which the guest reaches memory behind BARs.
    /// - Parameter range: the guest-physical addresses at which the board places the window.
    public func makeMemoryWindow(_ range: Range<GuestPhysicalAddress>) -> any Device {
        PCIMemoryWindow(host: self, base: range.lowerBound)
    }

    /// The value read, or nil when there is no such device.
    func readConfiguration(device: Int, at offset: Int, width: AccessWidth) -> UInt64? {
        functions[device]?.readConfiguration(at: offset, width: width)
    }

    func writeConfiguration(_ value: UInt64, device: Int, at offset: Int, width: AccessWidth) {
        guard let function = functions[device] else { return }
        function.writeConfiguration(value, at: offset, width: width)
        findRoutes()
    }

    /// Who answers at `address`, and at which offset. Where a guest lets BARs overlap, the lowest device
    /// number does: on a real bus the outcome would be undefined.
    func target(at address: GuestPhysicalAddress, width: AccessWidth) -> (route: Route, offset: UInt64)? {
        for route in routes {
            if let offset = route.range.offset(of: address, width: width) { return (route, offset) }
        }
        return nil
    }

    func reset() {
        for case let function? in functions { function.reset() }
        findRoutes()
    }

    private func findRoutes() {
        routes = functions.compactMap { $0 }.flatMap { function in
            function.decodedRanges.map { Route(range: $0, function: function) }
        }
    }
}

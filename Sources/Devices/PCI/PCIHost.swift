// A PCI host: one bus, reached through configuration windows (ECAM, ports) and a memory window.
import MachineCore

/// The host side of PCI bus 0: up to 32 devices with up to 8 functions each, and a host bridge as device 0.
///
/// Holds no guest-visible state of its own: that is in the functions. Which function answers at an
/// address is derived from their configuration spaces.
public final class PCIHost {
    /// The number of devices on a bus.
    public static let deviceCount = 32
    /// The number of functions of a device.
    public static let functionCount = 8

    /// A range of memory and who answers there.
    struct Route {
        let range: PCIDecodedRange
        let function: any PCIFunction
    }

    /// By device and function: `address(of:)` is the index.
    private var functions = [(any PCIFunction)?](
        repeating: nil, count: PCIHost.deviceCount * PCIHost.functionCount)
    /// What the functions decode now, by device and function number.
    private var routes: [Route] = []

    /// Called when functions answer at other addresses than before: a CPU that reaches memory behind a BAR
    /// directly has to forget where it is.
    public var routesChanged: (() -> Void)?

    /// A bus with a host bridge only.
    /// - Parameter bridge: `PCIHostBridge`, or that of a chipset.
    public init(bridge: any PCIFunction) {
        attach(bridge, device: 0)
    }

    /// Puts `function` on the bus, in the state that it has.
    /// - Parameters:
    ///   - device: 0 (the bridge) to 31.
    ///   - number: the function's number in its device, 0 to 7. A device with other functions than 0 needs a
    ///     function 0 that says so in its header (`PCIConfigurationLayout.setMultifunction`).
    /// - Precondition: the number is free: a board's table decides it, not its input.
    public func attach(_ function: any PCIFunction, device: Int, function number: Int = 0) {
        precondition(
            (0..<Self.deviceCount).contains(device) && (0..<Self.functionCount).contains(number),
            "a PCI bus has devices 0 to 31 with functions 0 to 7")
        let address = Self.address(device: device, function: number)
        precondition(functions[address] == nil, "two functions as PCI device \(device).\(number)")
        functions[address] = function
        findRoutes()
    }

    /// The place of a function on the bus: the device in bits 7:3, the function in bits 2:0, as in
    /// configuration addresses (PCI Local Bus 3.0, 3.2.2.3.1).
    static func address(device: Int, function: Int) -> Int { device << 3 | function }

    /// Makes the device through which the guest reaches configuration spaces. Its reset is the reset
    /// of the bus: all functions return to their power-on state.
    public func makeConfigurationWindow() -> any Device { PCIConfigurationWindow(host: self) }

    /// Makes the device through which the guest reaches memory behind BARs.
    /// - Parameter range: the guest-physical addresses at which the board places the window.
    public func makeMemoryWindow(_ range: Range<GuestPhysicalAddress>) -> any Device {
        PCIMemoryWindow(host: self, base: range.lowerBound)
    }

    /// The value read from the function at `address` (0 to 255), or nil when there is none.
    func readConfiguration(of address: Int, at offset: Int, width: AccessWidth) -> UInt64? {
        functions[address]?.readConfiguration(at: offset, width: width)
    }

    /// Writes to the function at `address` (0 to 255), if there is one.
    func writeConfiguration(_ value: UInt64, of address: Int, at offset: Int, width: AccessWidth) {
        guard let function = functions[address] else { return }
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
        let before = routes.map(\.range)
        defer { if routes.map(\.range) != before { routesChanged?() } }
        routes = functions.compactMap { $0 }.flatMap { function in
            function.decodedRanges.map { Route(range: $0, function: function) }
        }
    }
}

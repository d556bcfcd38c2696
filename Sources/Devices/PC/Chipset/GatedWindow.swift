// A window at a fixed place that answers only while a chipset register puts it there.
import MachineCore

/// Passes accesses on while a condition holds. Chipsets let firmware choose where some registers are; a board
/// has one place for each, which is the one that firmware for it chooses, and nothing answers while the
/// register says another.
public final class GatedWindow: Device {
    private let device: any Device
    private let isOpen: () -> Bool

    /// - Parameters:
    ///   - device: who answers.
    ///   - isOpen: whether it answers now; asked at each access.
    public init(_ device: any Device, while isOpen: @escaping () -> Bool) {
        self.device = device
        self.isOpen = isOpen
    }

    public func read(at offset: UInt64, width: AccessWidth) -> UInt64 {
        isOpen() ? device.read(at: offset, width: width) : width.mask
    }

    public func write(_ value: UInt64, at offset: UInt64, width: AccessWidth) {
        if isOpen() { device.write(value, at: offset, width: width) }
    }

    /// Nothing to do: the device behind the window has a reset line of its own.
    public func reset() {}
}

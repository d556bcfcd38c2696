// The two address ranges through which a guest reaches the PCI bus.
import MachineCore

/// Configuration spaces as memory: 1 MiB for bus 0, 4 KiB for each function (PCI Express Base 5.0,
/// 7.2.2: bits 19-15 select the device, 14-12 the function, 11-0 the register).
final class PCIConfigurationWindow: Device {
    private let host: PCIHost

    init(host: PCIHost) { self.host = host }

    func read(at offset: UInt64, width: AccessWidth) -> UInt64 {
        // An access that nobody answers reads as all ones (PCI Local Bus 3.0, 6.1).
        guard let (function, register) = Self.decode(offset, width) else { return width.mask }
        return host.readConfiguration(of: function, at: register, width: width) ?? width.mask
    }

    func write(_ value: UInt64, at offset: UInt64, width: AccessWidth) {
        guard let (function, register) = Self.decode(offset, width) else { return }
        host.writeConfiguration(value, of: function, at: register, width: width)
    }

    func reset() { host.reset() }

    /// Which register is meant, or nil when no function can answer: other buses, registers from 256 up (these
    /// functions are conventional PCI and have no extended space) and accesses that cross a 32-bit register.
    private static func decode(_ offset: UInt64, _ width: AccessWidth) -> (function: Int, register: Int)? {
        let register = offset & 0xfff
        guard offset < 1 << 20, width != .double, register < UInt64(PCIConfigurationLayout.byteCount),
            register & (width.byteCount - 1) == 0
        else { return nil }
        return (Int(offset >> 12), Int(register))
    }
}

/// The memory behind BARs. Addresses on the bus are guest-physical addresses: there is no translation.
final class PCIMemoryWindow: Device {
    private let host: PCIHost
    private let base: GuestPhysicalAddress

    init(host: PCIHost, base: GuestPhysicalAddress) {
        self.host = host
        self.base = base
    }

    func read(at offset: UInt64, width: AccessWidth) -> UInt64 {
        guard let (route, register) = host.target(at: base &+ offset, width: width) else { return width.mask }
        return route.function.read(bar: route.range.bar, at: register, width: width) & width.mask
    }

    func write(_ value: UInt64, at offset: UInt64, width: AccessWidth) {
        guard let (route, register) = host.target(at: base &+ offset, width: width) else { return }
        route.function.write(value & width.mask, bar: route.range.bar, at: register, width: width)
    }

    func directMemory(at offset: UInt64) -> (memory: GuestMemory, address: GuestPhysicalAddress)? {
        // A BAR of less than a page would share the page with others.
        guard let (route, register) = host.target(at: base &+ offset, width: .byte),
            route.range.byteCount >= 4096
        else { return nil }
        return route.function.directMemory(bar: route.range.bar, at: register)
    }

    /// Nothing to do: the window has no state, and the configuration window resets the functions.
    func reset() {}
}

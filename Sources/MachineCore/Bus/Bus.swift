// The physical address map outside RAM: which device answers at which address.

/// Routes accesses that are not RAM to devices. Built once by a board; the ranges never overlap.
public final class Bus {
    private struct Window {
        let range: Range<GuestPhysicalAddress>
        let device: any Device
    }

    /// Sorted by address.
    private var windows: [Window] = []

    /// Told of every access, while there is one.
    public weak var probe: (any BusProbe)?

    /// Held while a device works; nil in a machine that one thread runs.
    private let lock: MachineLock?

    /// An empty map.
    /// - Parameter lock: the lock of a machine whose CPUs run on threads of their own.
    public init(lock: MachineLock? = nil) { self.lock = lock }

    /// Places `device` at `range`.
    /// - Precondition: the range overlaps no other; memory maps are tables of a board, so an
    ///   overlap is an error in the program, not in its input.
    public func attach(_ device: any Device, at range: Range<GuestPhysicalAddress>) {
        precondition(!windows.contains { $0.range.overlaps(range) }, "two devices at \(range)")
        let position = windows.firstIndex { $0.range.lowerBound > range.lowerBound } ?? windows.count
        windows.insert(Window(range: range, device: device), at: position)
    }

    /// The value read, or nil when no device answers at all of the addressed bytes.
    public func read(at address: GuestPhysicalAddress, width: AccessWidth) -> UInt64? {
        guard let window = window(holding: address, width: width) else { return nil }
        lock?.lock()
        defer { lock?.unlock() }
        let value = window.device.read(at: address &- window.range.lowerBound, width: width) & width.mask
        probe?.bus(didAccess: window.device, at: address, width: width, value: value, isWrite: false)
        return value
    }

    /// False when no device answers at all of the addressed bytes.
    public func write(_ value: UInt64, at address: GuestPhysicalAddress, width: AccessWidth) -> Bool {
        guard let window = window(holding: address, width: width) else { return false }
        lock?.lock()
        defer { lock?.unlock() }
        probe?.bus(didAccess: window.device, at: address, width: width, value: value & width.mask, isWrite: true)
        window.device.write(value & width.mask, at: address &- window.range.lowerBound, width: width)
        return true
    }

    /// The memory of a device that a CPU may use for the page at `address` as if it were RAM, or nil. Whoever
    /// keeps the answer forgets it when the board says that such memory moved. Probes do not see accesses to it.
    /// - Parameter address: a multiple of 4096.
    public func directMemory(
        ofPage address: GuestPhysicalAddress
    ) -> (memory: GuestMemory, address: GuestPhysicalAddress)? {
        guard probe == nil, let window = window(holding: address, width: .byte) else { return nil }
        guard window.range.upperBound &- address >= 4096 else { return nil }
        lock?.lock()
        defer { lock?.unlock() }
        return window.device.directMemory(at: address &- window.range.lowerBound)
    }

    private func window(holding address: GuestPhysicalAddress, width: AccessWidth) -> Window? {
        var low = 0
        var high = windows.count
        while low < high {
            let middle = (low + high) / 2
            let range = windows[middle].range
            if address < range.lowerBound {
                high = middle
            } else if address >= range.upperBound {
                low = middle + 1
            } else {
                return range.upperBound &- address >= width.byteCount ? windows[middle] : nil
            }
        }
        return nil
    }
}

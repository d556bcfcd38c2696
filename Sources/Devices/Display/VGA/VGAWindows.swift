// The address ranges through which a guest reaches the VGA: ports and the window to video memory.
import MachineCore

extension VGA {
    /// Where the window to video memory is in guest-physical memory.
    public static let memoryRange: Range<GuestPhysicalAddress> = 0xa0000..<0xc0000
    /// The ports of the VBE interface: an index at 0x1ce, data at 0x1d0; PCs know the data at 0x1cf as well.
    public static let vbePorts: Range<UInt64> = 0x1ce..<0x1d2

    /// Makes the device for `VGA.ports`. Its reset is that of the adapter.
    public func makePortWindow() -> any Device { PortWindow(self) }
    /// Makes the device for `VGA.vbePorts`.
    public func makeVBEPortWindow() -> any Device { VBEPortWindow(self) }
    /// Makes the device for `VGA.memoryRange`.
    public func makeMemoryWindow() -> any Device { VideoMemoryWindow(self) }
}

/// Joins byte-wide accesses to wider ones, low address first, as the 8-bit bus of the VGA does.
private func joined(_ width: AccessWidth, _ byte: (UInt64) -> UInt8) -> UInt64 {
    var value: UInt64 = 0
    for index in 0..<width.byteCount { value |= UInt64(byte(index)) << (8 * index) }
    return value
}

private func split(_ value: UInt64, _ width: AccessWidth, _ byte: (UInt64, UInt8) -> Void) {
    for index in 0..<width.byteCount { byte(index, UInt8(truncatingIfNeeded: value >> (8 * index))) }
}

extension VGA {
    private final class PortWindow: Device {
        private let vga: VGA
        init(_ vga: VGA) { self.vga = vga }

        func read(at offset: UInt64, width: AccessWidth) -> UInt64 {
            vga.readPorts(VGA.ports.lowerBound &+ offset, width)
        }
        func write(_ value: UInt64, at offset: UInt64, width: AccessWidth) {
            vga.writePorts(VGA.ports.lowerBound &+ offset, value, width)
        }
        func reset() { vga.reset() }
    }

    private final class VBEPortWindow: Device {
        private let vga: VGA
        init(_ vga: VGA) { self.vga = vga }

        /// The registers are 16 bits wide, and so are the accesses.
        func read(at offset: UInt64, width: AccessWidth) -> UInt64 {
            guard width == .half, offset <= 2 else { return width.mask }
            return UInt64(offset == 0 ? vga.state.vbe.index : vga.readVBE(vga.state.vbe.index))
        }

        func write(_ value: UInt64, at offset: UInt64, width: AccessWidth) {
            guard width == .half, offset <= 2 else { return }
            let value = UInt16(truncatingIfNeeded: value)
            if offset == 0 {
                vga.state.vbe.index = value
            } else {
                vga.writeVBE(value, to: vga.state.vbe.index)
            }
        }

        /// Nothing to do: the other ports' window resets the adapter.
        func reset() {}
    }

    private final class VideoMemoryWindow: Device {
        private let vga: VGA
        init(_ vga: VGA) { self.vga = vga }

        func read(at offset: UInt64, width: AccessWidth) -> UInt64 {
            joined(width) { vga.readMemory(at: offset &+ $0) }
        }
        func write(_ value: UInt64, at offset: UInt64, width: AccessWidth) {
            split(value, width) { vga.writeMemory($1, at: offset &+ $0) }
        }

        func directMemory(at offset: UInt64) -> (memory: GuestMemory, address: GuestPhysicalAddress)? {
            vga.directMemory(at: offset)
        }

        /// Nothing to do: video memory keeps its contents, and the ports' window resets the adapter.
        func reset() {}
    }

    func readPorts(_ port: UInt64, _ width: AccessWidth) -> UInt64 { joined(width) { readPort(port &+ $0) } }

    func writePorts(_ port: UInt64, _ value: UInt64, _ width: AccessWidth) {
        split(value, width) { writePort(port &+ $0, $1) }
    }
}

// The PCI configuration space of a virtio function, with its window onto the BAR.
import MachineCore

extension VirtioPCIFunction {
    public var decodedRanges: [PCIDecodedRange] { configuration.decodedRanges }

    public func readConfiguration(at offset: Int, width: AccessWidth) -> UInt64 {
        if touchesWindowData(offset, width) { readThroughWindow() }
        let value = configuration.read(at: offset, width: width)
        // The interrupt bit of the status register is not stored: the transport knows it.
        guard transport.state.interruptStatus != 0, offset & ~3 == PCIRegister.command else { return value }
        let pending = UInt64(PCIStatus.interrupt) << (8 * (PCIRegister.status - PCIRegister.command))
        return (value | pending >> (8 * (offset & 3))) & width.mask
    }

    public func writeConfiguration(_ value: UInt64, at offset: Int, width: AccessWidth) {
        configuration.write(value, at: offset, width: width)
        followCommandRegister()
        if touchesWindowData(offset, width) { writeThroughWindow() }
    }

    // MARK: Configuration access window (virtio 1.2, 4.1.4.9)

    private var windowData: Int { windowCapability + 16 }

    private func touchesWindowData(_ offset: Int, _ width: AccessWidth) -> Bool {
        offset < windowData + 4 && offset + Int(width.byteCount) > windowData
    }

    /// The access that the driver prepared, or nil unless it is one that the BAR could get directly.
    private var windowAccess: (offset: UInt64, width: AccessWidth)? {
        let bar = configuration.read(at: windowCapability + 4, width: .byte)
        let offset = configuration.read(at: windowCapability + 8, width: .word)
        let length = configuration.read(at: windowCapability + 12, width: .word)
        guard bar == UInt64(VirtioPCILayout.bar), length <= 4,
            let width = AccessWidth(rawValue: UInt8(length)), offset & (length - 1) == 0,
            offset < VirtioPCILayout.barByteCount, length <= VirtioPCILayout.barByteCount - offset
        else { return nil }
        return (offset, width)
    }

    private func readThroughWindow() {
        guard let access = windowAccess else { return }
        let value = read(bar: VirtioPCILayout.bar, at: access.offset, width: access.width)
        configuration.write(value, at: windowData, width: access.width)
    }

    private func writeThroughWindow() {
        guard let access = windowAccess else { return }
        let value = configuration.read(at: windowData, width: access.width)
        write(value, bar: VirtioPCILayout.bar, at: access.offset, width: access.width)
    }
}

// Where a virtio PCI function has its registers, and the capabilities that say so.

/// The register layout of every virtio function here: one 64-bit BAR with four pages. Pages, so that
/// a later engine can map or trap each kind of register alone.
enum VirtioPCILayout {
    /// The BAR that holds all registers.
    static let bar = 0
    static let barByteCount: UInt64 = 0x4000

    static let commonOffset: UInt64 = 0x0000
    static let interruptOffset: UInt64 = 0x1000
    static let deviceOffset: UInt64 = 0x2000
    static let notifyOffset: UInt64 = 0x3000

    /// The common configuration in bytes, with the fields up to version 1.2.
    static let commonByteCount: UInt64 = 0x40
    /// Each queue has a notification address of its own, this many bytes after that of the one before.
    static let notifyMultiplier: UInt64 = 4

    /// The capability's kinds (virtio 1.2, 4.1.4).
    private enum Kind: UInt8 {
        case common = 1
        case notify = 2
        case interrupt = 3
        case device = 4
        case window = 5
    }

    /// The configuration space of a function that carries a device of this kind (virtio 1.2, 4.1.2).
    /// - Returns: the layout and the offset of the configuration access window's capability.
    static func make<Model: VirtioDevice>(
        for model: Model.Type
    ) -> (layout: PCIConfigurationLayout, windowCapability: Int) {
        var layout = PCIConfigurationLayout(
            PCIIdentity(
                vendor: 0x1af4, device: 0x1040 + Model.deviceID, revision: 1, classCode: Model.classCode,
                subsystemVendor: 0x1af4, subsystem: 0x40))
        layout.addMemory64(bar: bar, byteCount: barByteCount)
        layout.setInterruptPin(1)
        add(.common, commonOffset, commonByteCount, to: &layout)
        add(.interrupt, interruptOffset, 4, to: &layout)
        let notifyByteCount = notifyMultiplier * UInt64(Model.queueSizes.count)
        add(.notify, notifyOffset, notifyByteCount, tail: word(notifyMultiplier), to: &layout)
        if Model.configurationByteCount > 0 {
            add(.device, deviceOffset, UInt64(Model.configurationByteCount), to: &layout)
        }
        // The driver writes BAR, offset, length and data of the window (virtio 1.2, 4.1.4.9).
        let writable: [UInt8] = [0, 0, 0xff, 0, 0, 0] + [UInt8](repeating: 0xff, count: 12)
        let window = add(.window, 0, 0, tail: word(0), writableBody: writable, to: &layout)
        return (layout, window)
    }

    /// Adds one vendor-specific capability: `struct virtio_pci_cap` and what follows it.
    @discardableResult
    private static func add(
        _ kind: Kind, _ offset: UInt64, _ byteCount: UInt64, tail: [UInt8] = [], writableBody: [UInt8] = [],
        to layout: inout PCIConfigurationLayout
    ) -> Int {
        let length = UInt8(16 + tail.count)
        let head: [UInt8] = [length, kind.rawValue, UInt8(bar), 0, 0, 0]
        let body = head + word(offset) + word(byteCount) + tail
        let vendorSpecific: UInt8 = 0x09
        return layout.addCapability(identifier: vendorSpecific, body: body, writableBody: writableBody)
    }

    private static func word(_ value: UInt64) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: 4)
        bytes.storeLittleEndian(value, at: 0, byteCount: 4)
        return bytes
    }
}

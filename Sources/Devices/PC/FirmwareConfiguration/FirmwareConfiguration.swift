// The firmware configuration device (fw_cfg): what a machine tells its firmware.
import MachineCore

/// The device with which firmware learns about its machine: items under 16-bit selectors, read byte by byte
/// through a port or in one piece by DMA.
///
/// Source: QEMU's "Firmware Configuration (fw_cfg) Device" document (`docs/specs/fw_cfg`), the register
/// locations for x86 I/O ports; titles in comments of this folder are of that document.
public final class FirmwareConfiguration: Device, Snapshotting {
    /// Ports from 0x510 on: selector, data, and the address of a DMA request.
    public static let portCount: UInt64 = 12
    /// The first port.
    public static let firstPort: UInt64 = 0x510

    /// The live things that the device works with.
    public struct Resources {
        /// RAM, for DMA.
        public let context: DeviceContext
        /// What the firmware is told.
        public let items: FirmwareItems
        /// Called when the guest has written a file, with the file's selector and new contents.
        public let didWrite: ((UInt16, [UInt8]) -> Void)?

        /// Collects the device's resources.
        public init(
            context: DeviceContext, items: FirmwareItems, didWrite: ((UInt16, [UInt8]) -> Void)? = nil
        ) {
            self.context = context
            self.items = items
            self.didWrite = didWrite
        }
    }

    public static let stateVersion: StateVersion = 1
    public internal(set) var state: State
    let resources: Resources

    public init(_ resources: Resources, restoring state: State) throws(StateError) {
        try state.validate(resources.items)
        self.resources = resources
        self.state = state
    }

    /// Files that the guest wrote have their first contents again.
    public func reset() { state = State() }

    public func read(at offset: UInt64, width: AccessWidth) -> UInt64 {
        switch (offset, width) {
        case (Register.data, .byte): return UInt64(takeByte())
        // The DMA address reads as a signature, so that firmware finds out whether there is DMA.
        case (Register.addressHigh, .word): return UInt64(Self.signatureHigh.byteSwapped)
        case (Register.addressLow, .word): return UInt64(Self.signatureLow.byteSwapped)
        default: return 0
        }
    }

    public func write(_ value: UInt64, at offset: UInt64, width: AccessWidth) {
        let word = UInt32(truncatingIfNeeded: value)
        switch (offset, width) {
        case (Register.selector, .half): select(UInt16(truncatingIfNeeded: value))
        case (Register.addressHigh, .word): state.addressHigh = word.byteSwapped
        case (Register.addressLow, .word): transfer(addressLow: word.byteSwapped)
        // The data port took writes once; the document tells to ignore them.
        default: break
        }
    }
}

extension FirmwareConfiguration {
    /// Offsets of the registers (title "Register Locations"; the data port is the selector's high byte).
    private enum Register {
        static let selector: UInt64 = 0
        static let data: UInt64 = 1
        static let addressHigh: UInt64 = 4
        static let addressLow: UInt64 = 8
    }

    /// What the DMA address register reads as, big-endian: `QEMU CFG`.
    private static let signatureHigh: UInt32 = 0x5145_4d55
    private static let signatureLow: UInt32 = 0x2043_4647

    /// Selects an item and goes to its beginning.
    func select(_ selector: UInt16) {
        state.selector = selector
        state.offset = 0
    }

    /// The contents of the selected item now; nil when there is none.
    var selectedContents: [UInt8]? {
        let written = state.written.first { $0.selector == state.selector }
        return written?.contents ?? resources.items[state.selector]?.contents
    }

    /// Behind an item's end, and without an item, everything is 0.
    private func takeByte() -> UInt8 {
        guard let contents = selectedContents, state.offset < contents.count else { return 0 }
        defer { state.offset += 1 }
        return contents[Int(state.offset)]
    }
}

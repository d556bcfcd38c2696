// What a guest can see of the firmware configuration device, and which of it can be true.
import MachineCore

extension FirmwareConfiguration {
    /// A file that the guest has written.
    public struct WrittenFile: Codable, Equatable, Sendable {
        /// The file's number.
        public var selector: UInt16
        /// The whole contents; as long as the file was at first.
        public var contents: [UInt8]
    }

    /// The registers. What items say is part of the machine's configuration, not of its state, except where
    /// the guest has written.
    public struct State: Codable, Equatable, Sendable {
        /// The selected item.
        public var selector: UInt16 = 0
        /// Where in the item the next byte is.
        public var offset: UInt32 = 0
        /// The high half of the next DMA request's address.
        public var addressHigh: UInt32 = 0
        /// The files that the guest has written, by ascending selector.
        public var written: [WrittenFile] = []

        /// The state after power-on.
        public init() {}

        func validate(_ items: FirmwareItems) throws(StateError) {
            var last = -1
            for file in written {
                guard Int(file.selector) > last, let item = items[file.selector], item.isWritable,
                    item.contents.count == file.contents.count
                else {
                    throw StateError(
                        part: "fw_cfg", reason: "item \(file.selector) was written, and is not such an item")
                }
                last = Int(file.selector)
            }
        }
    }
}

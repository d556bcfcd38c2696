// A device tree in the form that kernels are given: the flattened device tree.

/// A device tree with what its blob holds besides (Devicetree Specification v0.4, chapter 5).
public struct DeviceTreeBlob: Equatable, Sendable {
    /// Memory that the kernel must not use, in bytes.
    public struct Reservation: Equatable, Sendable {
        public let address: UInt64
        public let size: UInt64

        public init(address: UInt64, size: UInt64) {
            self.address = address
            self.size = size
        }
    }

    /// What is accepted, in both directions.
    public struct Limits: Equatable, Sendable {
        /// The largest blob, in bytes. Linux maps at most 2 MiB.
        public var maximumBytes: Int
        /// The deepest nesting, 1 to 256. Linux stops at 64.
        public let maximumDepth: Int

        /// - Parameter maximumDepth: brought into 1...256; both directions recurse on the thread's stack.
        public init(maximumBytes: Int = 2 << 20, maximumDepth: Int = 64) {
            self.maximumBytes = maximumBytes
            self.maximumDepth = min(max(maximumDepth, 1), 256)
        }
    }

    public var root: DeviceTreeNode
    public var reservations: [Reservation]
    /// The physical number of the CPU that boots.
    public var bootCPU: UInt32
}

/// The numbers of the format (Devicetree Specification v0.4, sections 5.2 and 5.4).
enum DeviceTreeFormat {
    static let magic: UInt32 = 0xd00d_feed
    static let version: UInt32 = 17
    /// Version 16 is the same format without the size of the structure block.
    static let lastCompatibleVersion: UInt32 = 16
    static let headerByteCount = 40

    static let beginNode: UInt32 = 1
    static let endNode: UInt32 = 2
    static let property: UInt32 = 3
    static let nop: UInt32 = 4
    static let end: UInt32 = 9

    /// The specification's longest name of a node (without its unit address) or property.
    static let maximumWrittenName = 31
    /// Compilers do not hold to that, so readers are more generous.
    static let maximumReadName = 255

    /// The characters of names (section 2.2.1, table 2.1, and section 2.2.4, table 2.2).
    static func isNameByte(_ byte: UInt8, isProperty: Bool) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: ","), UInt8(ascii: "."), UInt8(ascii: "_"),
            UInt8(ascii: "+"), UInt8(ascii: "-"):
            true
        case UInt8(ascii: "?"), UInt8(ascii: "#"): isProperty
        default: false
        }
    }
}

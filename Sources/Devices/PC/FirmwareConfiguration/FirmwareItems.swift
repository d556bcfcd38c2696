// What a machine hands to its firmware: numbered items and named files.
import MachineCore

/// A set of items that can not be offered to firmware.
public enum FirmwareItemError: Error, Equatable, Sendable, CustomStringConvertible {
    /// A name is empty, longer than 55 bytes, or not printable ASCII.
    case badName(String)
    /// Two files have this name.
    case duplicateName(String)
    /// There are more files than selectors for them.
    case tooManyFiles(Int)
    /// The contents of the item with this name or number do not fit into 32 bits.
    case tooLarge(String)
    /// The number is one that the device gives out itself, or has no place.
    case badSelector(UInt16)

    public var description: String {
        switch self {
        case .badName(let name):
            "the firmware file name \"\(name)\" is not 1 to 55 printable ASCII characters; choose another"
        case .duplicateName(let name):
            "there are two firmware files \"\(name)\"; remove one"
        case .tooManyFiles(let count):
            "\(count) firmware files are more than \(FirmwareItems.maximumFileCount); remove some"
        case .tooLarge(let name):
            "the firmware item \(name) has more than 4 GiB; make it smaller"
        case .badSelector(let selector):
            "the firmware item number \(selector) is not free; choose one from 2 to 24, or a file"
        }
    }
}

/// Everything that one machine offers to its firmware. The directory gives files their numbers in the order
/// of their names, so that the same set always looks the same.
public struct FirmwareItems: Sendable {
    /// A file in the directory.
    public struct File: Sendable, Equatable {
        /// The name by which firmware finds it, for instance `etc/acpi/tables`: 1 to 55 ASCII characters.
        public var name: String
        /// The contents after power-on.
        public var contents: [UInt8]
        /// The guest may write it through DMA.
        public var isWritable: Bool

        /// A file.
        public init(_ name: String, _ contents: [UInt8], isWritable: Bool = false) {
            self.name = name
            self.contents = contents
            self.isWritable = isWritable
        }
    }

    /// The most files of one machine.
    public static let maximumFileCount = 0x1000

    struct Item: Sendable {
        var contents: [UInt8]
        var isWritable = false
    }

    private(set) var items: [UInt16: Item] = [:]
    /// The selectors of the writable items, ascending.
    let writableSelectors: [UInt16]

    /// Collects the items.
    /// - Parameters:
    ///   - numbered: items with numbers of their own, for instance `FirmwareSelector.cpuCount`.
    ///   - files: items with names.
    /// - Throws: `FirmwareItemError` when the set can not be offered.
    public init(numbered: [UInt16: [UInt8]] = [:], files: [File] = []) throws(FirmwareItemError) {
        for (selector, contents) in numbered {
            guard (2..<FirmwareSelector.directory).contains(selector) else { throw .badSelector(selector) }
            items[selector] = Item(contents: contents)
        }
        items[FirmwareSelector.signature] = Item(contents: Array("QEMU".utf8))
        // Bit 0: the ports are there. Bit 1: so is DMA.
        items[FirmwareSelector.features] = Item(contents: [3, 0, 0, 0])
        let sorted = files.sorted { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }
        try Self.check(sorted)
        items[FirmwareSelector.directory] = Item(contents: Self.directory(sorted))
        for (index, file) in sorted.enumerated() {
            items[Self.selector(index)] = Item(contents: file.contents, isWritable: file.isWritable)
        }
        for (selector, item) in items where UInt64(item.contents.count) > UInt64(UInt32.max) {
            throw .tooLarge("number \(selector)")
        }
        writableSelectors = items.filter(\.value.isWritable).keys.sorted()
    }

    /// The item that the guest gets under `selector`.
    subscript(selector: UInt16) -> Item? { items[selector] }

    private static func selector(_ index: Int) -> UInt16 { FirmwareSelector.firstFile + UInt16(index) }

    private static func check(_ sorted: [File]) throws(FirmwareItemError) {
        guard sorted.count <= maximumFileCount else { throw .tooManyFiles(sorted.count) }
        for (index, file) in sorted.enumerated() {
            let bytes = Array(file.name.utf8)
            guard (1..<nameByteCount).contains(bytes.count), bytes.allSatisfy({ (0x21...0x7e).contains($0) })
            else { throw .badName(file.name) }
            if index > 0, sorted[index - 1].name == file.name { throw .duplicateName(file.name) }
        }
    }

    /// A name's field with its closing zero, in bytes.
    private static let nameByteCount = 56

    /// The directory: a count, and for each file its size, selector, two reserved bytes and name; all
    /// numbers big-endian (fw_cfg, "File Directory").
    private static func directory(_ sorted: [File]) -> [UInt8] {
        var bytes = bigEndian(UInt64(sorted.count), byteCount: 4)
        for (index, file) in sorted.enumerated() {
            bytes += bigEndian(UInt64(file.contents.count), byteCount: 4)
            bytes += bigEndian(UInt64(selector(index)), byteCount: 2) + [0, 0]
            let name = Array(file.name.utf8)
            bytes += name + [UInt8](repeating: 0, count: nameByteCount - name.count)
        }
        return bytes
    }

    private static func bigEndian(_ value: UInt64, byteCount: Int) -> [UInt8] {
        (0..<byteCount).reversed().map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
    }
}

/// Numbers of items (fw_cfg, "Selector (Control) Register", and the keys that firmware for PCs reads).
public enum FirmwareSelector {
    /// Four letters by which firmware knows the device.
    public static let signature: UInt16 = 0x00
    /// What the device can do.
    public static let features: UInt16 = 0x01
    /// The machine's UUID: 16 bytes.
    public static let uuid: UInt16 = 0x02
    /// The size of RAM in bytes, 8 bytes, little-endian.
    public static let memorySize: UInt16 = 0x03
    /// Whether there is no display: 2 bytes, little-endian.
    public static let noGraphics: UInt16 = 0x04
    /// How many CPUs run at power-on: 2 bytes, little-endian.
    public static let cpuCount: UInt16 = 0x05
    /// How many CPUs there can be, as the highest APIC identifier plus one: 2 bytes, little-endian.
    public static let maximumCPUCount: UInt16 = 0x0f
    /// The list of files.
    public static let directory: UInt16 = 0x19
    /// The first file; the others follow.
    public static let firstFile: UInt16 = 0x20
}

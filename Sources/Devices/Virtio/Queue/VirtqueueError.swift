// How a driver can break the rules of a virtqueue.
import MachineCore

/// A broken rule of virtio 1.2, 2.7. The device stops until it is reset; the text goes to the log.
public enum VirtqueueError: Error, Equatable, Sendable, CustomStringConvertible {
    /// A ring or the descriptor table is not wholly RAM, or not aligned.
    case misplaced(area: String, address: GuestPhysicalAddress)
    /// The driver's index is more than the queue's size ahead.
    case availableIndexJumped(from: UInt16, to: UInt16)
    /// A descriptor index is not below the size of its table.
    case descriptorOutOfRange(index: UInt16, tableSize: Int)
    /// A chain has more descriptors than its table: it loops.
    case chainTooLong(limit: Int)
    /// A buffer is not wholly RAM.
    case bufferOutsideRAM(address: GuestPhysicalAddress, byteCount: UInt32)
    /// The buffers of one chain have more than 2^32 - 1 bytes.
    case chainTooLarge
    /// A buffer for the device to read follows one for it to write.
    case readableAfterWritable
    /// An indirect table was used where it may not be.
    case indirectNotAllowed(why: String)
    /// An indirect table's size is not a multiple of 16 from 16 to the limit.
    case indirectTableSize(UInt32)

    public var description: String {
        switch self {
        case .misplaced(let area, let address):
            "the \(area) at 0x\(String(address, radix: 16)) is misaligned or not wholly in RAM"
        case .availableIndexJumped(let from, let to):
            "the available index went from \(from) to \(to), more than the queue holds"
        case .descriptorOutOfRange(let index, let tableSize):
            "descriptor \(index) of a table of \(tableSize)"
        case .chainTooLong(let limit):
            "a chain of more than \(limit) descriptors"
        case .bufferOutsideRAM(let address, let byteCount):
            "a buffer of \(byteCount) bytes at 0x\(String(address, radix: 16)) is not wholly in RAM"
        case .chainTooLarge:
            "a chain of more than 2^32 - 1 bytes"
        case .readableAfterWritable:
            "a device-readable buffer behind a device-writable one"
        case .indirectNotAllowed(let why):
            "an indirect table \(why)"
        case .indirectTableSize(let byteCount):
            "an indirect table of \(byteCount) bytes"
        }
    }
}

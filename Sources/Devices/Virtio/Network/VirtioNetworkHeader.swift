// The header before each frame in a buffer: what is left to do with it (virtio 1.2, 5.1.6).
import MachineCore

/// `struct virtio_net_hdr`, with the number of buffers, as every driver of version 1 has it.
enum VirtioNetworkHeader {
    static let byteCount = 12

    private enum Flag {
        static let needsChecksum: UInt8 = 1
        static let dataValid: UInt8 = 2
    }
    private enum Kind {
        static let none: UInt8 = 0
        static let tcp4: UInt8 = 1
        static let tcp6: UInt8 = 4
    }

    /// What the driver left to do, or nil when it is nothing that it may leave.
    /// - Parameters:
    ///   - bytes: the header.
    ///   - allowed: what the driver may leave.
    static func offload(_ bytes: [UInt8], allowed: NetworkOffloads) -> FrameOffload? {
        guard bytes.count == byteCount else { return nil }
        var offload = FrameOffload()
        if bytes[0] & Flag.needsChecksum != 0 {
            let start = bytes.littleEndian(at: 6, byteCount: 2)
            let offset = bytes.littleEndian(at: 8, byteCount: 2)
            offload.checksum = .partial(
                start: UInt16(truncatingIfNeeded: start), offset: UInt16(truncatingIfNeeded: offset))
        }
        switch bytes[1] {
        case Kind.none: break
        case Kind.tcp4: offload.segmentation = .tcp4
        case Kind.tcp6: offload.segmentation = .tcp6
        default: return nil
        }
        if offload.segmentation != .none {
            let size = bytes.littleEndian(at: 4, byteCount: 2)
            offload.segmentByteCount = UInt16(truncatingIfNeeded: size)
        }
        return allowed.isSuperset(of: offload.needs) ? offload : nil
    }

    /// The header of a frame for the driver.
    /// - Parameters:
    ///   - isChecksumKnown: the driver wants to know that a checksum is right.
    ///   - buffers: over how many buffers the frame is spread.
    static func bytes(_ frame: NetworkFrame, isChecksumKnown: Bool, buffers: Int) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: byteCount)
        bytes.storeLittleEndian(UInt64(buffers), at: 10, byteCount: 2)
        switch frame.offload.checksum {
        case .unknown: break
        case .verified: bytes[0] = isChecksumKnown ? Flag.dataValid : 0
        case .partial(let start, let offset):
            bytes[0] = Flag.needsChecksum
            bytes.storeLittleEndian(UInt64(start), at: 6, byteCount: 2)
            bytes.storeLittleEndian(UInt64(offset), at: 8, byteCount: 2)
            guard frame.offload.segmentation != .none else { break }
            bytes[1] = frame.offload.segmentation == .tcp4 ? Kind.tcp4 : Kind.tcp6
            bytes.storeLittleEndian(headerByteCount(frame, tcp: Int(start)), at: 2, byteCount: 2)
            bytes.storeLittleEndian(UInt64(frame.offload.segmentByteCount), at: 4, byteCount: 2)
        }
        return bytes
    }

    /// The length of all headers of a TCP segment, whose header begins at `tcp`.
    private static func headerByteCount(_ frame: NetworkFrame, tcp: Int) -> UInt64 {
        let lengthField = tcp + 12
        guard lengthField < frame.bytes.count else { return UInt64(tcp) }
        return UInt64(min(tcp + Int(frame.bytes[lengthField] >> 4) * 4, frame.bytes.count))
    }
}

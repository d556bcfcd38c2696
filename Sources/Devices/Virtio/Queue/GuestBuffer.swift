// Bytes scattered over guest RAM: the readable or the writable part of a descriptor chain.
import MachineCore

/// A sequence of bytes in RAM that a driver lent to a device. Drivers may cut it into segments as they
/// like (virtio 1.2, 2.7.4: devices make no assumptions about framing), so devices address bytes.
public struct GuestBuffer {
    /// The pieces in order; none is empty.
    public private(set) var segments: [MemorySegment] = []
    /// The sum of the segments' lengths: below 2^32.
    public private(set) var byteCount = 0

    /// A buffer without bytes.
    public init() {}

    mutating func append(_ segment: MemorySegment) {
        guard segment.count > 0 else { return }
        segments.append(segment)
        byteCount += segment.count
    }

    /// The bytes `start..<end`, clamped to the buffer.
    public func slice(_ start: Int, _ end: Int) -> GuestBuffer {
        var result = GuestBuffer()
        var position = 0
        for segment in segments {
            let from = max(start - position, 0)
            let to = min(end - position, segment.count)
            if from < to { result.append(MemorySegment(pointer: segment.pointer + from, count: to - from)) }
            position += segment.count
        }
        return result
    }

    /// Copies up to `maximum` bytes from the front out of RAM. The guest may change them at any time:
    /// whoever decides on what they say must look at the copy only.
    public func read(_ maximum: Int) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(min(maximum, byteCount))
        for segment in segments where bytes.count < maximum {
            let count = min(segment.count, maximum - bytes.count)
            bytes.append(contentsOf: UnsafeRawBufferPointer(start: segment.pointer, count: count))
        }
        return bytes
    }

    /// Copies `bytes` into RAM from the buffer's front.
    /// - Returns: how many bytes fitted.
    @discardableResult
    public func write(_ bytes: [UInt8]) -> Int {
        var done = 0
        for segment in segments where done < bytes.count {
            let count = min(segment.count, bytes.count - done)
            bytes.withUnsafeBytes { source in
                let piece = UnsafeRawBufferPointer(rebasing: source[done..<(done + count)])
                UnsafeMutableRawBufferPointer(start: segment.pointer, count: count).copyMemory(from: piece)
            }
            done += count
        }
        return done
    }
}

/// One request of a driver: a head descriptor and the buffers linked to it.
public struct DescriptorChain {
    /// The index of the first descriptor; the driver knows the chain by it.
    public let head: UInt16
    /// What the device may read; it comes first.
    public internal(set) var readable = GuestBuffer()
    /// What the device may write.
    public internal(set) var writable = GuestBuffer()

    init(head: UInt16) { self.head = head }
}

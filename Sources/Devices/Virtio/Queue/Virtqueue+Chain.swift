// Following a descriptor chain through guest RAM.
import MachineCore

/// One descriptor as it was when it was read, once (virtio 1.2, 2.7.5).
private struct Descriptor {
    let address: GuestPhysicalAddress
    let byteCount: UInt32
    let flags: UInt16
    let next: UInt16

    var hasNext: Bool { flags & 1 != 0 }
    var isWritable: Bool { flags & 2 != 0 }
    var isIndirect: Bool { flags & 4 != 0 }

    init?(_ memory: GuestMemory, at address: GuestPhysicalAddress) {
        guard let buffer = memory.load(UInt64.self, at: address),
            let rest = memory.load(UInt64.self, at: address &+ 8)
        else { return nil }
        self.address = buffer
        byteCount = UInt32(truncatingIfNeeded: rest)
        flags = UInt16(truncatingIfNeeded: rest >> 32)
        next = UInt16(truncatingIfNeeded: rest >> 48)
    }
}

extension Virtqueue {
    /// The chain that begins at `head`.
    /// - Parameter indirect: the driver negotiated indirect tables.
    func chain(
        head: UInt16, indirect: Bool, _ memory: GuestMemory
    ) throws(VirtqueueError) -> DescriptorChain {
        var chain = DescriptorChain(head: head)
        var table = (address: descriptorTable, count: Int(size))
        var index = head
        var isInsideIndirect = false
        // Each step takes one descriptor; a chain without a loop has at most as many as its table.
        var stepsLeft = table.count
        while true {
            guard Int(index) < table.count else {
                throw .descriptorOutOfRange(index: index, tableSize: table.count)
            }
            guard stepsLeft > 0 else { throw .chainTooLong(limit: table.count) }
            stepsLeft -= 1
            let address = table.address &+ UInt64(index) * Self.descriptorBytes
            guard let descriptor = Descriptor(memory, at: address) else {
                throw .misplaced(area: "descriptor table", address: table.address)
            }
            if descriptor.isIndirect {
                guard indirect else { throw .indirectNotAllowed(why: "that was not negotiated") }
                guard !isInsideIndirect else { throw .indirectNotAllowed(why: "in an indirect table") }
                table = try Self.indirectTable(descriptor)
                isInsideIndirect = true
                index = 0
                stepsLeft = table.count
                continue
            }
            try Self.append(descriptor, to: &chain, memory)
            guard descriptor.hasNext else { return chain }
            index = descriptor.next
        }
    }

    /// The table that an indirect descriptor refers to (virtio 1.2, 2.7.5.3). That it is in RAM is
    /// checked at each descriptor that is read from it.
    private static func indirectTable(
        _ descriptor: Descriptor
    ) throws(VirtqueueError) -> (address: GuestPhysicalAddress, count: Int) {
        guard !descriptor.hasNext else { throw .indirectNotAllowed(why: "that is not the end of its chain") }
        let count = Int(descriptor.byteCount) / Int(descriptorBytes)
        guard UInt64(descriptor.byteCount) % descriptorBytes == 0, (1...indirectTableLimit).contains(count)
        else { throw .indirectTableSize(descriptor.byteCount) }
        return (descriptor.address, count)
    }

    /// Adds a descriptor's buffer. An empty one is legal and adds nothing, wherever it points.
    private static func append(
        _ descriptor: Descriptor, to chain: inout DescriptorChain, _ memory: GuestMemory
    ) throws(VirtqueueError) {
        // virtio 1.2, 2.7.4.2: all device-writable buffers come after all device-readable ones.
        if !descriptor.isWritable, chain.writable.byteCount > 0 { throw .readableAfterWritable }
        guard descriptor.byteCount > 0 else { return }
        let count = UInt64(descriptor.byteCount)
        guard let pointer = memory.hostPointer(to: descriptor.address, count: count) else {
            throw .bufferOutsideRAM(address: descriptor.address, byteCount: descriptor.byteCount)
        }
        let total = chain.readable.byteCount + chain.writable.byteCount + Int(descriptor.byteCount)
        guard total <= Int(UInt32.max) else { throw .chainTooLarge }
        let segment = MemorySegment(pointer: pointer, count: Int(descriptor.byteCount))
        if descriptor.isWritable {
            // Code that lies there is gone: the driver does not run what it has lent to a device.
            memory.noteWrite(at: descriptor.address, count: count)
            chain.writable.append(segment)
        } else {
            chain.readable.append(segment)
        }
    }
}

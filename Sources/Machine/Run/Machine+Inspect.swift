// Looking into a machine from outside.
import MachineCore

extension Machine {
    /// Virtual nanoseconds since power-on.
    public var virtualNanoseconds: UInt64 { context.clock.now }
    /// The number of CPUs.
    public var cpuCount: Int { board.cpus.count }
    /// RAM in bytes.
    public var memoryByteCount: UInt64 { configuration.memoryByteCount }

    /// CPU number `number`, if there is one that can be looked into.
    public func inspectableCPU(_ number: Int) -> (any InspectableCPU)? {
        board.cpus.indices.contains(number) ? board.cpus[number] as? any InspectableCPU : nil
    }

    /// At most `count` bytes of RAM: at a virtual address of `cpu`, or (nil) at a physical one. Ends where there is no
    /// RAM; devices are not memory.
    public func memory(at address: UInt64, count: Int, of cpu: (any InspectableCPU)?) -> [UInt8] {
        memoryPieces(at: address, count: count, of: cpu).flatMap { physical, length in
            context.memory.bytes(at: physical, count: length) ?? []
        }
    }

    /// The pieces of RAM that such bytes lie in: one for each page, up to the first that is not there.
    func memoryPieces(
        at address: UInt64, count: Int, of cpu: (any InspectableCPU)?
    ) -> [(physical: GuestPhysicalAddress, count: Int)] {
        var pieces: [(GuestPhysicalAddress, Int)] = []
        var done = 0
        while done < count {
            let place = address &+ UInt64(done)
            let length = min(count - done, 4096 - Int(place & 0xfff))
            guard let physical = cpu == nil ? place : cpu?.physicalAddress(ofVirtual: place),
                context.memory.hostPointer(to: physical, count: UInt64(length)) != nil
            else { break }
            pieces.append((physical, length))
            done += length
        }
        return pieces
    }
}

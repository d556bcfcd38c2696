// Looking into a machine from outside.
import MachineCore

extension Machine {
    /// Virtual nanoseconds since power-on.
    public var virtualNanoseconds: UInt64 { context.clock.now }
    /// The number of CPUs.
    public var cpuCount: Int { board.cpus.count }
    /// RAM in bytes.
    public var memoryByteCount: UInt64 { context.memory.byteCount }

    /// CPU number `number`, if there is one that can be looked into.
    public func inspectableCPU(_ number: Int) -> (any InspectableCPU)? {
        board.cpus.indices.contains(number) ? board.cpus[number] as? any InspectableCPU : nil
    }

    /// At most `count` bytes of RAM: at a virtual address of `cpu`, or (nil) at a physical one. Ends where there is no
    /// RAM; devices are not memory.
    public func memory(at address: UInt64, count: Int, of cpu: (any InspectableCPU)?) -> [UInt8] {
        var bytes: [UInt8] = []
        while bytes.count < count {
            let place = address &+ UInt64(bytes.count)
            let length = min(count - bytes.count, 4096 - Int(place & 0xfff))
            guard let physical = cpu == nil ? place : cpu?.physicalAddress(ofVirtual: place),
                let piece = context.memory.bytes(at: physical, count: length)
            else { break }
            bytes += piece
        }
        return bytes
    }
}

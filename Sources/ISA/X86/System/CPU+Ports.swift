// Ports: who may use them, and accesses to them (Intel SDM volume 1, chapter 19).
import MachineCore

extension CPU {
    /// Checks the right to access `width` bytes of ports from `port` on.
    func checkPort(_ port: UInt64, _ width: AccessWidth) throws(FaultTaken) {
        guard isProtected, privilege > ioPrivilege || isVirtual8086 else { return }
        let task = state.pointee.segments[SegmentRegister.tr]
        // Only the wide task segment has a map; its place is at 0x66.
        guard task.isPresent, task.attributes & 8 != 0, task.limit >= 0x67 else { throw fault(Fault.generalProtection) }
        let map = try loadSystem(task.base &+ 0x66, .half)
        let first = map &+ port >> 3
        // Two bytes are read even when the bits lie in one, so that the map ends with a byte of ones.
        guard first + 1 <= UInt64(task.limit) else { throw fault(Fault.generalProtection) }
        let bits = try loadSystem(task.base &+ first, .half) >> (port & 7)
        guard bits & ((1 << width.byteCount) - 1) == 0 else { throw fault(Fault.generalProtection) }
    }

    /// `in`: bits 0 to 15 of `packed` are the port, those above the width in bytes.
    func readPort(_ packed: UInt64) throws(FaultTaken) -> UInt64 {
        let (port, width) = Self.port(packed)
        try checkPort(port, width)
        return inputFromPort(port, width)
    }

    /// `out`, packed as for `in`.
    func writePort(_ packed: UInt64, _ value: UInt64) throws(FaultTaken) {
        let (port, width) = Self.port(packed)
        try checkPort(port, width)
        outputToPort(port, value, width)
    }

    private static func port(_ packed: UInt64) -> (port: UInt64, width: AccessWidth) {
        (packed & 0xffff, AccessWidth(bytes: UInt8(truncatingIfNeeded: packed >> 16)))
    }

    /// Reads ports; where there is nothing all bits are ones. A device that does not take the width is read in bytes.
    func inputFromPort(_ port: UInt64, _ width: AccessWidth) -> UInt64 {
        settleTime()
        if let value = environment.ports.read(at: port, width: width) { return value }
        if width == .byte { return 0xff }
        return (0..<width.byteCount).reduce(0) { value, offset in
            value | inputFromPort((port &+ offset) & 0xffff, .byte) << (offset * 8)
        }
    }

    /// Writes ports; where there is nothing nothing happens.
    func outputToPort(_ port: UInt64, _ value: UInt64, _ width: AccessWidth) {
        settleTime()
        if environment.ports.write(value, at: port, width: width) || width == .byte { return }
        for offset in 0..<width.byteCount {
            outputToPort((port &+ offset) & 0xffff, value >> (offset * 8), .byte)
        }
    }
}

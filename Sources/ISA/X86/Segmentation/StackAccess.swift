// The stack as the CPU itself uses it when it enters and leaves handlers.
import MachineCore

/// A stack that is pushed to or popped from without the state being changed: so that a fault in the middle leaves
/// everything as it was.
struct StackAccess {
    private let cpu: CPU
    /// The segment, and the offset in it.
    let segment: Segment
    private(set) var pointer: UInt64
    /// Accesses are checked against the segment's limit: not in 64-bit mode.
    private let isLong: Bool
    private let isUser: Bool
    /// What goes with a stack fault: the selector of a stack that is being switched to.
    private let errorCode: UInt64

    /// The stack of code with `privilege`.
    init(
        _ cpu: CPU, _ segment: Segment, pointer: UInt64, isLong: Bool, privilege: UInt8, errorCode: UInt64 = 0
    ) {
        self.cpu = cpu
        self.segment = segment
        self.pointer = pointer
        self.isLong = isLong
        isUser = privilege == 3
        self.errorCode = errorCode
    }

    /// The stack that is in use.
    init(_ cpu: CPU) {
        self.init(
            cpu, cpu.state.pointee.segments[SegmentRegister.ss], pointer: cpu.state.pointee.registers[4],
            isLong: cpu.is64Bit, privilege: cpu.privilege)
    }

    private var mask: UInt64 { isLong ? .max : segment.isBig ? 0xffff_ffff : 0xffff }

    /// The linear address of `width` bytes at offset `offset`.
    private func linear(_ offset: UInt64, _ width: AccessWidth) throws(FaultTaken) -> UInt64 {
        if isLong {
            guard CPU.isCanonical(offset) else { throw cpu.fault(Fault.stack, errorCode) }
            return offset
        }
        let (first, last) = segment.range
        guard offset >= first, offset &+ width.byteCount &- 1 <= last else {
            throw cpu.fault(Fault.stack, errorCode)
        }
        return (segment.base &+ offset) & 0xffff_ffff
    }

    /// Pushes the low `width` bytes of `value`.
    mutating func push(_ value: UInt64, _ width: AccessWidth) throws(FaultTaken) {
        let offset = (pointer &- width.byteCount) & mask
        try cpu.storeChecked(try linear(offset, width), value, width, isUser: isUser)
        pointer = offset
    }

    /// Pops `width` bytes.
    mutating func pop(_ width: AccessWidth) throws(FaultTaken) -> UInt64 {
        let offset = pointer & mask
        let value = try cpu.loadChecked(try linear(offset, width), width, isUser: isUser)
        skip(width.byteCount)
        return value
    }

    /// Takes `count` bytes off.
    mutating func skip(_ count: UInt64) { pointer = (pointer &+ count) & mask }

    /// The stack pointer register, of which the stack's size is replaced.
    func replacing(_ register: UInt64) -> UInt64 {
        mask == 0xffff ? register & ~0xffff | pointer & 0xffff : pointer & mask
    }
}

extension CPU {
    /// Makes this the stack in use.
    func setStack(_ stack: StackAccess) {
        setSegment(SegmentRegister.ss, stack.segment)
        state.pointee.registers[4] = stack.replacing(state.pointee.registers[4])
    }
}

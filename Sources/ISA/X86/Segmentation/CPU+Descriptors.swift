// Reading descriptor tables and task segments.
import MachineCore

extension CPU {
    var privilege: UInt8 { runtime.pointee.mode.privilege }
    var is64Bit: Bool { runtime.pointee.mode.codeSize == .bits64 }

    /// The descriptor of a selector that is not null.
    /// - Throws: the fault `cause` with the selector when it lies beyond its table.
    func descriptor(_ selector: UInt16, _ cause: UInt64 = Fault.generalProtection) throws(FaultTaken) -> Descriptor {
        let place = try descriptorAddress(selector, byteCount: 8, cause)
        return Descriptor(try loadSystem(place, .double))
    }

    /// The descriptor of a selector, with its second half if it is a system descriptor of long mode.
    func systemDescriptor(
        _ selector: UInt16, _ cause: UInt64 = Fault.generalProtection
    ) throws(FaultTaken) -> Descriptor {
        let first = try descriptor(selector, cause)
        guard isLongMode && first.isSystem else { return first }
        let place = try descriptorAddress(selector, byteCount: 16, cause)
        return Descriptor(first.low, try loadSystem(place &+ 8, .double))
    }

    private func descriptorAddress(
        _ selector: UInt16, byteCount: UInt64, _ cause: UInt64
    ) throws(FaultTaken) -> UInt64 {
        let offset = UInt64(selector & 0xfff8)
        if selector & 4 == 0 {
            guard offset + byteCount - 1 <= state.pointee.gdtLimit else { throw fault(cause, selector.errorCode) }
            return state.pointee.gdtBase &+ offset
        }
        let table = state.pointee.segments[SegmentRegister.ldtr]
        guard table.isPresent, offset + byteCount - 1 <= table.limit else { throw fault(cause, selector.errorCode) }
        return table.base &+ offset
    }

    /// Notes in the table that the segment was used (Intel SDM volume 3, 3.4.5.1); gives the descriptor as it is then.
    func noteAccess(to descriptor: Descriptor, _ selector: UInt16) throws(FaultTaken) -> Descriptor {
        guard descriptor.attributes & 1 == 0, !descriptor.isSystem else { return descriptor }
        try setAttributes(descriptor.attributes | 1, of: selector)
        return Descriptor(descriptor.low | 1 << 40, descriptor.high)
    }

    /// Writes the byte with type, privilege and presence of a descriptor in its table.
    func setAttributes(_ attributes: UInt16, of selector: UInt16) throws(FaultTaken) {
        let place = try descriptorAddress(selector, byteCount: 8, Fault.generalProtection)
        try storeSystem(place &+ 5, UInt64(attributes & 0xff), .byte)
    }

    // MARK: The task segment

    /// The task segment has 32 bits, or 64 in long mode.
    private var hasWideTask: Bool { state.pointee.segments[SegmentRegister.tr].attributes & 8 != 0 }

    /// The stack for code of `privilege` outside long mode (Intel SDM volume 3, 7.2.1 and 7.6).
    func taskStack(_ privilege: UInt8) throws(FaultTaken) -> (selector: UInt16, pointer: UInt64) {
        let width: AccessWidth = hasWideTask ? .word : .half
        let offset = width.byteCount &+ UInt64(privilege) &* 2 &* width.byteCount
        let pointer = try loadTask(offset, width)
        let selector = try loadTask(offset &+ width.byteCount, .half)
        return (UInt16(truncatingIfNeeded: selector), pointer)
    }

    /// The stack pointer for code of `privilege` in long mode, or (1 to 7) that of the interrupt stack table (7.7).
    func longTaskStack(_ privilege: UInt8, table: UInt64) throws(FaultTaken) -> UInt64 {
        try loadTask(table != 0 ? 0x24 &+ (table &- 1) &* 8 : 4 &+ UInt64(privilege) &* 8, .double)
    }

    /// Reads the task segment; what lies beyond its limit raises an invalid-TSS exception.
    func loadTask(_ offset: UInt64, _ width: AccessWidth) throws(FaultTaken) -> UInt64 {
        let task = state.pointee.segments[SegmentRegister.tr]
        guard offset &+ width.byteCount &- 1 <= task.limit else {
            throw fault(Fault.invalidTSS, task.selector.errorCode)
        }
        return try loadSystem(task.base &+ offset, width)
    }
}

// Loading segment registers.
import MachineCore

extension CPU {
    /// Puts a segment into a register, and brings up to date what depends on it.
    func setSegment(_ number: Int, _ segment: Segment) {
        state.pointee.segments[number] = segment
        // No instruction has operands in the local descriptor table or the task segment.
        if number < SegmentRegister.ldtr { deriveBounds(number) }
    }

    /// What a data or stack segment register holds after a load in real or virtual-8086 mode.
    private func realSegment(_ number: Int, _ selector: UInt16) -> Segment {
        var segment = state.pointee.segments[number]
        segment.selector = selector
        segment.base = UInt64(selector) << 4
        // In real mode limit and rights stay what they were ("unreal mode").
        if isVirtual8086 { (segment.limit, segment.attributes) = (0xffff, 0xf3) }
        return segment
    }

    /// A register loaded with a null selector: nothing can be accessed with it. Its privilege stays the CPU's.
    private func nullSegment(_ selector: UInt16) -> Segment {
        Segment(limit: 0, selector: selector, attributes: UInt16(privilege) << 5)
    }

    /// `mov` to a segment register and its like (Intel SDM volume 2, MOV).
    func loadSegment(_ number: Int, _ selector: UInt16) throws(FaultTaken) {
        let segment: Segment
        if hasRealSegments {
            segment = realSegment(number, selector)
        } else if number == SegmentRegister.ss {
            segment = try stackSegment(selector, for: privilege)
        } else {
            segment = try dataSegment(selector)
        }
        setSegment(number, segment)
        if number < SegmentRegister.fs { modeWasChanged() }
        guard number == SegmentRegister.ss else { return }
        // Interrupts wait until the stack pointer is loaded as well.
        state.pointee.interruptShadow = 1
        callForAttention()
    }

    private func dataSegment(_ selector: UInt16) throws(FaultTaken) -> Segment {
        if selector.isNullSelector { return nullSegment(selector) }
        let found = try descriptor(selector)
        let isTooInner = selector.requestedPrivilege > found.privilege || privilege > found.privilege
        guard found.isReadable, found.isConforming || !isTooInner else {
            throw fault(Fault.generalProtection, selector.errorCode)
        }
        guard found.isPresent else { throw fault(Fault.segmentNotPresent, selector.errorCode) }
        return try noteAccess(to: found, selector).segment(selector)
    }

    /// The stack segment that code of privilege `privilege` may load with `selector`.
    /// - Parameter cause: what is raised for segments of the wrong kind: a general protection or invalid-TSS exception.
    func stackSegment(
        _ selector: UInt16, for privilege: UInt8, isLong: Bool? = nil, _ cause: UInt64 = Fault.generalProtection
    ) throws(FaultTaken) -> Segment {
        if selector.isNullSelector {
            let isAllowed = (isLong ?? is64Bit) && privilege < 3 && selector.requestedPrivilege == privilege
            guard isAllowed else { throw fault(cause) }
            return Segment(limit: 0, selector: selector, attributes: UInt16(privilege) << 5)
        }
        let found = try descriptor(selector, cause)
        guard found.isWritableData, selector.requestedPrivilege == privilege, found.privilege == privilege else {
            throw fault(cause, selector.errorCode)
        }
        guard found.isPresent else { throw fault(Fault.stack, selector.errorCode) }
        return try noteAccess(to: found, selector).segment(selector)
    }

    /// After a return to less privileged code: segments that it may not use are taken away (Intel SDM volume 2, RET).
    func dropInnerSegments(for privilege: UInt8) {
        for number in [SegmentRegister.es, SegmentRegister.ds, SegmentRegister.fs, SegmentRegister.gs] {
            let segment = state.pointee.segments[number]
            guard segment.isPresent, !segment.isConforming, segment.privilege < privilege else { continue }
            setSegment(number, Segment(limit: 0, selector: 0, attributes: UInt16(privilege) << 5))
        }
    }
}

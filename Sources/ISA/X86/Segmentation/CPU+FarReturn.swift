// Returning to another code segment, as `retf` and `iret` do.
import MachineCore

extension CPU {
    /// Goes on at `offset` in the code segment `selector`, with the stack as it is behind what was popped so far.
    /// - Parameters:
    ///   - popsStack: pointer and segment of the stack to return to lie there.
    ///   - extra: bytes of parameters to take off both stacks.
    func returnFar(
        _ selector: UInt16, _ offset: UInt64, _ start: StackAccess, _ size: AccessWidth, popsStack: Bool,
        extra: UInt64
    ) throws(FaultTaken) {
        let target = selector.requestedPrivilege
        let code = try returnCode(selector)
        let isLongCode = isLongMode && code.isLong
        if isLongCode ? !Self.isCanonical(offset) : offset & 0xffff_ffff > UInt64(code.limit) {
            throw fault(Fault.generalProtection)
        }
        var stack = start
        stack.skip(extra)
        if popsStack { stack = try outerStack(&stack, size, target, isLongCode) }
        let used = try noteAccess(to: code, selector)
        let wasInner = target > privilege
        if popsStack { stack.skip(wasInner ? extra : 0) }
        setSegment(SegmentRegister.cs, used.segment(selector))
        setStack(stack)
        state.pointee.rip = isLongCode ? offset : offset & 0xffff_ffff
        if wasInner { dropInnerSegments(for: target) }
        modeWasChanged()
    }

    private func returnCode(_ selector: UInt16) throws(FaultTaken) -> Descriptor {
        if selector.isNullSelector { throw fault(Fault.generalProtection) }
        let target = selector.requestedPrivilege
        let code = try descriptor(selector)
        let hasRights = code.isConforming ? code.privilege <= target : code.privilege == target
        let isBoth = isLongMode && code.isLong && code.isBig
        guard code.isCode, target >= privilege, hasRights, !isBoth else {
            throw fault(Fault.generalProtection, selector.errorCode)
        }
        guard code.isPresent else { throw fault(Fault.segmentNotPresent, selector.errorCode) }
        return code
    }

    private func outerStack(
        _ stack: inout StackAccess, _ size: AccessWidth, _ target: UInt8, _ isLongCode: Bool
    ) throws(FaultTaken) -> StackAccess {
        let pointer = try stack.pop(size)
        let selector = UInt16(truncatingIfNeeded: try stack.pop(size))
        let segment = try stackSegment(selector, for: target, isLong: isLongCode)
        return StackAccess(self, segment, pointer: pointer, isLong: isLongCode, privilege: target)
    }
}

// Far jumps, calls and returns (Intel SDM volume 2, CALL, JMP and RET; volume 3, 5.8).
import MachineCore

extension CPU {
    /// Carries out a transfer; gives the next offset.
    func transferFar(_ transfer: FarTransfer, _ offset: UInt64) throws(FaultTaken) -> UInt64 {
        let size = AccessWidth(bytes: transfer.width)
        if transfer.kind == .returning {
            try returnFar(transfer, size)
        } else if hasRealSegments {
            try transferReal(transfer, offset, size)
        } else {
            try transferProtected(transfer, offset, size)
        }
        return state.pointee.rip
    }

    private func transferReal(_ transfer: FarTransfer, _ offset: UInt64, _ size: AccessWidth) throws(FaultTaken) {
        guard offset <= UInt64(state.pointee.segments[SegmentRegister.cs].limit) else {
            throw fault(Fault.generalProtection)
        }
        if transfer.kind == .call {
            var stack = StackAccess(self)
            try pushReturn(&stack, size)
            setStack(stack)
        }
        setRealCode(transfer.selector)
        state.pointee.rip = offset
        modeWasChanged()
    }

    private func pushReturn(_ stack: inout StackAccess, _ size: AccessWidth) throws(FaultTaken) {
        try stack.push(UInt64(state.pointee.segments[SegmentRegister.cs].selector), size)
        try stack.push(runtime.pointee.next, size)
    }

    private func returnFar(_ transfer: FarTransfer, _ size: AccessWidth) throws(FaultTaken) {
        var stack = StackAccess(self)
        let offset = try stack.pop(size)
        let selector = UInt16(truncatingIfNeeded: try stack.pop(size))
        guard hasRealSegments else {
            return try returnFar(
                selector, offset, stack, size, popsStack: selector.requestedPrivilege > privilege,
                extra: transfer.extra)
        }
        stack.skip(transfer.extra)
        setStack(stack)
        setRealCode(selector)
        state.pointee.rip = offset
        modeWasChanged()
    }

    private func transferProtected(_ transfer: FarTransfer, _ offset: UInt64, _ size: AccessWidth) throws(FaultTaken) {
        let selector = transfer.selector
        if selector.isNullSelector { throw fault(Fault.generalProtection) }
        let found = try systemDescriptor(selector)
        guard found.isSystem else { return try transferToCode(transfer, found, offset, size) }
        switch (found.type, isLongMode) {
        case (Descriptor.SystemType.callGate, _), (Descriptor.SystemType.callGate16, false):
            try transferThroughGate(transfer, found)
        case (Descriptor.SystemType.availableTask, false), (Descriptor.SystemType.availableTask16, false),
            (Descriptor.SystemType.taskGate, false):
            guard found.privilege >= max(privilege, selector.requestedPrivilege) else {
                throw fault(Fault.generalProtection, selector.errorCode)
            }
            guard found.isPresent else { throw fault(Fault.segmentNotPresent, selector.errorCode) }
            let task = found.type == Descriptor.SystemType.taskGate ? found.gateSelector : selector
            try switchTask(to: task, transfer.kind == .call ? .call : .jump)
        default: throw fault(Fault.generalProtection, selector.errorCode)
        }
    }

    private func transferToCode(
        _ transfer: FarTransfer, _ code: Descriptor, _ offset: UInt64, _ size: AccessWidth
    ) throws(FaultTaken) {
        let selector = transfer.selector
        let hasRights = code.isConforming
            ? code.privilege <= privilege
            : selector.requestedPrivilege <= privilege && code.privilege == privilege
        guard code.isCode, hasRights, !(isLongMode && code.isLong && code.isBig) else {
            throw fault(Fault.generalProtection, selector.errorCode)
        }
        guard code.isPresent else { throw fault(Fault.segmentNotPresent, selector.errorCode) }
        let isLongCode = isLongMode && code.isLong
        var stack = StackAccess(self)
        if transfer.kind == .call { try pushReturn(&stack, size) }
        if isLongCode ? !Self.isCanonical(offset) : offset > UInt64(code.limit) { throw fault(Fault.generalProtection) }
        let used = try noteAccess(to: code, selector)
        setStack(stack)
        setSegment(SegmentRegister.cs, used.segment(selector & ~3 | UInt16(privilege)))
        state.pointee.rip = offset
        modeWasChanged()
    }

    // MARK: Call gates

    private func transferThroughGate(_ transfer: FarTransfer, _ gate: Descriptor) throws(FaultTaken) {
        let selector = transfer.selector
        guard gate.privilege >= max(privilege, selector.requestedPrivilege) else {
            throw fault(Fault.generalProtection, selector.errorCode)
        }
        guard gate.isPresent else { throw fault(Fault.segmentNotPresent, selector.errorCode) }
        let target = gate.gateSelector
        if target.isNullSelector { throw fault(Fault.generalProtection) }
        let code = try descriptor(target)
        let isTooInner = transfer.kind == .jump && !code.isConforming && code.privilege != privilege
        let isWrongSize = isLongMode && (!code.isLong || code.isBig)
        guard code.isCode, code.privilege <= privilege, !isTooInner, !isWrongSize else {
            throw fault(Fault.generalProtection, target.errorCode)
        }
        guard code.isPresent else { throw fault(Fault.segmentNotPresent, target.errorCode) }
        let isInner = transfer.kind == .call && !code.isConforming && code.privilege < privilege
        try pass(gate, code, isInner ? code.privilege : privilege, isInner: isInner, isCall: transfer.kind == .call)
    }

    private func pass(
        _ gate: Descriptor, _ code: Descriptor, _ target: UInt8, isInner: Bool, isCall: Bool
    ) throws(FaultTaken) {
        let size: AccessWidth = isLongMode ? .double : gate.isWideGate ? .word : .half
        let offset = isLongMode ? gate.gateOffset : gate.gateOffset & (gate.isWideGate ? 0xffff_ffff : 0xffff)
        if isLongMode ? !Self.isCanonical(offset) : offset > UInt64(code.limit) { throw fault(Fault.generalProtection) }
        var stack = isInner ? try gateStack(gate, target, size) : StackAccess(self)
        if isCall { try pushReturn(&stack, size) }
        let used = try noteAccess(to: code, gate.gateSelector)
        setSegment(SegmentRegister.cs, used.segment(gate.gateSelector & ~3 | UInt16(target)))
        setStack(stack)
        state.pointee.rip = offset
        modeWasChanged()
    }

    /// The inner stack, with the old one's place and the parameters that the gate says.
    private func gateStack(_ gate: Descriptor, _ target: UInt8, _ size: AccessWidth) throws(FaultTaken) -> StackAccess {
        var stack: StackAccess
        if isLongMode {
            let segment = Segment(limit: 0, selector: UInt16(target), attributes: UInt16(target) << 5)
            stack = StackAccess(
                self, segment, pointer: try longTaskStack(target, table: 0), isLong: true, privilege: target)
        } else {
            stack = try innerStack(target)
        }
        var outer = StackAccess(self)
        var parameters: [UInt64] = []
        if !isLongMode { for _ in 0..<gate.gateParameterCount { parameters.append(try outer.pop(size)) } }
        try stack.push(UInt64(outer.segment.selector), size)
        try stack.push(state.pointee.registers[4], size)
        for parameter in parameters.reversed() { try stack.push(parameter, size) }
        return stack
    }
}

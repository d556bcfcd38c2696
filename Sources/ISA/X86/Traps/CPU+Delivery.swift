// Entering a handler: the interrupt table of real mode, and gates (Intel SDM volume 3, 6.12 and 6.14).
import MachineCore

extension CPU {
    /// All of RFLAGS.
    var flags: UInt64 { state.pointee.statusFlags | state.pointee.systemFlags }

    private func pushedFlags(_ event: TrapEvent) -> UInt64 { event.resumes ? flags | RFlags.resume : flags }

    /// Enters the handler of `event`; the state is unchanged when that fails.
    func deliver(_ event: TrapEvent) throws(FaultTaken) {
        if !isProtected { return try deliverReal(event) }
        let gate = try gate(event)
        if gate.type == Descriptor.SystemType.taskGate {
            return try switchTask(to: gate.gateSelector, .interrupt(event))
        }
        let selector = gate.gateSelector
        let code = try handlerCode(selector, event)
        let isInner = !code.isConforming && code.privilege < privilege
        if isVirtual8086 && (code.isConforming || code.privilege != 0) {
            throw fault(Fault.generalProtection, selector.errorCode)
        }
        let target = isInner ? code.privilege : privilege
        if isLongMode {
            try enterLong(event, gate, code, target, isInner)
        } else {
            try enterProtected(event, gate, code, target, isInner)
        }
    }

    /// Real mode: the table holds far pointers (Intel SDM volume 3, 20.1.4).
    private func deliverReal(_ event: TrapEvent) throws(FaultTaken) {
        let entry = UInt64(event.vector) * 4
        guard entry + 3 <= state.pointee.idtLimit else { throw fault(Fault.generalProtection, entry * 2 | 2) }
        let pointer = try loadSystem(state.pointee.idtBase &+ entry, .word)
        var stack = StackAccess(self)
        try stack.push(flags, .half)
        try stack.push(UInt64(state.pointee.segments[SegmentRegister.cs].selector), .half)
        try stack.push(event.returnOffset, .half)
        setStack(stack)
        setRealCode(UInt16(truncatingIfNeeded: pointer >> 16))
        setFlags(flags & ~(RFlags.interrupt | RFlags.trap | RFlags.alignmentCheck | RFlags.resume))
        state.pointee.rip = pointer & 0xffff
        modeWasChanged()
    }

    /// The code segment of `selector` in real or virtual-8086 mode.
    func setRealCode(_ selector: UInt16) {
        var code = state.pointee.segments[SegmentRegister.cs]
        code.selector = selector
        code.base = UInt64(selector) << 4
        if isVirtual8086 { (code.limit, code.attributes) = (0xffff, 0xfb) }
        setSegment(SegmentRegister.cs, code)
    }

    /// The gate for `event`, checked but for what it leads to.
    private func gate(_ event: TrapEvent) throws(FaultTaken) -> Descriptor {
        let byteCount: UInt64 = isLongMode ? 16 : 8
        let offset = UInt64(event.vector) * byteCount
        // In an error code, bit 1 says that the interrupt table is meant.
        let code = UInt64(event.vector) * 8 | 2
        guard offset + byteCount - 1 <= state.pointee.idtLimit else { throw fault(Fault.generalProtection, code) }
        let place = state.pointee.idtBase &+ offset
        let low = try loadSystem(place, .double)
        let gate = Descriptor(low, isLongMode ? try loadSystem(place &+ 8, .double) : 0)
        let isKnown = isLongMode
            ? [14, 15].contains(gate.type) : [5, 6, 7, 14, 15].contains(gate.type)
        guard gate.isSystem, isKnown else { throw fault(Fault.generalProtection, code) }
        if event.checksGatePrivilege && gate.privilege < privilege { throw fault(Fault.generalProtection, code) }
        guard gate.isPresent else { throw fault(Fault.segmentNotPresent, code) }
        return gate
    }

    private func handlerCode(_ selector: UInt16, _ event: TrapEvent) throws(FaultTaken) -> Descriptor {
        if selector.isNullSelector { throw fault(Fault.generalProtection) }
        let code = try descriptor(selector)
        guard code.isCode, code.privilege <= privilege else {
            throw fault(Fault.generalProtection, selector.errorCode)
        }
        if isLongMode && (!code.isLong || code.isBig) { throw fault(Fault.generalProtection, selector.errorCode) }
        guard code.isPresent else { throw fault(Fault.segmentNotPresent, selector.errorCode) }
        return code
    }

    private func enterLong(
        _ event: TrapEvent, _ gate: Descriptor, _ code: Descriptor, _ target: UInt8, _ isInner: Bool
    ) throws(FaultTaken) {
        let oldStack = state.pointee.segments[SegmentRegister.ss]
        let oldPointer = state.pointee.registers[4]
        var segment = oldStack
        var pointer = oldPointer
        if isInner || gate.gateStack != 0 { pointer = try longTaskStack(target, table: gate.gateStack) }
        if isInner { segment = Segment(limit: 0, selector: UInt16(target), attributes: UInt16(target) << 5) }
        guard Self.isCanonical(gate.gateOffset) else { throw fault(Fault.generalProtection) }
        // The frame begins at a multiple of 16.
        var stack = StackAccess(self, segment, pointer: pointer & ~15, isLong: true, privilege: target)
        try stack.push(UInt64(oldStack.selector), .double)
        try stack.push(oldPointer, .double)
        try pushFrame(&stack, event, .double)
        try enter(gate, code, target, stack, isLong: true)
    }

    private func enterProtected(
        _ event: TrapEvent, _ gate: Descriptor, _ code: Descriptor, _ target: UInt8, _ isInner: Bool
    ) throws(FaultTaken) {
        let width: AccessWidth = gate.isWideGate ? .word : .half
        guard gate.gateOffset <= code.limit else { throw fault(Fault.generalProtection) }
        guard isInner else {
            var stack = StackAccess(self)
            try pushFrame(&stack, event, width)
            return try enter(gate, code, target, stack, isLong: false)
        }
        let oldStack = state.pointee.segments[SegmentRegister.ss]
        var stack = try innerStack(target)
        if isVirtual8086 {
            for number in [SegmentRegister.gs, SegmentRegister.fs, SegmentRegister.ds, SegmentRegister.es] {
                try stack.push(UInt64(state.pointee.segments[number].selector), width)
            }
        }
        try stack.push(UInt64(oldStack.selector), width)
        try stack.push(state.pointee.registers[4], width)
        try pushFrame(&stack, event, width)
        let wasVirtual = isVirtual8086
        try enter(gate, code, target, stack, isLong: false)
        if wasVirtual { dropVirtualSegments() }
    }

    /// The stack that the task segment names for code of `privilege`.
    func innerStack(_ privilege: UInt8) throws(FaultTaken) -> StackAccess {
        let (selector, pointer) = try taskStack(privilege)
        let segment = try stackSegment(selector, for: privilege, isLong: false, Fault.invalidTSS)
        return StackAccess(
            self, segment, pointer: pointer, isLong: false, privilege: privilege, errorCode: selector.errorCode)
    }

    private func pushFrame(_ stack: inout StackAccess, _ event: TrapEvent, _ width: AccessWidth) throws(FaultTaken) {
        try stack.push(pushedFlags(event), width)
        try stack.push(UInt64(state.pointee.segments[SegmentRegister.cs].selector), width)
        try stack.push(event.returnOffset, width)
        if let code = event.errorCode { try stack.push(code, width) }
    }

    /// The last step, which can not fail but for the descriptor's own table.
    private func enter(
        _ gate: Descriptor, _ code: Descriptor, _ target: UInt8, _ stack: StackAccess, isLong: Bool
    ) throws(FaultTaken) {
        let selector = gate.gateSelector & ~3 | UInt16(target)
        let used = try noteAccess(to: code, gate.gateSelector)
        // VM goes first: the segments below are those of protected mode.
        var cleared = RFlags.trap | RFlags.nestedTask | RFlags.virtual8086 | RFlags.resume
        if gate.type & 1 == 0 { cleared |= RFlags.interrupt }
        setFlags(flags & ~cleared)
        setSegment(SegmentRegister.cs, used.segment(selector))
        setStack(stack)
        state.pointee.rip = isLong || gate.isWideGate ? gate.gateOffset : gate.gateOffset & 0xffff
        modeWasChanged()
    }

    /// Data segments of virtual-8086 mode mean nothing to a handler.
    private func dropVirtualSegments() {
        for number in [SegmentRegister.es, SegmentRegister.ds, SegmentRegister.fs, SegmentRegister.gs] {
            setSegment(number, Segment(limit: 0, selector: 0, attributes: 0))
        }
        modeWasChanged()
    }
}

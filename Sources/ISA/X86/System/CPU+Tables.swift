// Registers of descriptor tables, and questions about selectors.
import MachineCore

extension CPU {
    /// `lgdt` and its like, `lldt`, `ltr`, `verr` and its like, `lar` and `lsl`.
    func changeTables(_ operation: Operation, _ operand: UInt64, _ width: UInt8) throws(FaultTaken) -> UInt64 {
        switch operation {
        case .lgdt, .lidt: try loadTable(operation, operand, width)
        case .sgdt, .sidt: try storeTable(operation, operand)
        default:
            if hasRealSegments { throw fault(Fault.invalidOpcode) }
            return try useSelector(operation, UInt16(truncatingIfNeeded: operand))
        }
        return 0
    }

    private func loadTable(_ operation: Operation, _ address: UInt64, _ width: UInt8) throws(FaultTaken) {
        try requireSupervisor()
        let limit = UInt16(truncatingIfNeeded: try slowLoad(address, .half))
        var base = try slowLoad(address &+ 2, is64Bit ? .double : .word)
        if !is64Bit && width == 2 { base &= 0xff_ffff }
        guard !is64Bit || Self.isCanonical(base) else { throw fault(Fault.generalProtection) }
        if operation == .lgdt {
            (state.pointee.gdtLimit, state.pointee.gdtBase) = (limit, base)
        } else {
            (state.pointee.idtLimit, state.pointee.idtBase) = (limit, base)
        }
    }

    private func storeTable(_ operation: Operation, _ address: UInt64) throws(FaultTaken) {
        try checkUserMode()
        let isGlobal = operation == .sgdt
        let base = isGlobal ? state.pointee.gdtBase : state.pointee.idtBase
        try slowStore(address, UInt64(isGlobal ? state.pointee.gdtLimit : state.pointee.idtLimit), .half)
        try slowStore(address &+ 2, base, is64Bit ? .double : .word)
    }

    private func useSelector(_ operation: Operation, _ selector: UInt16) throws(FaultTaken) -> UInt64 {
        switch operation {
        case .sldt, .str:
            try checkUserMode()
            let number = operation == .sldt ? SegmentRegister.ldtr : SegmentRegister.tr
            return UInt64(state.pointee.segments[number].selector)
        case .lldt: try loadLocalTable(selector)
        case .ltr: try loadTask(selector)
        case .verr, .verw, .lar, .lsl: return try ask(operation, selector)
        default: throw fault(Fault.invalidOpcode)
        }
        return 0
    }

    private func loadLocalTable(_ selector: UInt16) throws(FaultTaken) {
        try requireSupervisor()
        if selector.isNullSelector {
            return setSegment(SegmentRegister.ldtr, Segment(limit: 0, selector: selector, attributes: 0))
        }
        guard selector & 4 == 0 else { throw fault(Fault.generalProtection, selector.errorCode) }
        let found = try systemDescriptor(selector)
        guard found.isSystem, found.type == Descriptor.SystemType.localTable else {
            throw fault(Fault.generalProtection, selector.errorCode)
        }
        guard found.isPresent else { throw fault(Fault.segmentNotPresent, selector.errorCode) }
        setSegment(SegmentRegister.ldtr, found.segment(selector))
    }

    private func loadTask(_ selector: UInt16) throws(FaultTaken) {
        try requireSupervisor()
        guard !selector.isNullSelector, selector & 4 == 0 else {
            throw fault(Fault.generalProtection, selector.errorCode)
        }
        let found = try systemDescriptor(selector)
        let isTask = found.type == Descriptor.SystemType.availableTask
            || found.type == Descriptor.SystemType.availableTask16 && !isLongMode
        guard found.isSystem, isTask else { throw fault(Fault.generalProtection, selector.errorCode) }
        guard found.isPresent else { throw fault(Fault.segmentNotPresent, selector.errorCode) }
        try setAttributes(found.attributes | 2, of: selector)
        setSegment(SegmentRegister.tr, Descriptor(found.low | 2 << 40, found.high).segment(selector))
    }

    // MARK: Questions

    /// `verr`, `verw`, `lar` and `lsl`: ZF says whether the selector can be used.
    private func ask(_ operation: Operation, _ selector: UInt16) throws(FaultTaken) -> UInt64 {
        let found = try visibleDescriptor(selector)
        let answer = found.flatMap { self.answer(operation, $0) }
        let others = state.pointee.statusFlags & ~RFlags.zero
        state.pointee.statusFlags = others | (answer == nil ? 0 : RFlags.zero)
        return answer ?? 0
    }

    /// The descriptor of `selector`, where there is one that code of this privilege may know.
    private func visibleDescriptor(_ selector: UInt16) throws(FaultTaken) -> Descriptor? {
        guard !selector.isNullSelector else { return nil }
        let table = state.pointee.segments[SegmentRegister.ldtr]
        let limit = selector & 4 == 0 ? UInt32(state.pointee.gdtLimit) : table.isPresent ? table.limit : 0
        guard UInt32(selector | 7) <= limit else { return nil }
        let found = try descriptor(selector)
        let isVisible = max(privilege, selector.requestedPrivilege) <= found.privilege || found.isConforming
        return isVisible ? found : nil
    }

    private func answer(_ operation: Operation, _ found: Descriptor) -> UInt64? {
        switch operation {
        case .verr: return found.isReadable ? 1 : nil
        case .verw: return found.isWritableData ? 1 : nil
        default:
            guard !found.isSystem || Self.hasVisibleType(found.type, operation, isLongMode) else { return nil }
            return operation == .lar ? found.low >> 32 & 0xff_ff00 : UInt64(found.limit)
        }
    }

    /// System descriptors that `lar` and `lsl` answer for (Intel SDM volume 2, tables of LAR and LSL).
    private static func hasVisibleType(_ type: UInt16, _ operation: Operation, _ isLong: Bool) -> Bool {
        let segments: [UInt16] = isLong ? [2, 9, 11] : [1, 2, 3, 9, 11]
        let gates: [UInt16] = isLong ? [12] : [4, 5, 12]
        return segments.contains(type) || operation == .lar && gates.contains(type)
    }
}

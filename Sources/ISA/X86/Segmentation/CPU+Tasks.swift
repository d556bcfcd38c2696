// Hardware task switches (Intel SDM volume 3, 7.3).
import MachineCore

/// What a task is switched by.
enum TaskSwitch {
    case jump, call, interruptReturn
    case interrupt(TrapEvent)

    /// The old task stays busy, and the new one has a link back to it.
    var isNested: Bool {
        switch self {
        case .call, .interrupt: true
        case .jump, .interruptReturn: false
        }
    }
}

/// Where a task segment has what (Intel SDM volume 3, 7.2.1 and 7.6).
private struct TaskLayout {
    let width: AccessWidth
    let instructionPointer: UInt64
    let flags: UInt64
    let registers: UInt64
    let segments: UInt64
    let segmentCount: UInt64
    /// The distance between two selectors.
    let segmentStride: UInt64
    let localTable: UInt64
    let minimumLimit: UInt32

    static let wide = TaskLayout(
        width: .word, instructionPointer: 0x20, flags: 0x24, registers: 0x28, segments: 0x48, segmentCount: 6,
        segmentStride: 4, localTable: 0x60, minimumLimit: 103)
    static let narrow = TaskLayout(
        width: .half, instructionPointer: 0x0e, flags: 0x10, registers: 0x12, segments: 0x22, segmentCount: 4,
        segmentStride: 2, localTable: 0x2a, minimumLimit: 43)
    static let pageTable: UInt64 = 0x1c
}

/// What a task segment holds.
private struct TaskImage {
    var offset: UInt64 = 0
    var flags: UInt64 = 0
    var registers: InlineArray<8, UInt64> = InlineArray(repeating: 0)
    var selectors: InlineArray<6, UInt16> = InlineArray(repeating: 0)
    var localTable: UInt16 = 0
    var pageTable: UInt64?
}

extension CPU {
    /// Saves the task that runs and goes on in the one that `selector` names. Segments of the new task are checked
    /// before anything changes, so that what is wrong with them is raised in the old one.
    func switchTask(to selector: UInt16, _ reason: TaskSwitch) throws(FaultTaken) {
        let found = try newTask(selector, reason)
        let layout: TaskLayout = found.type & 8 != 0 ? .wide : .narrow
        guard found.limit >= layout.minimumLimit else { throw fault(Fault.invalidTSS, selector.errorCode) }
        let image = try readTask(found.base, layout)
        let segments = try taskSegments(image)
        let local = try localTable(image.localTable)
        try saveTask(reason)
        try setBusyBits(selector, found, reason)
        if reason.isNested {
            try storeSystem(found.base, UInt64(state.pointee.segments[SegmentRegister.tr].selector), .half)
        }
        setSegment(SegmentRegister.tr, Descriptor(found.low | 2 << 40).segment(selector))
        setSegment(SegmentRegister.ldtr, local)
        load(image, segments, layout, isNested: reason.isNested)
        if case .interrupt(let event) = reason, let code = event.errorCode {
            var stack = StackAccess(self)
            try stack.push(code, layout.width)
            setStack(stack)
        }
    }

    private func newTask(_ selector: UInt16, _ reason: TaskSwitch) throws(FaultTaken) -> Descriptor {
        var cause = Fault.generalProtection
        var isReturn = false
        if case .interruptReturn = reason { (cause, isReturn) = (Fault.invalidTSS, true) }
        guard selector & 4 == 0, !selector.isNullSelector else { throw fault(cause, selector.errorCode) }
        let found = try descriptor(selector, cause)
        let types = isReturn
            ? [Descriptor.SystemType.busyTask, Descriptor.SystemType.busyTask16]
            : [Descriptor.SystemType.availableTask, Descriptor.SystemType.availableTask16]
        guard found.isSystem, types.contains(found.type) else { throw fault(cause, selector.errorCode) }
        guard found.isPresent else { throw fault(Fault.segmentNotPresent, selector.errorCode) }
        return found
    }

    private func readTask(_ base: UInt64, _ layout: TaskLayout) throws(FaultTaken) -> TaskImage {
        var image = TaskImage()
        image.offset = try loadSystem(base &+ layout.instructionPointer, layout.width)
        image.flags = try loadSystem(base &+ layout.flags, layout.width)
        for number in 0..<8 {
            let place = base &+ layout.registers &+ UInt64(number) &* layout.width.byteCount
            image.registers[number] = try loadSystem(place, layout.width)
        }
        for number in 0..<layout.segmentCount {
            let place = base &+ layout.segments &+ number &* layout.segmentStride
            image.selectors[Int(number)] = UInt16(truncatingIfNeeded: try loadSystem(place, .half))
        }
        image.localTable = UInt16(truncatingIfNeeded: try loadSystem(base &+ layout.localTable, .half))
        if layout.width == .word { image.pageTable = try loadSystem(base &+ TaskLayout.pageTable, .word) }
        return image
    }

    /// The segments of a new task: ES, CS, SS, DS, FS, GS.
    private func taskSegments(_ image: TaskImage) throws(FaultTaken) -> [Segment] {
        if image.flags & RFlags.virtual8086 != 0 {
            return (0..<6).map {
                let selector = image.selectors[$0]
                return Segment(base: UInt64(selector) << 4, selector: selector, attributes: $0 == 1 ? 0xfb : 0xf3)
            }
        }
        let selector = image.selectors[SegmentRegister.cs]
        let target = selector.requestedPrivilege
        guard !selector.isNullSelector else { throw fault(Fault.invalidTSS) }
        let code = try descriptor(selector, Fault.invalidTSS)
        let hasRights = code.isConforming ? code.privilege <= target : code.privilege == target
        guard code.isCode, hasRights else { throw fault(Fault.invalidTSS, selector.errorCode) }
        guard code.isPresent else { throw fault(Fault.segmentNotPresent, selector.errorCode) }
        var result: [Segment] = []
        for number in 0..<6 {
            let selector = image.selectors[number]
            switch number {
            case SegmentRegister.cs: result.append(code.segment(selector))
            case SegmentRegister.ss:
                result.append(try stackSegment(selector, for: target, isLong: false, Fault.invalidTSS))
            default: result.append(try taskDataSegment(selector, target))
            }
        }
        return result
    }

    private func taskDataSegment(_ selector: UInt16, _ target: UInt8) throws(FaultTaken) -> Segment {
        if selector.isNullSelector { return Segment(limit: 0, selector: selector, attributes: UInt16(target) << 5) }
        let found = try descriptor(selector, Fault.invalidTSS)
        let isTooInner = max(selector.requestedPrivilege, target) > found.privilege
        guard found.isReadable, found.isConforming || !isTooInner else {
            throw fault(Fault.invalidTSS, selector.errorCode)
        }
        guard found.isPresent else { throw fault(Fault.segmentNotPresent, selector.errorCode) }
        return found.segment(selector)
    }

    private func localTable(_ selector: UInt16) throws(FaultTaken) -> Segment {
        if selector.isNullSelector { return Segment(limit: 0, selector: selector, attributes: 0) }
        let found = try descriptor(selector, Fault.invalidTSS)
        guard found.isSystem, found.type == Descriptor.SystemType.localTable, found.isPresent else {
            throw fault(Fault.invalidTSS, selector.errorCode)
        }
        return found.segment(selector)
    }

    private func saveTask(_ reason: TaskSwitch) throws(FaultTaken) {
        let task = state.pointee.segments[SegmentRegister.tr]
        let layout: TaskLayout = task.attributes & 8 != 0 ? .wide : .narrow
        var offset = runtime.pointee.next
        var image = flags
        if case .interrupt(let event) = reason { offset = event.returnOffset }
        if case .interruptReturn = reason { image &= ~RFlags.nestedTask }
        try storeSystem(task.base &+ layout.instructionPointer, offset, layout.width)
        try storeSystem(task.base &+ layout.flags, image, layout.width)
        for number in 0..<8 {
            let place = task.base &+ layout.registers &+ UInt64(number) &* layout.width.byteCount
            try storeSystem(place, state.pointee.registers[number], layout.width)
        }
        for number in 0..<layout.segmentCount {
            let selector = state.pointee.segments[Int(number)].selector
            try storeSystem(task.base &+ layout.segments &+ number &* layout.segmentStride, UInt64(selector), .half)
        }
    }

    private func setBusyBits(_ selector: UInt16, _ found: Descriptor, _ reason: TaskSwitch) throws(FaultTaken) {
        let old = state.pointee.segments[SegmentRegister.tr]
        if !reason.isNested { try setAttributes(old.attributes & ~2, of: old.selector) }
        try setAttributes(found.attributes | 2, of: selector)
    }

    private func load(_ image: TaskImage, _ segments: [Segment], _ layout: TaskLayout, isNested: Bool) {
        state.pointee.cr0 |= CR0.taskSwitched
        if let table = image.pageTable, state.pointee.cr0 & CR0.paging != 0 {
            state.pointee.cr3 = table
            translations.flushAll()
        }
        let kept = layout.width == .half ? flags & ~0xffff : 0
        setFlags(image.flags | kept | (isNested ? RFlags.nestedTask : 0))
        for number in 0..<8 {
            let old = state.pointee.registers[number]
            state.pointee.registers[number] = layout.width == .half
                ? old & ~0xffff | image.registers[number] : image.registers[number]
        }
        for (number, segment) in segments.enumerated() { setSegment(number, segment) }
        state.pointee.rip = image.offset
        modeWasChanged()
    }
}

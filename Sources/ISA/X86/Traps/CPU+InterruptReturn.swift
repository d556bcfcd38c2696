// `iret` (Intel SDM volume 2, IRET).
import MachineCore

extension CPU {
    /// What `iret` has popped.
    private struct Frame {
        var offset: UInt64
        var selector: UInt16
        var flags: UInt64
    }

    /// Returns from a handler with operands of `width` bytes; gives the next offset.
    func returnFromInterrupt(_ width: UInt64) throws(FaultTaken) -> UInt64 {
        let size = AccessWidth(bytes: UInt8(truncatingIfNeeded: width))
        if isProtected && !isVirtual8086 && state.pointee.systemFlags & RFlags.nestedTask != 0 {
            guard !isLongMode else { throw fault(Fault.generalProtection) }
            let link = UInt16(truncatingIfNeeded: try loadTask(0, .half))
            try switchTask(to: link, .interruptReturn)
            state.pointee.blocksNonmaskable = 0
            return state.pointee.rip
        }
        if isVirtual8086 && ioPrivilege < 3 { throw fault(Fault.generalProtection) }
        var stack = StackAccess(self)
        let frame = Frame(
            offset: try stack.pop(size), selector: UInt16(truncatingIfNeeded: try stack.pop(size)),
            flags: try stack.pop(size))
        if hasRealSegments {
            returnReal(frame, stack, size)
        } else if !isLongMode && frame.flags & RFlags.virtual8086 != 0 && privilege == 0 && size == .word {
            try returnToVirtual(frame, stack)
        } else {
            try returnProtected(frame, stack, size)
        }
        state.pointee.blocksNonmaskable = 0
        return state.pointee.rip
    }

    /// The flags that `iret` may change.
    private func changeableFlags(_ size: AccessWidth) -> UInt64 {
        var mask = RFlags.status | RFlags.trap | RFlags.direction | RFlags.nestedTask
        if size != .half { mask |= RFlags.resume | RFlags.alignmentCheck | RFlags.identification }
        if privilege <= ioPrivilege || !isProtected { mask |= RFlags.interrupt }
        if privilege == 0 && !isVirtual8086 { mask |= RFlags.ioPrivilege }
        return mask
    }

    private func returnReal(_ frame: Frame, _ stack: StackAccess, _ size: AccessWidth) {
        let mask = changeableFlags(size)
        setStack(stack)
        setFlags(flags & ~mask | frame.flags & mask)
        setRealCode(frame.selector)
        state.pointee.rip = size == .half ? frame.offset & 0xffff : frame.offset & 0xffff_ffff
        modeWasChanged()
    }

    private func returnToVirtual(_ frame: Frame, _ start: StackAccess) throws(FaultTaken) {
        var stack = start
        let pointer = try stack.pop(.word)
        var selectors: [UInt16] = []
        for _ in 0..<5 { selectors.append(UInt16(truncatingIfNeeded: try stack.pop(.word))) }
        setFlags(frame.flags)
        let order = [
            SegmentRegister.ss, SegmentRegister.es, SegmentRegister.ds, SegmentRegister.fs, SegmentRegister.gs,
        ]
        for (number, selector) in zip(order, selectors) {
            setSegment(number, Segment(base: UInt64(selector) << 4, selector: selector, attributes: 0xf3))
        }
        setRealCode(frame.selector)
        state.pointee.registers[4] = pointer
        state.pointee.rip = frame.offset & 0xffff
        modeWasChanged()
    }

    private func returnProtected(_ frame: Frame, _ start: StackAccess, _ size: AccessWidth) throws(FaultTaken) {
        let mask = changeableFlags(size)
        let target = frame.selector.requestedPrivilege
        try returnFar(
            frame.selector, frame.offset, start, size, popsStack: is64Bit || target > privilege, extra: 0)
        setFlags(flags & ~mask | frame.flags & mask)
    }
}

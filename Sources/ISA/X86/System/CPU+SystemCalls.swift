// `syscall`, `sysenter` and their ways back; segment bases (Intel SDM volume 2).
import MachineCore

extension CPU {
    /// Enters or leaves the kernel; gives the next offset.
    func systemCall(_ operation: Operation, _ width: UInt8) throws(FaultTaken) -> UInt64 {
        switch operation {
        case .syscall: try enterBySyscall()
        case .sysret: try leaveBySysret(width)
        case .sysenter: try enterBySysenter()
        default: try leaveBySysexit(width)
        }
        modeWasChanged()
        return state.pointee.rip
    }

    /// A code segment as these instructions make it, without a look at the table.
    private func setFlatCode(_ selector: UInt64, _ privilege: UInt16, isLong: Bool) {
        let attributes: UInt16 = 0x809b | privilege << 5 | (isLong ? 0x2000 : 0x4000)
        setSegment(
            SegmentRegister.cs,
            Segment(limit: .max, selector: UInt16(truncatingIfNeeded: selector), attributes: attributes))
    }

    private func setFlatStack(_ selector: UInt64, _ privilege: UInt16) {
        setSegment(
            SegmentRegister.ss,
            Segment(
                limit: .max, selector: UInt16(truncatingIfNeeded: selector), attributes: 0xc093 | privilege << 5))
    }

    private func enterBySyscall() throws(FaultTaken) {
        guard state.pointee.efer & EFER.systemCall != 0, is64Bit else { throw fault(Fault.invalidOpcode) }
        state.pointee.registers[1] = runtime.pointee.next
        state.pointee.registers[11] = flags & ~RFlags.resume
        state.pointee.rip = state.pointee.lstar
        setFlags(flags & ~(state.pointee.sfmask | RFlags.resume))
        let selector = state.pointee.star >> 32 & 0xfffc
        setFlatCode(selector, 0, isLong: true)
        setFlatStack(selector + 8, 0)
    }

    private func leaveBySysret(_ width: UInt8) throws(FaultTaken) {
        guard state.pointee.efer & EFER.systemCall != 0, is64Bit else { throw fault(Fault.invalidOpcode) }
        try requireSupervisor()
        let target = state.pointee.registers[1]
        let isLong = width == 8
        guard !isLong || Self.isCanonical(target) else { throw fault(Fault.generalProtection) }
        let allowed = RFlags.all & ~(RFlags.resume | RFlags.virtual8086)
        setFlags(state.pointee.registers[11] & allowed)
        let selector = state.pointee.star >> 48
        setFlatCode((selector &+ (isLong ? 16 : 0)) | 3, 3, isLong: isLong)
        setFlatStack((selector &+ 8) | 3, 3)
        state.pointee.rip = isLong ? target : target & 0xffff_ffff
    }

    private func enterBySysenter() throws(FaultTaken) {
        let selector = state.pointee.sysenterCS & 0xfffc
        guard isProtected, selector != 0 else { throw fault(Fault.generalProtection) }
        setFlags(flags & ~(RFlags.virtual8086 | RFlags.interrupt | RFlags.resume))
        setFlatCode(selector, 0, isLong: isLongMode)
        setFlatStack(selector + 8, 0)
        let mask: UInt64 = isLongMode ? .max : 0xffff_ffff
        state.pointee.registers[4] = state.pointee.sysenterESP & mask
        state.pointee.rip = state.pointee.sysenterEIP & mask
    }

    private func leaveBySysexit(_ width: UInt8) throws(FaultTaken) {
        let selector = state.pointee.sysenterCS & 0xfffc
        guard isProtected, selector != 0, privilege == 0 else { throw fault(Fault.generalProtection) }
        let isLong = width == 8
        let (stack, target) = (state.pointee.registers[1], state.pointee.registers[2])
        guard !isLong || Self.isCanonical(stack) && Self.isCanonical(target) else {
            throw fault(Fault.generalProtection)
        }
        setFlatCode((selector &+ (isLong ? 32 : 16)) | 3, 3, isLong: isLong)
        setFlatStack((selector &+ (isLong ? 40 : 24)) | 3, 3)
        let mask: UInt64 = isLong ? .max : 0xffff_ffff
        state.pointee.registers[4] = stack & mask
        state.pointee.rip = target & mask
    }

    // MARK: Segment bases

    /// `swapgs`, and `rdfsbase` and its like.
    func changeSegmentBase(_ operation: Operation, _ operand: UInt64, _ width: UInt8) throws(FaultTaken) -> UInt64 {
        guard is64Bit else { throw fault(Fault.invalidOpcode) }
        let gs = state.pointee.segments[SegmentRegister.gs].base
        if operation == .swapgs {
            try requireSupervisor()
            state.pointee.segments[SegmentRegister.gs].base = state.pointee.kernelGSBase
            state.pointee.kernelGSBase = gs
            return 0
        }
        guard state.pointee.cr4 & CR4.segmentBases != 0 else { throw fault(Fault.invalidOpcode) }
        let number = operation == .rdfsbase || operation == .wrfsbase ? SegmentRegister.fs : SegmentRegister.gs
        if operation == .rdfsbase || operation == .rdgsbase { return state.pointee.segments[number].base }
        let value = width == 8 ? operand : operand & 0xffff_ffff
        guard Self.isCanonical(value) else { throw fault(Fault.generalProtection) }
        state.pointee.segments[number].base = value
        return 0
    }
}

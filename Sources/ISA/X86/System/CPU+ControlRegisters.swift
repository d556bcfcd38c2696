// Control and debug registers (Intel SDM volume 3, 2.5 and 17.2).
import MachineCore

extension CPU {
    /// Reads CR `number`, or from 16 on a debug register.
    func readControl(_ number: UInt64) throws(FaultTaken) -> UInt64 {
        try requireSupervisor()
        switch number {
        case 0: return state.pointee.cr0
        case 2: return state.pointee.cr2
        case 3: return state.pointee.cr3
        case 4: return state.pointee.cr4
        case 8: return UInt64(interruptController?.taskPriority ?? 0)
        case 16...23: return state.pointee.debug[try debugIndex(number - 16)]
        default: throw fault(Fault.invalidOpcode)
        }
    }

    /// Writes CR `number`, or from 16 on a debug register.
    func writeControl(_ number: UInt64, _ value: UInt64) throws(FaultTaken) {
        try requireSupervisor()
        switch number {
        case 0: try writeCR0(value)
        case 2: state.pointee.cr2 = value
        case 3: try writeCR3(value)
        case 4: try writeCR4(value)
        case 8:
            guard value < 16 else { throw fault(Fault.generalProtection) }
            interruptController?.taskPriority = UInt8(value)
            callForAttention()
        case 16...23: try writeDebug(number - 16, value)
        default: throw fault(Fault.invalidOpcode)
        }
    }

    // MARK: CR0

    func writeCR0(_ value: UInt64) throws(FaultTaken) {
        let new = value & CR0.writable | CR0.extensionType
        let isPaging = new & CR0.paging != 0
        let wasPaging = state.pointee.cr0 & CR0.paging != 0
        let isImpossible = value >> 32 != 0 || isPaging && new & CR0.protection == 0
            || new & CR0.notWriteThrough != 0 && new & CR0.cacheDisable == 0
        if isImpossible { throw fault(Fault.generalProtection) }
        if isPaging != wasPaging { try checkPagingChange(isPaging) }
        if isPaging && !wasPaging && state.pointee.efer & EFER.longModeEnable != 0 {
            state.pointee.efer |= EFER.longModeActive
        } else if !isPaging {
            state.pointee.efer &= ~EFER.longModeActive
        }
        let changed = state.pointee.cr0 ^ new
        state.pointee.cr0 = new
        if changed & (CR0.paging | CR0.writeProtect | CR0.protection) != 0 {
            translations.flushAll()
            for number in 0..<6 { deriveBounds(number) }
            modeWasChanged()
        }
    }

    /// Long mode begins and ends with paging (Intel SDM volume 3, 9.8.5).
    private func checkPagingChange(_ isOn: Bool) throws(FaultTaken) {
        let code = state.pointee.segments[SegmentRegister.cs]
        let isPhysicalExtended = state.pointee.cr4 & CR4.physicalAddressExtension != 0
        if isOn {
            guard state.pointee.efer & EFER.longModeEnable == 0 || isPhysicalExtended && !code.isLong else {
                throw fault(Fault.generalProtection)
            }
        } else if isLongMode && code.isLong || state.pointee.cr4 & CR4.processContext != 0 {
            throw fault(Fault.generalProtection)
        }
    }

    /// `clts`, `lmsw`, and the instructions for caches, which this CPU does not have.
    func changeControl(_ operation: Operation, _ operand: UInt64) throws(FaultTaken) {
        try requireSupervisor()
        switch operation {
        case .clts: state.pointee.cr0 &= ~CR0.taskSwitched
        case .lmsw:
            // PE can be set this way, but not cleared.
            let kept = state.pointee.cr0 & ~0xe
            try writeCR0(kept | operand & 0xf)
        default: break
        }
    }

    // MARK: CR3 and CR4

    func writeCR3(_ value: UInt64) throws(FaultTaken) {
        let keepsTranslations = state.pointee.cr4 & CR4.processContext != 0 && value >> 63 != 0
        let new = keepsTranslations ? value & ~(1 << 63) : value
        if isLongMode && new & ~(PageEntry.address | 0xfff) != 0 { throw fault(Fault.generalProtection) }
        state.pointee.cr3 = isLongMode ? new : new & 0xffff_ffff
        if !keepsTranslations { translations.flush(space: state.pointee.cr3) }
        selectTranslationSets()
    }

    /// `invpcid`: register `number` has the kind, at `address` is what it is about (Intel SDM volume 2, INVPCID).
    func invalidate(_ number: UInt8, at address: UInt64) throws(FaultTaken) {
        try requireSupervisor()
        let kind = state.pointee.registers[Int(number & 15)]
        let context = try slowLoad(address, .double)
        let page = try slowLoad(address &+ 8, .double)
        guard kind < 4, context >> 12 == 0 || kind > 1, kind != 0 || Self.isCanonical(page) else {
            throw fault(Fault.generalProtection)
        }
        if kind == 0 { translations.flush(address: page) } else { translations.flushAll() }
    }

    func writeCR4(_ value: UInt64) throws(FaultTaken) {
        let changed = state.pointee.cr4 ^ value
        let endsLongMode = isLongMode && value & CR4.physicalAddressExtension == 0
        let isEarlyContext = changed & value & CR4.processContext != 0
            && (!isLongMode || state.pointee.cr3 & 0xfff != 0)
        if value & ~CR4.writable != 0 || endsLongMode || isEarlyContext { throw fault(Fault.generalProtection) }
        state.pointee.cr4 = value
        let translating = CR4.largePages | CR4.physicalAddressExtension | CR4.globalPages | CR4.processContext
            | CR4.executionPrevention | CR4.accessPrevention
        if changed & translating != 0 {
            translations.flushAll()
            selectTranslationSets()
        }
    }

    /// `xgetbv` and `xsetbv` (Intel SDM volume 1, 13.3).
    func extendedControl(_ operation: Operation) throws(FaultTaken) {
        guard state.pointee.cr4 & CR4.extendedState != 0 else { throw fault(Fault.invalidOpcode) }
        guard state.pointee.registers[1] & 0xffff_ffff == 0 else { throw fault(Fault.generalProtection) }
        if operation == .xgetbv { return setPair(state.pointee.xcr0) }
        try requireSupervisor()
        // x87 state is always there.
        guard pair & 1 != 0, pair & ~Self.extendedStates == 0 else { throw fault(Fault.generalProtection) }
        state.pointee.xcr0 = pair
    }

    /// `clac` and `stac`.
    func changeUserAccess(_ isAllowed: Bool) throws(FaultTaken) {
        guard privilege == 0 else { throw fault(Fault.invalidOpcode) }
        let old = state.pointee.systemFlags
        state.pointee.systemFlags = isAllowed ? old | RFlags.alignmentCheck : old & ~RFlags.alignmentCheck
        selectTranslationSets()
    }

    // MARK: Debug registers

    /// The place of a debug register: without CR4.DE, 4 and 5 are other names of 6 and 7.
    private func debugIndex(_ number: UInt64) throws(FaultTaken) -> Int {
        if state.pointee.debug[5] & DR7.generalDetect != 0 {
            state.pointee.debug[5] &= ~DR7.generalDetect
            state.pointee.debug[4] |= DR6.access
            throw fault(Fault.debug)
        }
        if number == 4 || number == 5 {
            if state.pointee.cr4 & CR4.debugExtensions != 0 { throw fault(Fault.invalidOpcode) }
            return Int(number)
        }
        return Int(number > 5 ? number - 2 : number)
    }

    private func writeDebug(_ number: UInt64, _ value: UInt64) throws(FaultTaken) {
        let index = try debugIndex(number)
        switch index {
        case 4:
            guard value >> 32 == 0 else { throw fault(Fault.generalProtection) }
            state.pointee.debug[4] = value & DR6.writable | DR6.fixed
        case 5:
            guard value >> 32 == 0 else { throw fault(Fault.generalProtection) }
            state.pointee.debug[5] = value & DR7.writable | DR7.fixed
        default: state.pointee.debug[index] = value
        }
        guestPointsHaveChanged()
    }
}

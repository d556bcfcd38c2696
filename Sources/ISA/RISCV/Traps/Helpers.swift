// The helpers of instruction semantics: rare operations on control state.
import MachineCore

extension Hart {
    /// Performs helper `number` for the instruction at `state.pc`.
    func help(_ number: UInt16, _ a: UInt64, _ b: UInt64) throws(TrapTaken) -> UInt64 {
        switch Helper(rawValue: number) {
        case .csr: return try executeCSR(operand: a, bits: UInt32(truncatingIfNeeded: b))
        case .environmentCall: throw environmentCall()
        case .machineReturn: return try returnFromMachine(a)
        case .supervisorReturn: return try returnFromSupervisor(a)
        case .waitForInterrupt: try waitForInterrupt(a)
        case .fenceVirtualMemory: try fenceVirtualMemory(address: a, selectors: b)
        case .checkCacheBlockZero: try checkCacheBlockZero(a)
        case nil: throw exception(ExceptionCause.illegalInstruction, 0)
        }
        return 0
    }

    private func illegal(_ bits: UInt64) -> TrapTaken { exception(ExceptionCause.illegalInstruction, bits) }

    /// `ecall`: an exception, unless the call is served below the guest.
    private func environmentCall() -> TrapTaken {
        let privilege = state.pointee.privilege
        if privilege == 1 && environment.servesSupervisorCalls {
            runtime.pointee.pendingExit = .environmentCall
            return TrapTaken()
        }
        return exception(ExceptionCause.userEnvironmentCall + UInt64(privilege), 0)
    }

    private func returnFromMachine(_ bits: UInt64) throws(TrapTaken) -> UInt64 {
        if state.pointee.privilege != 3 { throw illegal(bits) }
        return returnFromTrap(machine: true)
    }

    private func returnFromSupervisor(_ bits: UInt64) throws(TrapTaken) -> UInt64 {
        let privilege = state.pointee.privilege
        let trapped = privilege == 1 && state.pointee.mstatus & MachineStatus.tsr != 0
        if privilege < 1 || trapped { throw illegal(bits) }
        return returnFromTrap(machine: false)
    }

    /// `wfi` (Privileged ISA 3.3.3). In user mode, and in supervisor mode under TW, it never waits.
    private func waitForInterrupt(_ bits: UInt64) throws(TrapTaken) {
        let privilege = state.pointee.privilege
        let timeoutWait = state.pointee.mstatus & MachineStatus.tw != 0
        if privilege == 0 || (privilege == 1 && timeoutWait) { throw illegal(bits) }
        if !hasPendingInterrupt { state.pointee.waiting = 1 }
        context.pointee.attention = true
    }

    /// `sfence.vma` (Privileged ISA 10.2.1). `selectors` holds the address space in its low half and
    /// the instruction in its high half.
    private func fenceVirtualMemory(address: UInt64, selectors: UInt64) throws(TrapTaken) {
        let bits = UInt32(truncatingIfNeeded: selectors >> 32)
        let privilege = state.pointee.privilege
        let trapped = privilege == 1 && state.pointee.mstatus & MachineStatus.tvm != 0
        if privilege == 0 || trapped { throw illegal(UInt64(bits)) }
        let allAddresses = (bits >> 15) & 31 == 0
        let allSpaces = (bits >> 20) & 31 == 0
        flushTranslations(address: allAddresses ? nil : address, space: allSpaces ? nil : selectors & 0xffff)
    }

    /// Forgets cached translations of one address space (nil: all), at one address (nil: everywhere).
    public func flushTranslations(address: UInt64?, space: UInt64?) {
        translations.flush(address: address, space: space)
        runtime.pointee.fetchPage = TranslationEntry.invalidTag
    }

    /// `cbo.zero` is enabled by menvcfg.CBZE and, for user mode, senvcfg.CBZE ("CMO" 2.4).
    private func checkCacheBlockZero(_ bits: UInt64) throws(TrapTaken) {
        let enable: UInt64 = 1 << 7
        let privilege = state.pointee.privilege
        let machineAllows = privilege == 3 || state.pointee.menvcfg & enable != 0
        let supervisorAllows = privilege != 0 || state.pointee.senvcfg & enable != 0
        if !machineAllows || !supervisorAllows { throw illegal(bits) }
    }

    /// Ends a call that was served outside: gives the results and moves past the `ecall`.
    public func completeEnvironmentCall(error: Int64, value: UInt64) {
        state.pointee.x[10] = UInt64(bitPattern: error)
        state.pointee.x[11] = value
        finishEnvironmentCallInstruction()
    }

    /// Makes the hart wait for an interrupt, as `wfi` does, on behalf of the environment below it.
    public func waitForInterrupt() {
        state.pointee.waiting = 1
        context.pointee.attention = true
    }

    /// Moves past an `ecall` without results, and counts it.
    public func finishEnvironmentCallInstruction() {
        state.pointee.pc &+= 4
        state.pointee.executed &+= 1
    }
}

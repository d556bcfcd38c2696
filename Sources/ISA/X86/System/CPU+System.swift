// Instructions of the system group: which function does which.
import MachineCore

extension CPU {
    /// Performs what helper `.system` asks for: `code` has the operation, its operand size and its length.
    /// - Returns: the value for the first operand, or the next offset.
    func performSystem(_ code: UInt64, _ operand: UInt64) throws(FaultTaken) -> UInt64 {
        let operation = Operation(rawValue: UInt16(truncatingIfNeeded: code)) ?? .ud2
        let width = UInt8(truncatingIfNeeded: code >> 16)
        switch operation {
        case .cpuid: identify()
        case .rdtsc, .rdtscp: try readTimestamp(operation)
        case .rdmsr: try readModelSpecificRegister()
        case .wrmsr: try writeModelSpecificRegister()
        case .hlt: try halt()
        case .pause: pause()
        case .clts, .invd, .wbinvd, .lmsw: try changeControl(operation, operand)
        case .smsw:
            try checkUserMode()
            return state.pointee.cr0
        case .clac, .stac: try changeUserAccess(operation == .stac)
        case .xgetbv, .xsetbv: try extendedControl(operation)
        case .rdpmc: throw fault(Fault.generalProtection)
        case .syscall, .sysret, .sysenter, .sysexit: return try systemCall(operation, width)
        case .swapgs, .rdfsbase, .rdgsbase, .wrfsbase, .wrgsbase:
            return try changeSegmentBase(operation, operand, width)
        case .invlpg:
            try requireSupervisor()
            translations.flush(address: operand)
        case .invpcid: try invalidate(UInt8(truncatingIfNeeded: code >> 32), at: operand)
        case .clflush, .clflushopt: _ = try physicalAddress(of: operand, .read)
        case .fxsave, .xsave, .xsaveopt: try saveFloatState(operation, at: operand, is64Bit: width == 8)
        case .fxrstor, .xrstor: try restoreFloatState(operation, at: operand, is64Bit: width == 8)
        case .rdrand, .rdseed: return randomNumber(width)
        default: return try changeTables(operation, operand, width)
        }
        return 0
    }

    /// Privileged instructions outside ring 0 raise a general protection exception.
    func requireSupervisor() throws(FaultTaken) {
        if privilege != 0 { throw fault(Fault.generalProtection) }
    }

    /// What CR4.UMIP keeps from user code.
    func checkUserMode() throws(FaultTaken) {
        if privilege == 3 && state.pointee.cr4 & CR4.userModePrevention != 0 { throw fault(Fault.generalProtection) }
    }

    private func halt() throws(FaultTaken) {
        try requireSupervisor()
        state.pointee.waiting = CPUState.halted
        callForAttention()
    }

    /// Code that pauses usually waits for another CPU. Where CPUs take turns, that one must have its turn now: slices
    /// of one length could end at the same place of a loop each time, with a lock held that the other waits for.
    private func pause() {
        if environment.cpuCount > 1 { requestExit() }
    }

    /// `rdtsc` and `rdtscp`.
    private func readTimestamp(_ operation: Operation) throws(FaultTaken) {
        if state.pointee.cr4 & CR4.timestampDisable != 0 && privilege != 0 { throw fault(Fault.generalProtection) }
        setPair(timestamp)
        if operation == .rdtscp { state.pointee.registers[1] = state.pointee.tscAux & 0xffff_ffff }
    }

    /// The time stamp counter.
    var timestamp: UInt64 {
        let product = environment.clock.now.multipliedFullWidth(by: environment.timestampFrequency)
        // The quotient fits as long as the frequency is below 10^9 * 2^64 / now: for centuries.
        guard product.high < 1_000_000_000 else { return .max }
        return UInt64(1_000_000_000).dividingFullWidth(product).quotient &+ state.pointee.tscOffset
    }

    /// EDX:EAX.
    var pair: UInt64 { state.pointee.registers[2] << 32 | state.pointee.registers[0] & 0xffff_ffff }

    func setPair(_ value: UInt64) {
        state.pointee.registers[0] = value & 0xffff_ffff
        state.pointee.registers[2] = value >> 32
    }

    /// `rdrand` and `rdseed`: the CPU offers them only where there is a source.
    private func randomNumber(_ width: UInt8) -> UInt64 {
        let bytes = environment.entropy?.bytes(8) ?? []
        return bytes.reduce(0) { $0 << 8 | UInt64($1) } & AccessWidth(bytes: width).mask
    }
}

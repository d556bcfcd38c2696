// Model-specific registers (Intel SDM volume 4).
import MachineCore

/// Numbers of model-specific registers.
enum ModelSpecific {
    static let timestamp: UInt32 = 0x10
    static let platformID: UInt32 = 0x17
    static let apicBase: UInt32 = 0x1b
    static let featureControl: UInt32 = 0x3a
    static let timestampAdjust: UInt32 = 0x3b
    static let speculationControl: UInt32 = 0x48
    static let predictionCommand: UInt32 = 0x49
    static let microcode: UInt32 = 0x8b
    static let rangeCapabilities: UInt32 = 0xfe
    static let architecture: UInt32 = 0x10a
    static let sysenterCS: UInt32 = 0x174
    static let sysenterESP: UInt32 = 0x175
    static let sysenterEIP: UInt32 = 0x176
    static let machineCheckCapabilities: UInt32 = 0x179
    static let machineCheckStatus: UInt32 = 0x17a
    static let miscellaneous: UInt32 = 0x1a0
    static let attributeTable: UInt32 = 0x277
    static let timestampDeadline: UInt32 = 0x6e0
    static let x2apic: ClosedRange<UInt32> = 0x800...0x8ff
    static let efer: UInt32 = 0xc000_0080
    static let star: UInt32 = 0xc000_0081
    static let lstar: UInt32 = 0xc000_0082
    static let cstar: UInt32 = 0xc000_0083
    static let sfmask: UInt32 = 0xc000_0084
    static let fsBase: UInt32 = 0xc000_0100
    static let gsBase: UInt32 = 0xc000_0101
    static let kernelGSBase: UInt32 = 0xc000_0102
    static let timestampAuxiliary: UInt32 = 0xc000_0103
}

extension CPU {
    /// None of the known leaks of speculating processors: there is no speculation (Intel SDM volume 4,
    /// IA32_ARCH_CAPABILITIES: RDCL_NO, IBRS_ALL, SKIP_L1DFL_VMENTRY, SSB_NO, MDS_NO, PSCHANGE_MC_NO, TAA_NO,
    /// SBDR_SSDP_NO, FBSDP_NO, PSDP_NO, BHI_NO, GDS_NO, RFDS_NO, ITS_NO).
    private static var safeties: UInt64 { 0x4000_0000_0c10_e17b }

    /// `rdmsr`.
    func readModelSpecificRegister() throws(FaultTaken) {
        try requireSupervisor()
        let number = UInt32(truncatingIfNeeded: state.pointee.registers[1])
        guard let value = modelSpecificRegister(number) else { throw fault(Fault.generalProtection) }
        setPair(value)
    }

    private func modelSpecificRegister(_ number: UInt32) -> UInt64? {
        switch number {
        case ModelSpecific.timestamp: timestamp
        case ModelSpecific.timestampAdjust: state.pointee.tscOffset
        case ModelSpecific.apicBase, ModelSpecific.timestampDeadline, ModelSpecific.x2apic:
            interruptController?.readModelSpecificRegister(number)
        case ModelSpecific.rangeCapabilities: Self.rangeCapabilities
        // Firmware has locked it, with nothing switched on.
        case ModelSpecific.featureControl: 1
        case ModelSpecific.platformID, ModelSpecific.machineCheckCapabilities,
            ModelSpecific.machineCheckStatus: 0
        case ModelSpecific.microcode: 1 << 32
        case ModelSpecific.speculationControl: state.pointee.speculationControl
        case ModelSpecific.architecture: Self.safeties
        case ModelSpecific.sysenterCS: state.pointee.sysenterCS
        case ModelSpecific.sysenterESP: state.pointee.sysenterESP
        case ModelSpecific.sysenterEIP: state.pointee.sysenterEIP
        case ModelSpecific.miscellaneous: state.pointee.miscEnable
        case ModelSpecific.attributeTable: state.pointee.pat
        default: longModeRegister(number)
        }
    }

    private func longModeRegister(_ number: UInt32) -> UInt64? {
        switch number {
        case ModelSpecific.efer: state.pointee.efer
        case ModelSpecific.star: state.pointee.star
        case ModelSpecific.lstar: state.pointee.lstar
        case ModelSpecific.cstar: state.pointee.cstar
        case ModelSpecific.sfmask: state.pointee.sfmask
        case ModelSpecific.fsBase: state.pointee.segments[SegmentRegister.fs].base
        case ModelSpecific.gsBase: state.pointee.segments[SegmentRegister.gs].base
        case ModelSpecific.kernelGSBase: state.pointee.kernelGSBase
        case ModelSpecific.timestampAuxiliary: state.pointee.tscAux
        default: Self.rangeIndex(number).map { state.pointee.memoryTypes[$0] }
        }
    }

    /// Eight variable ranges, fixed ranges, and write-combining (Intel SDM volume 3, 11.11.1).
    private static var rangeCapabilities: UInt64 { 0x508 }

    /// The place of a memory type range register among all of them.
    private static func rangeIndex(_ number: UInt32) -> Int? {
        switch number {
        case 0x200...0x20f: Int(number - 0x200)
        case 0x250: 16
        case 0x258...0x259: Int(number - 0x258) + 17
        case 0x268...0x26f: Int(number - 0x268) + 19
        case 0x2ff: 27
        default: nil
        }
    }

    /// `wrmsr`.
    func writeModelSpecificRegister() throws(FaultTaken) {
        try requireSupervisor()
        let number = UInt32(truncatingIfNeeded: state.pointee.registers[1])
        guard writeModelSpecificRegister(number, pair) else { throw fault(Fault.generalProtection) }
    }

    /// False when there is no such register, or it does not take the value.
    private func writeModelSpecificRegister(_ number: UInt32, _ value: UInt64) -> Bool {
        switch number {
        case ModelSpecific.timestamp: state.pointee.tscOffset &+= value &- timestamp
        case ModelSpecific.timestampAdjust: state.pointee.tscOffset = value
        case ModelSpecific.apicBase, ModelSpecific.timestampDeadline, ModelSpecific.x2apic:
            defer { callForAttention() }
            return interruptController?.writeModelSpecificRegister(number, value) ?? false
        // Barriers for predictions, of which there are none; and where microcode keeps its revision.
        case ModelSpecific.predictionCommand, ModelSpecific.microcode, ModelSpecific.machineCheckStatus: break
        case ModelSpecific.speculationControl:
            guard value & ~7 == 0 else { return false }
            state.pointee.speculationControl = value
        case ModelSpecific.sysenterCS: state.pointee.sysenterCS = value & 0xffff_ffff
        case ModelSpecific.miscellaneous: state.pointee.miscEnable = value
        case ModelSpecific.attributeTable:
            guard Self.isAttributeTable(value) else { return false }
            state.pointee.pat = value
        case ModelSpecific.efer: return writeEFER(value)
        case ModelSpecific.star: state.pointee.star = value
        case ModelSpecific.sfmask: state.pointee.sfmask = value & 0xffff_ffff
        case ModelSpecific.timestampAuxiliary: state.pointee.tscAux = value & 0xffff_ffff
        default:
            guard let range = Self.rangeIndex(number) else { return writeAddressRegister(number, value) }
            state.pointee.memoryTypes[range] = value
        }
        return true
    }

    /// Registers that take canonical addresses only.
    private func writeAddressRegister(_ number: UInt32, _ value: UInt64) -> Bool {
        guard Self.isCanonical(value) else { return false }
        switch number {
        case ModelSpecific.sysenterESP: state.pointee.sysenterESP = value
        case ModelSpecific.sysenterEIP: state.pointee.sysenterEIP = value
        case ModelSpecific.lstar: state.pointee.lstar = value
        case ModelSpecific.cstar: state.pointee.cstar = value
        case ModelSpecific.fsBase: state.pointee.segments[SegmentRegister.fs].base = value
        case ModelSpecific.gsBase: state.pointee.segments[SegmentRegister.gs].base = value
        case ModelSpecific.kernelGSBase: state.pointee.kernelGSBase = value
        default: return false
        }
        return true
    }

    /// Every byte is a memory type (Intel SDM volume 3, 11.12.2).
    private static func isAttributeTable(_ value: UInt64) -> Bool {
        (0..<8 as Range<UInt64>).allSatisfy { [0, 1, 4, 5, 6, 7].contains(value >> ($0 * 8) & 0xff) }
    }

    private func writeEFER(_ value: UInt64) -> Bool {
        let changed = state.pointee.efer ^ value
        let isPaging = state.pointee.cr0 & CR0.paging != 0
        guard value & ~(EFER.writable | EFER.longModeActive) == 0, !(isPaging && changed & EFER.longModeEnable != 0)
        else { return false }
        state.pointee.efer = value & EFER.writable | state.pointee.efer & EFER.longModeActive
        if changed & EFER.noExecute != 0 { translations.flushAll() }
        selectTranslationSets()
        return true
    }
}

// The bits of control registers and EFER that the CPU knows.

/// CR0 (Intel SDM volume 3, 2.5).
enum CR0 {
    static let protection: UInt64 = 1
    static let monitorCoprocessor: UInt64 = 2
    static let emulation: UInt64 = 4
    static let taskSwitched: UInt64 = 8
    static let extensionType: UInt64 = 0x10
    static let numericError: UInt64 = 0x20
    static let writeProtect: UInt64 = 0x1_0000
    static let alignmentMask: UInt64 = 0x4_0000
    static let notWriteThrough: UInt64 = 0x2000_0000
    static let cacheDisable: UInt64 = 0x4000_0000
    static let paging: UInt64 = 0x8000_0000
    static let writable: UInt64 = 0xe005_003f
}

/// CR4 (Intel SDM volume 3, 2.5).
enum CR4 {
    static let timestampDisable: UInt64 = 4
    static let debugExtensions: UInt64 = 8
    static let largePages: UInt64 = 0x10
    static let physicalAddressExtension: UInt64 = 0x20
    static let machineCheck: UInt64 = 0x40
    static let globalPages: UInt64 = 0x80
    static let performanceCounter: UInt64 = 0x100
    static let fxsave: UInt64 = 0x200
    static let vectorExceptions: UInt64 = 0x400
    static let userModePrevention: UInt64 = 0x800
    static let segmentBases: UInt64 = 0x1_0000
    static let processContext: UInt64 = 0x2_0000
    static let extendedState: UInt64 = 0x4_0000
    static let executionPrevention: UInt64 = 0x10_0000
    static let accessPrevention: UInt64 = 0x20_0000
    /// Those that the CPU has.
    static let writable: UInt64 = 0x37_0ffc
}

/// EFER (AMD APM volume 2, 3.1.7).
enum EFER {
    static let systemCall: UInt64 = 1
    static let longModeEnable: UInt64 = 0x100
    static let longModeActive: UInt64 = 0x400
    static let noExecute: UInt64 = 0x800
    static let writable: UInt64 = systemCall | longModeEnable | noExecute
}

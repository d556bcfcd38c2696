// The bits of RFLAGS.

/// Bits of RFLAGS (Intel SDM volume 1, 3.4.3).
enum RFlags {
    static let carry: UInt64 = 1
    static let alwaysSet: UInt64 = 2
    static let parity: UInt64 = 4
    static let adjust: UInt64 = 0x10
    static let zero: UInt64 = 0x40
    static let sign: UInt64 = 0x80
    static let trap: UInt64 = 0x100
    static let interrupt: UInt64 = 0x200
    static let direction: UInt64 = 0x400
    static let overflow: UInt64 = 0x800
    static let ioPrivilege: UInt64 = 0x3000
    static let nestedTask: UInt64 = 0x4000
    static let resume: UInt64 = 0x1_0000
    static let virtual8086: UInt64 = 0x2_0000
    static let alignmentCheck: UInt64 = 0x4_0000
    static let virtualInterrupt: UInt64 = 0x8_0000
    static let virtualInterruptPending: UInt64 = 0x10_0000
    static let identification: UInt64 = 0x20_0000

    /// The results of arithmetic: `CPUState.statusFlags` holds these and nothing else.
    static let status: UInt64 = 0x8d5
    /// All bits that exist.
    static let all: UInt64 = 0x3f_7fd7
}

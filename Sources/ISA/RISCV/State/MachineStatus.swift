// The bits of mstatus and sstatus.

/// Fields of the mstatus register (Privileged ISA 3.1.6).
enum MachineStatus {
    static let sie: UInt64 = 1 << 1
    static let mie: UInt64 = 1 << 3
    static let spie: UInt64 = 1 << 5
    static let mpie: UInt64 = 1 << 7
    static let spp: UInt64 = 1 << 8
    static let mpp: UInt64 = 3 << 11
    static let mppShift: UInt64 = 11
    /// Floating-point unit: off, initial, clean, dirty.
    static var fs: UInt64 { 3 << 13 }
    static let mprv: UInt64 = 1 << 17
    static let sum: UInt64 = 1 << 18
    static let mxr: UInt64 = 1 << 19
    static let tvm: UInt64 = 1 << 20
    static let tw: UInt64 = 1 << 21
    static let tsr: UInt64 = 1 << 22
    static let uxl: UInt64 = 3 << 32
    static let sd: UInt64 = 1 << 63
    /// UXL and SXL read 2 (64 bits) and can not be changed.
    static let fixedUpperLengths: UInt64 = 2 << 32 | 2 << 34

    /// What machine mode can write.
    static let writable =
        sie | mie | spie | mpie | spp | mpp | fs | mprv | sum | mxr | tvm | tw | tsr
    /// What supervisor mode sees, and what of it it can write (Privileged ISA 10.1.1).
    static let supervisorVisible = supervisorWritable | uxl | sd
    static let supervisorWritable = sie | spie | spp | fs | sum | mxr
    /// What changes how addresses are translated.
    static let translation = mprv | sum | mxr | mpp
}

/// Privilege modes (Privileged ISA 1.2).
public enum Privilege: UInt8, Sendable, Codable {
    case user = 0
    case supervisor = 1
    case machine = 3
}

/// Interrupt numbers, which are also bit numbers of mip, mie and mideleg (Privileged ISA 3.1.9).
public enum Interrupt: Int, Sendable, CaseIterable {
    case supervisorSoftware = 1
    case machineSoftware = 3
    case supervisorTimer = 5
    case machineTimer = 7
    case supervisorExternal = 9
    case machineExternal = 11

    var bit: UInt64 { 1 << UInt64(rawValue) }

    /// All that exist.
    static let all: UInt64 = 0xaaa
    /// Those that can be delegated to supervisor mode.
    static let delegable: UInt64 = 0x222

    /// From the most to the least urgent (Privileged ISA 3.1.9).
    static let byPriority: [Interrupt] = [
        .machineExternal, .machineSoftware, .machineTimer,
        .supervisorExternal, .supervisorSoftware, .supervisorTimer,
    ]
}

/// Exception numbers (Privileged ISA, table "Machine cause register values after trap").
public enum ExceptionCause {
    static var instructionAccessFault: UInt64 { 1 }
    static var illegalInstruction: UInt64 { 2 }
    static var breakpoint: UInt64 { 3 }
    static var loadAddressMisaligned: UInt64 { 4 }
    static var loadAccessFault: UInt64 { 5 }
    static var storeAddressMisaligned: UInt64 { 6 }
    static var storeAccessFault: UInt64 { 7 }
    static var userEnvironmentCall: UInt64 { 8 }
    static var supervisorEnvironmentCall: UInt64 { 9 }
    static var machineEnvironmentCall: UInt64 { 11 }
    static var instructionPageFault: UInt64 { 12 }
    static var loadPageFault: UInt64 { 13 }
    static var storePageFault: UInt64 { 15 }
    /// Those that can be delegated to supervisor mode: all but the call from machine mode.
    static let delegable: UInt64 = 0xb3ff
}

// Registers of an AHCI controller and of its ports: offsets and bits (AHCI 1.3.1, chapter 3).

/// Generic host control (3.1).
enum AHCIRegister {
    static let capabilities: UInt64 = 0x00
    static let control: UInt64 = 0x04
    static let interruptStatus: UInt64 = 0x08
    static let portsImplemented: UInt64 = 0x0c
    static let version: UInt64 = 0x10
    static let firstPort: UInt64 = 0x100
    static let portByteCount: UInt64 = 0x80

    /// CAP: 64-bit addresses, command list override, AHCI only, 3 Gbit/s, 32 command slots; the number of
    /// ports less 1 is added.
    static let capabilityBits: UInt32 = 1 << 31 | 1 << 24 | 2 << 20 | 1 << 18 | 31 << 8
    /// GHC.
    static let reset: UInt32 = 1 << 0
    static let interruptEnable: UInt32 = 1 << 1
    static let ahciEnable: UInt32 = 1 << 31
    /// VS: 1.3.
    static let versionValue: UInt32 = 0x0001_0300
}

/// The registers of a port (3.3).
enum AHCIPortRegister {
    static let commandList: UInt64 = 0x00
    static let commandListHigh: UInt64 = 0x04
    static let receivedFIS: UInt64 = 0x08
    static let receivedFISHigh: UInt64 = 0x0c
    static let interruptStatus: UInt64 = 0x10
    static let interruptEnable: UInt64 = 0x14
    static let command: UInt64 = 0x18
    static let taskFile: UInt64 = 0x20
    static let signature: UInt64 = 0x24
    static let serialStatus: UInt64 = 0x28
    static let serialControl: UInt64 = 0x2c
    static let serialError: UInt64 = 0x30
    static let serialActive: UInt64 = 0x34
    static let commandIssue: UInt64 = 0x38

    /// The command list lies at a multiple of 1024, received FISes at a multiple of 256.
    static let commandListMask: UInt32 = ~0x3ff
    static let receivedFISMask: UInt32 = ~0xff
}

/// PxIS and PxIE (3.3.5).
enum AHCIInterrupt {
    static let registerFIS: UInt32 = 1 << 0
    static let setupFIS: UInt32 = 1 << 1
    static let connectChange: UInt32 = 1 << 6
    static let readyChange: UInt32 = 1 << 22
    static let overflow: UInt32 = 1 << 24
    static let interfaceFatal: UInt32 = 1 << 27
    static let hostBusFatal: UInt32 = 1 << 29
    static let taskFileError: UInt32 = 1 << 30
    static let enabled: UInt32 = 0xfdc0_007f
    /// Those of PxIS that a 1 clears; the others follow PxSERR.
    static let clearable: UInt32 = enabled & ~(connectChange | readyChange)
}

/// PxCMD (3.3.7).
enum AHCIPortCommand {
    static let start: UInt32 = 1 << 0
    static let spinUp: UInt32 = 1 << 1
    static let powerOn: UInt32 = 1 << 2
    static let listOverride: UInt32 = 1 << 3
    static let receiveEnable: UInt32 = 1 << 4
    static let currentSlotShift: UInt32 = 8
    static let receiveRunning: UInt32 = 1 << 14
    static let listRunning: UInt32 = 1 << 15
    static let isATAPI: UInt32 = 1 << 24
    static let lightOnActivity: UInt32 = 1 << 25
    static let stored = start | receiveEnable | isATAPI | lightOnActivity
}

/// PxSCTL and PxSSTS (3.3.10 and 3.3.11), PxSERR (3.3.12).
enum AHCISerial {
    static let detectionMask: UInt32 = 0xf
    static let detectionReset: UInt32 = 1
    static let detectionOffline: UInt32 = 4
    static let controlStored: UInt32 = 0xfff
    /// A device, 3 Gbit/s, active.
    static let connected: UInt32 = 0x123
    static let readyChange: UInt32 = 1 << 16
    static let connectChange: UInt32 = 1 << 26
    static let errors: UInt32 = 0x07ff_0f03
}

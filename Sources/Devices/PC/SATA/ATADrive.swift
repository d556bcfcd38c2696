// What a drive is to the controller that it is plugged into.
import MachineCore

/// A command for a drive: the registers that a register FIS carries (ACS-3, chapter 6), and a packet.
struct ATACommand {
    /// The command code.
    var code: UInt8 = 0
    var features: UInt16 = 0
    /// 48 bits.
    var address: UInt64 = 0
    var count: UInt16 = 0
    var device: UInt8 = 0
    /// The command packet of PACKET: 16 bytes.
    var packet: [UInt8] = []
}

/// The registers after a command (ACS-3, chapter 6.2).
struct ATAResult: Equatable {
    var status: UInt8
    var error: UInt8 = 0
    /// 48 bits.
    var address: UInt64 = 0
    var count: UInt16 = 0
    var device: UInt8 = 0

    /// Success, with nothing to tell.
    static let success = ATAResult(status: ATAStatus.ready | ATAStatus.seekComplete)

    /// The command ended with the bits `error`.
    static func failure(_ error: UInt8) -> ATAResult {
        ATAResult(status: ATAStatus.ready | ATAStatus.seekComplete | ATAStatus.error, error: error)
    }

    /// The drive does not know the command, or not so.
    static let aborted = failure(ATAError.aborted)
}

/// What a drive wants done for a command.
enum ATAPlan {
    /// Nothing: the outcome is known.
    case finish(ATAResult)
    /// These bytes go to the guest, and then the outcome.
    case send([UInt8], ATAResult)
    /// So many bytes come from the back end at an offset.
    case read(any BlockBackend, offset: UInt64, byteCount: Int)
    /// So many bytes go to the back end at an offset, and are durable before the guest hears of it if asked.
    case write(any BlockBackend, offset: UInt64, byteCount: Int, isDurable: Bool)
    /// Everything written becomes durable.
    case flush(any BlockBackend)
}

/// A drive on a port.
protocol ATADrive: AnyObject {
    /// What the drive reports about itself after a reset (ACS-3, 4.3): count, and address bits 23:0.
    var signature: UInt32 { get }
    /// The status after a reset.
    var statusAfterReset: UInt8 { get }
    /// Begins a command.
    func plan(_ command: ATACommand) -> ATAPlan
    /// The outcome of a command whose transfer the back end has finished.
    func outcome(of command: ATACommand, _ status: BlockStatus) -> ATAResult
    /// A reset by the host; all of them are alike here.
    func reset()
}

/// Bits of the status register (ACS-3, 6.2.10 and 6.2.11).
enum ATAStatus {
    static let error: UInt8 = 1 << 0
    static let dataRequest: UInt8 = 1 << 3
    static let seekComplete: UInt8 = 1 << 4
    static let ready: UInt8 = 1 << 6
    static let busy: UInt8 = 1 << 7
}

/// Bits of the error register (ACS-3, 6.2.9).
enum ATAError {
    static let aborted: UInt8 = 1 << 2
    static let idNotFound: UInt8 = 1 << 4
    static let uncorrectable: UInt8 = 1 << 6
}

/// Command codes (ACS-3, table 29 and annex B).
enum ATACode {
    static let deviceReset: UInt8 = 0x08
    static let recalibrate: UInt8 = 0x10
    static let readSectors: UInt8 = 0x20
    static let readSectorsExtended: UInt8 = 0x24
    static let readDMAExtended: UInt8 = 0x25
    static let readNativeMaximumExtended: UInt8 = 0x27
    static let readMultipleExtended: UInt8 = 0x29
    static let writeSectors: UInt8 = 0x30
    static let writeSectorsExtended: UInt8 = 0x34
    static let writeDMAExtended: UInt8 = 0x35
    static let writeMultipleExtended: UInt8 = 0x39
    static let writeDMAForcedExtended: UInt8 = 0x3d
    static let verifySectors: UInt8 = 0x40
    static let verifySectorsExtended: UInt8 = 0x42
    static let seek: UInt8 = 0x70
    static let executeDiagnostic: UInt8 = 0x90
    static let initializeParameters: UInt8 = 0x91
    static let packet: UInt8 = 0xa0
    static let identifyPacketDevice: UInt8 = 0xa1
    static let readMultiple: UInt8 = 0xc4
    static let writeMultiple: UInt8 = 0xc5
    static let setMultiple: UInt8 = 0xc6
    static let readDMA: UInt8 = 0xc8
    static let readDMAWithoutRetry: UInt8 = 0xc9
    static let writeDMA: UInt8 = 0xca
    static let writeDMAWithoutRetry: UInt8 = 0xcb
    static let writeMultipleForcedExtended: UInt8 = 0xce
    static let standbyImmediate: UInt8 = 0xe0
    static let idleImmediate: UInt8 = 0xe1
    static let standby: UInt8 = 0xe2
    static let idle: UInt8 = 0xe3
    static let checkPowerMode: UInt8 = 0xe5
    static let sleep: UInt8 = 0xe6
    static let flush: UInt8 = 0xe7
    static let flushExtended: UInt8 = 0xea
    static let identifyDevice: UInt8 = 0xec
    static let setFeatures: UInt8 = 0xef
    static let readNativeMaximum: UInt8 = 0xf8

    /// The commands that move data by programmed input: the controller announces it with a PIO Setup FIS.
    static let programmedInput: Set<UInt8> = [
        readSectors, readSectors + 1, readSectorsExtended, readMultiple, readMultipleExtended, identifyDevice,
        identifyPacketDevice,
    ]
}

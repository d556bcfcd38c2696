// A CD-ROM and DVD-ROM drive behind a SATA port: ATA commands and the medium.
import MachineCore

/// A drive for optical media that obeys MMC command packets. A medium is a back end with 2048-byte sectors.
///
/// Sources: ATA/ATAPI Command Set 3 (ACS-3) for the commands around packets; MultiMedia Commands 6 (MMC-6)
/// and SCSI Primary Commands 4 (SPC-4) for the packets.
final class OpticalDrive: ATADrive {
    /// What a guest can see of the drive.
    struct State: Codable, Equatable, Sendable {
        /// Why the last packet failed.
        var sense = SenseData.none
        /// Conditions that the guest has to hear of, oldest first: at most two.
        var attentions: [SenseData] = [.powerOn]
        /// The tray is out.
        var trayIsOpen = false
        /// The guest has locked the tray.
        var trayIsLocked = false
        /// What GET EVENT STATUS NOTIFICATION reports next.
        var mediaEvent = MediaEvent.none
        /// The drive holds the medium that the machine has for it.
        var hasMedium = false

        var isPossible: Bool { attentions.count <= 2 && !(trayIsOpen && hasMedium) }
    }

    /// Media events (MMC-6, 6.7.2.6).
    enum MediaEvent: UInt8, Codable, Sendable {
        case none = 0
        case ejectRequest = 1
        case newMedia = 2
        case mediaRemoval = 3
    }

    static let sectorByteCount: UInt64 = 2048
    /// The most sectors of one command: what one command of a disk moves, twice.
    static let maximumTransferSectors: UInt64 = 1 << 15

    let identity: DriveIdentity
    private(set) var inserted: (any BlockBackend)?
    var state: State
    /// Called when the guest has put the medium out.
    var didEject: (() -> Void)?

    init(medium: (any BlockBackend)?, identity: DriveIdentity, state: State) {
        inserted = medium
        self.identity = identity
        self.state = state
    }

    let signature: UInt32 = 0xeb14_0101
    let statusAfterReset: UInt8 = 0

    /// The medium stays, and so does the tray.
    func reset() {
        state.sense = .none
        state.attentions = [.powerOn]
        state.trayIsLocked = false
    }

    /// The medium that can be read now.
    var medium: (any BlockBackend)? { state.hasMedium ? inserted : nil }

    /// The sectors of the medium; 0 without one.
    var sectorCount: UInt64 { (medium?.byteCount ?? 0) / Self.sectorByteCount }

    // MARK: Hands

    /// Puts a medium in and closes the tray; nil takes it out.
    func change(to backend: (any BlockBackend)?) {
        inserted = backend
        state.hasMedium = backend != nil
        state.trayIsOpen = false
        state.mediaEvent = backend == nil ? .mediaRemoval : .newMedia
        if backend != nil { state.attentions = Array(state.attentions.prefix(1)) + [.mediumChanged] }
    }

    /// The eject button: a locked tray asks the guest.
    func pressEject() {
        if state.trayIsLocked {
            state.mediaEvent = .ejectRequest
        } else {
            openTray()
        }
    }

    func openTray() {
        let hadMedium = state.hasMedium
        state.trayIsOpen = true
        state.hasMedium = false
        state.mediaEvent = .mediaRemoval
        inserted = nil
        if hadMedium { didEject?() }
    }

    // MARK: Commands

    func plan(_ command: ATACommand) -> ATAPlan {
        switch command.code {
        case ATACode.packet: return plan(packet: command)
        case ATACode.identifyPacketDevice: return .send(identifyData, .success)
        // A packet device shows its signature when it is taken for a disk (ACS-3, 4.3).
        case ATACode.identifyDevice, ATACode.readSectors: return .finish(signatureResult(.aborted))
        case ATACode.deviceReset, ATACode.executeDiagnostic:
            reset()
            return .finish(signatureResult(ATAResult(status: 0, error: 1)))
        case ATACode.setFeatures, ATACode.idleImmediate, ATACode.standbyImmediate, ATACode.idle,
            ATACode.standby, ATACode.sleep:
            return .finish(.success)
        case ATACode.checkPowerMode:
            var result = ATAResult.success
            result.count = 0xff
            return .finish(result)
        default: return .finish(.aborted)
        }
    }

    func outcome(of command: ATACommand, _ status: BlockStatus) -> ATAResult {
        status == .success ? complete() : fail(.unrecoveredRead)
    }

    private func signatureResult(_ result: ATAResult) -> ATAResult {
        var result = result
        result.count = UInt16(signature & 0xff)
        result.address = UInt64(signature >> 8)
        return result
    }

    /// The packet was carried out: the interrupt reason says that status is all that follows.
    func complete() -> ATAResult {
        state.sense = .none
        var result = ATAResult.success
        result.count = 0b11
        return result
    }

    /// The packet failed: the error register has the sense key in its high half.
    func fail(_ sense: SenseData) -> ATAResult {
        state.sense = sense
        var result = ATAResult.failure(sense.key << 4 | ATAError.aborted)
        result.count = 0b11
        return result
    }

    /// The 512 bytes of IDENTIFY PACKET DEVICE (ACS-3, 7.13.6).
    private var identifyData: [UInt8] {
        var words = [UInt16](repeating: 0, count: 256)
        // A packet device: CD-ROM, removable medium, data within 50 microseconds, packets of 12 bytes.
        words[0] = 0x85c0
        identity.store(in: &words)
        ATAIdentification.storeTransferModes(in: &words)
        // NOP, DEVICE RESET, PACKET, power management.
        words[82] = 1 << 14 | 1 << 9 | 1 << 4 | 1 << 3
        words[83] = 1 << 14
        words[84] = 1 << 14
        words[85] = words[82]
        words[87] = 1 << 14
        return ATAIdentification.bytes(words)
    }
}

/// Why a packet failed (SPC-4, 4.5): sense key, additional sense code and its qualifier.
struct SenseData: Codable, Equatable, Sendable {
    var key: UInt8
    var code: UInt8
    var qualifier: UInt8

    static let none = SenseData(key: 0, code: 0, qualifier: 0)
    static let noMediumTrayClosed = SenseData(key: 2, code: 0x3a, qualifier: 1)
    static let noMediumTrayOpen = SenseData(key: 2, code: 0x3a, qualifier: 2)
    static let unrecoveredRead = SenseData(key: 3, code: 0x11, qualifier: 0)
    static let invalidCommand = SenseData(key: 5, code: 0x20, qualifier: 0)
    static let addressOutOfRange = SenseData(key: 5, code: 0x21, qualifier: 0)
    static let invalidField = SenseData(key: 5, code: 0x24, qualifier: 0)
    static let savingNotSupported = SenseData(key: 5, code: 0x39, qualifier: 0)
    static let removalPrevented = SenseData(key: 5, code: 0x53, qualifier: 2)
    static let mediumChanged = SenseData(key: 6, code: 0x28, qualifier: 0)
    static let powerOn = SenseData(key: 6, code: 0x29, qualifier: 0)

    /// Fixed format (SPC-4, 4.5.3): 18 bytes.
    var bytes: [UInt8] {
        var bytes = [UInt8](repeating: 0, count: 18)
        (bytes[0], bytes[2], bytes[7], bytes[12], bytes[13]) = (0x70, key, 10, code, qualifier)
        return bytes
    }
}

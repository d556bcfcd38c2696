// A hard disk behind a SATA port: commands.
import MachineCore

/// A disk with 512-byte sectors, a write cache, and no command queueing.
///
/// Source: ATA/ATAPI Command Set 3 (ACS-3, T13/2161-D); numbers in comments are of that document.
final class ATADisk: ATADrive {
    /// What a guest can change about a disk.
    struct State: Codable, Equatable, Sendable {
        /// The sectors in a block of READ MULTIPLE; 0 while that is off.
        var multipleCount: UInt8 = 16
        /// Writes end before they are durable.
        var writesAreCached = true
        /// The drive reads ahead, if it can.
        var readsAhead = true

        var isPossible: Bool { multipleCount <= ATADisk.maximumMultipleCount }
    }

    static let sectorByteCount: UInt64 = 512
    static let maximumMultipleCount: UInt8 = 16

    let backend: any BlockBackend
    let identity: DriveIdentity
    var state: State

    init(backend: any BlockBackend, identity: DriveIdentity, state: State) {
        self.backend = backend
        self.identity = identity
        self.state = state
    }

    let signature: UInt32 = 0x0000_0101
    let statusAfterReset = ATAStatus.ready | ATAStatus.seekComplete

    func reset() { state = State() }

    var sectorCount: UInt64 { backend.byteCount / Self.sectorByteCount }

    func plan(_ command: ATACommand) -> ATAPlan {
        if let transfer = Transfer(command) { return plan(transfer) }
        switch command.code {
        case ATACode.identifyDevice: return .send(identifyData, .success)
        case ATACode.flush, ATACode.flushExtended: return .flush(backend)
        case ATACode.setMultiple: return .finish(setMultiple(command.count))
        case ATACode.setFeatures: return .finish(setFeatures(command))
        case ATACode.checkPowerMode:
            var result = ATAResult.success
            // Active or idle (7.3.2).
            result.count = 0xff
            return .finish(result)
        case ATACode.readNativeMaximum, ATACode.readNativeMaximumExtended:
            return .finish(nativeMaximum(command))
        case ATACode.standbyImmediate, ATACode.idleImmediate, ATACode.standby, ATACode.idle, ATACode.sleep,
            ATACode.seek, ATACode.initializeParameters, ATACode.recalibrate:
            return .finish(.success)
        case ATACode.executeDiagnostic:
            var result = ATAResult.success
            // No error detected (7.9.4).
            result.error = 1
            return .finish(result)
        default: return .finish(.aborted)
        }
    }

    private func plan(_ transfer: Transfer) -> ATAPlan {
        guard transfer.isAddressable, transfer.sector < sectorCount,
            transfer.count <= sectorCount - transfer.sector
        else {
            var result = ATAResult.failure(ATAError.idNotFound)
            result.address = transfer.sector
            return .finish(result)
        }
        let offset = transfer.sector * Self.sectorByteCount
        let byteCount = Int(transfer.count * Self.sectorByteCount)
        switch transfer.kind {
        case .verify: return .finish(.success)
        case .read: return .read(backend, offset: offset, byteCount: byteCount)
        case .write where backend.isReadOnly: return .finish(.aborted)
        case .write(let isForced):
            let isDurable = isForced || !state.writesAreCached
            return .write(backend, offset: offset, byteCount: byteCount, isDurable: isDurable)
        }
    }

    func outcome(of command: ATACommand, _ status: BlockStatus) -> ATAResult {
        switch status {
        case .success: return .success
        case .unsupported: return .aborted
        case .ioError:
            guard let transfer = Transfer(command) else { return .aborted }
            var result = ATAResult.failure(transfer.kind == .read ? ATAError.uncorrectable : ATAError.aborted)
            result.address = transfer.sector
            return result
        }
    }

    /// SET MULTIPLE MODE: a power of two up to 16, or 0 for off.
    private func setMultiple(_ count: UInt16) -> ATAResult {
        guard count & 0xff <= UInt16(Self.maximumMultipleCount), (count & 0xff).nonzeroBitCount <= 1 else {
            return .aborted
        }
        state.multipleCount = UInt8(truncatingIfNeeded: count)
        return .success
    }

    /// SET FEATURES (7.45): the caches, and the transfer mode, which a serial line does not have.
    private func setFeatures(_ command: ATACommand) -> ATAResult {
        switch command.features & 0xff {
        case 0x02: state.writesAreCached = true
        case 0x82: state.writesAreCached = false
        case 0xaa: state.readsAhead = true
        case 0x55: state.readsAhead = false
        case 0x03, 0x66, 0xcc: break
        default: return .aborted
        }
        return .success
    }

    /// The last sector that there is.
    private func nativeMaximum(_ command: ATACommand) -> ATAResult {
        var result = ATAResult.success
        let limit: UInt64 = command.code == ATACode.readNativeMaximum ? 1 << 28 : 1 << 48
        result.address = min(max(sectorCount, 1), limit) - 1
        return result
    }
}

// MARK: Transfers

extension ATADisk {
    /// A command that reads, writes or verifies sectors.
    struct Transfer {
        enum Kind: Equatable {
            case read
            case write(isForced: Bool)
            case verify
        }

        let kind: Kind
        let sector: UInt64
        let count: UInt64
        /// The command gives its address as a sector number, not as cylinder, head and sector.
        let isAddressable: Bool

        /// nil for any other command.
        init?(_ command: ATACommand) {
            let isExtended: Bool
            switch command.code {
            case ATACode.readSectors, ATACode.readSectors + 1, ATACode.readMultiple, ATACode.readDMA,
                ATACode.readDMAWithoutRetry:
                (kind, isExtended) = (.read, false)
            case ATACode.readSectorsExtended, ATACode.readDMAExtended, ATACode.readMultipleExtended:
                (kind, isExtended) = (.read, true)
            case ATACode.writeSectors, ATACode.writeSectors + 1, ATACode.writeMultiple, ATACode.writeDMA,
                ATACode.writeDMAWithoutRetry:
                (kind, isExtended) = (.write(isForced: false), false)
            case ATACode.writeSectorsExtended, ATACode.writeDMAExtended, ATACode.writeMultipleExtended:
                (kind, isExtended) = (.write(isForced: false), true)
            case ATACode.writeDMAForcedExtended, ATACode.writeMultipleForcedExtended:
                (kind, isExtended) = (.write(isForced: true), true)
            case ATACode.verifySectors, ATACode.verifySectors + 1: (kind, isExtended) = (.verify, false)
            case ATACode.verifySectorsExtended: (kind, isExtended) = (.verify, true)
            default: return nil
            }
            let lba: UInt8 = 1 << 6
            isAddressable = isExtended || command.device & lba != 0
            if isExtended {
                sector = command.address
                count = command.count == 0 ? 1 << 16 : UInt64(command.count)
            } else {
                sector = command.address & 0xff_ffff | UInt64(command.device & 0xf) << 24
                count = command.count & 0xff == 0 ? 1 << 8 : UInt64(command.count & 0xff)
            }
        }
    }
}

// The command packets that an optical drive obeys (MMC-6, chapter 6; SPC-4, chapter 6).
import MachineCore

extension OpticalDrive {
    /// Operation codes.
    enum Packet {
        static let testUnitReady: UInt8 = 0x00
        static let requestSense: UInt8 = 0x03
        static let inquiry: UInt8 = 0x12
        static let modeSense6: UInt8 = 0x1a
        static let startStopUnit: UInt8 = 0x1b
        static let preventRemoval: UInt8 = 0x1e
        static let readCapacity: UInt8 = 0x25
        static let read10: UInt8 = 0x28
        static let seek10: UInt8 = 0x2b
        static let readTOC: UInt8 = 0x43
        static let getConfiguration: UInt8 = 0x46
        static let getEventStatus: UInt8 = 0x4a
        static let readDiscInformation: UInt8 = 0x51
        static let readTrackInformation: UInt8 = 0x52
        static let modeSense10: UInt8 = 0x5a
        static let read12: UInt8 = 0xa8
        static let setSpeed: UInt8 = 0xbb
        static let mechanismStatus: UInt8 = 0xbd
        static let readCD: UInt8 = 0xbe

        /// What works while there is a condition that the guest has to hear of first (SPC-4, 5.14).
        static let ignoringAttention: Set<UInt8> = [requestSense, inquiry, getConfiguration, getEventStatus]
        /// What needs a medium.
        static let needingMedium: Set<UInt8> = [
            testUnitReady, readCapacity, read10, read12, seek10, readTOC, readDiscInformation,
            readTrackInformation, readCD,
        ]
    }

    func plan(packet command: ATACommand) -> ATAPlan {
        let packet = command.packet
        guard packet.count >= 12 else { return .finish(fail(.invalidField)) }
        let code = packet[0]
        if !Packet.ignoringAttention.contains(code), !state.attentions.isEmpty {
            return .finish(fail(state.attentions.removeFirst()))
        }
        if Packet.needingMedium.contains(code), medium == nil {
            return .finish(fail(state.trayIsOpen ? .noMediumTrayOpen : .noMediumTrayClosed))
        }
        switch code {
        case Packet.testUnitReady, Packet.setSpeed: return .finish(complete())
        case Packet.startStopUnit: return .finish(startStop(packet))
        case Packet.preventRemoval:
            state.trayIsLocked = packet[4] & 1 != 0
            return .finish(complete())
        case Packet.seek10:
            let isThere = packet.bigEndian(at: 2, byteCount: 4) < sectorCount
            return .finish(isThere ? complete() : fail(.addressOutOfRange))
        case Packet.read10:
            return read(packet.bigEndian(at: 2, byteCount: 4), packet.bigEndian(at: 7, byteCount: 2))
        case Packet.read12:
            return read(packet.bigEndian(at: 2, byteCount: 4), packet.bigEndian(at: 6, byteCount: 4))
        case Packet.readCD: return readCD(packet)
        default: return answer(packet)
        }
    }

    /// Packets whose answer is made here. The guest gives a length limit in each.
    private func answer(_ packet: [UInt8]) -> ATAPlan {
        let limit = packet.bigEndian(at: 7, byteCount: 2)
        switch packet[0] {
        case Packet.requestSense: return send(takeSense(), limit: UInt64(packet[4]))
        case Packet.inquiry:
            let limit = packet.bigEndian(at: 3, byteCount: 2)
            return packet[1] & 1 != 0 ? vitalPage(packet[2], limit) : send(inquiryData, limit: limit)
        case Packet.readCapacity: return send(capacityData, limit: 8)
        case Packet.readTOC: return send(tableOfContents(packet), limit: limit)
        case Packet.getConfiguration: return send(configuration(packet), limit: limit)
        case Packet.getEventStatus:
            // Only polling: there is nothing that could tell later.
            guard packet[1] & 1 != 0 else { return .finish(fail(.invalidField)) }
            return send(takeEvent(packet[4]), limit: limit)
        case Packet.readDiscInformation: return send(discInformation(packet), limit: limit)
        case Packet.readTrackInformation: return send(trackInformation(packet), limit: limit)
        case Packet.mechanismStatus:
            let data: [UInt8] = [0, state.trayIsOpen ? 0x10 : 0, 0, 0, 0, 0, 0, 0]
            return send(data, limit: packet.bigEndian(at: 8, byteCount: 2))
        case Packet.modeSense10: return modeSense(packet, headerByteCount: 8, limit: limit)
        case Packet.modeSense6: return modeSense(packet, headerByteCount: 4, limit: UInt64(packet[4]))
        default: return .finish(fail(.invalidCommand))
        }
    }

    /// nil stands for a field that the drive does not know.
    private func send(_ data: [UInt8]?, limit: UInt64) -> ATAPlan {
        guard let data else { return .finish(fail(.invalidField)) }
        let result = complete()
        return limit == 0 ? .finish(result) : .send(Array(data.prefix(Int(limit))), result)
    }

    private func modeSense(_ packet: [UInt8], headerByteCount: Int, limit: UInt64) -> ATAPlan {
        // Page control 3 asks for saved values (SPC-4, 6.11).
        guard packet[2] >> 6 != 3 else { return .finish(fail(.savingNotSupported)) }
        return send(modePages(packet[2], headerByteCount: headerByteCount), limit: limit)
    }

    private func vitalPage(_ page: UInt8, _ limit: UInt64) -> ATAPlan {
        switch page {
        case 0x00: return send([5, 0, 0, 2, 0x00, 0x80], limit: limit)
        case 0x80:
            let serial = Array(identity.serial.utf8)
            return send([5, 0x80, 0, UInt8(serial.count)] + serial, limit: limit)
        default: return .finish(fail(.invalidField))
        }
    }

    private func read(_ sector: UInt64, _ count: UInt64) -> ATAPlan {
        guard let medium, sector <= sectorCount, count <= sectorCount - sector else {
            return .finish(fail(.addressOutOfRange))
        }
        guard count <= Self.maximumTransferSectors else { return .finish(fail(.invalidField)) }
        if count == 0 { return .finish(complete()) }
        let byteCount = Int(count * Self.sectorByteCount)
        return .read(medium, offset: sector * Self.sectorByteCount, byteCount: byteCount)
    }

    /// READ CD: only the user data of data sectors; no other part of a sector is stored in an image.
    private func readCD(_ packet: [UInt8]) -> ATAPlan {
        let userDataOnly: UInt8 = 0x10
        guard packet[9] & 0xf8 == userDataOnly || packet[9] & 0xf8 == 0 else {
            return .finish(fail(.invalidField))
        }
        let count = packet[9] & 0xf8 == 0 ? 0 : packet.bigEndian(at: 6, byteCount: 3)
        return read(packet.bigEndian(at: 2, byteCount: 4), count)
    }

    /// START STOP UNIT (MMC-6, 6.42): bit 1 means the tray, bit 0 in.
    private func startStop(_ packet: [UInt8]) -> ATAResult {
        switch packet[4] & 0b11 {
        case 0b10:
            guard !state.trayIsLocked else { return fail(.removalPrevented) }
            openTray()
        case 0b11: state.trayIsOpen = false
        default: break
        }
        return complete()
    }

    /// REQUEST SENSE tells of waiting conditions as well, and forgets what it told.
    private func takeSense() -> [UInt8] {
        defer { state.sense = .none }
        if state.sense == .none, !state.attentions.isEmpty { return state.attentions.removeFirst().bytes }
        return state.sense.bytes
    }

    /// GET EVENT STATUS NOTIFICATION (MMC-6, 6.7): only the media class, bit 4, has events.
    private func takeEvent(_ classes: UInt8) -> [UInt8] {
        let media: UInt8 = 4
        guard classes & 1 << media != 0 else { return [0, 2, 0x80, 1 << media] }
        defer { state.mediaEvent = .none }
        let status: UInt8 = (state.trayIsOpen ? 1 : 0) | (state.hasMedium ? 2 : 0)
        return [0, 6, media, 1 << media, state.mediaEvent.rawValue, status, 0, 0]
    }
}

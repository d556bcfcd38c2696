// What an optical drive tells about itself and its medium (MMC-6 and SPC-4).
import MachineCore

extension OpticalDrive {
    /// Standard INQUIRY data (SPC-4, 6.6.2): a CD/DVD drive with a removable medium. The model's first 8
    /// characters are the vendor's, the next 16 the product's.
    var inquiryData: [UInt8] {
        let model = DriveIdentity.padded(identity.model, 24)
        return [0x05, 0x80, 0x05, 0x32, 31, 0, 0, 0] + model + DriveIdentity.padded(identity.firmware, 4)
    }

    /// READ CAPACITY: the last sector, and the size of each.
    var capacityData: [UInt8] {
        let last = min(max(sectorCount, 1), 1 << 32) - 1
        return .bigEndian(last, byteCount: 4) + .bigEndian(Self.sectorByteCount, byteCount: 4)
    }

    /// The medium is taken for a DVD when no CD has so much room.
    private var isDVD: Bool { sectorCount > 360_000 }

    /// Profiles (MMC-6, 5.3.1).
    private enum Profile {
        static let compactDisc: UInt64 = 0x0008
        static let digitalVersatileDisc: UInt64 = 0x0010
    }

    /// READ TOC/PMA/ATIP (MMC-6, 6.25): one data track and the lead-out; format 1 is the only session.
    func tableOfContents(_ packet: [UInt8]) -> [UInt8]? {
        let isInTime = packet[1] & 2 != 0
        // Older software has the format in the control byte.
        let format = packet[2] & 0xf != 0 ? packet[2] & 0xf : packet[9] >> 6
        let leadOut: UInt8 = 0xaa
        func track(_ number: UInt8, _ sector: UInt64) -> [UInt8] {
            [0, 0x14, number, 0] + address(sector, isInTime: isInTime)
        }
        switch format {
        case 0:
            let first = packet[6]
            guard first <= 1 || first == leadOut else { return nil }
            let tracks = (first <= 1 ? track(1, 0) : []) + track(leadOut, sectorCount)
            return .bigEndian(UInt64(tracks.count + 2), byteCount: 2) + [1, 1] + tracks
        case 1: return [0, 10, 1, 1] + track(1, 0)
        case 2: return rawTableOfContents(isInTime: isInTime)
        default: return nil
        }
    }

    /// The first and the last track, the lead-out and the track as the lead-in has them.
    private func rawTableOfContents(isInTime: Bool) -> [UInt8] {
        func entry(_ point: UInt8, _ rest: [UInt8]) -> [UInt8] { [1, 0x14, 0, point, 0, 0, 0] + rest }
        let entries = [
            entry(0xa0, [0, 1, 0, 0]), entry(0xa1, [0, 1, 0, 0]),
            entry(0xa2, address(sectorCount, isInTime: true)), entry(1, address(0, isInTime: true)),
        ].joined()
        return .bigEndian(UInt64(entries.count + 2), byteCount: 2) + [1, 1] + entries
    }

    /// A sector as a number or as minute, second and frame, which begin two seconds before sector 0.
    private func address(_ sector: UInt64, isInTime: Bool) -> [UInt8] {
        guard isInTime else { return .bigEndian(min(sector, 0xffff_ffff), byteCount: 4) }
        let frames = min(sector + 150, 255 * 60 * 75)
        return [0, UInt8(frames / 75 / 60), UInt8(frames / 75 % 60), UInt8(frames % 75)]
    }

    /// GET CONFIGURATION (MMC-6, 6.6): profiles, core, removable medium, and reading of CDs and DVDs.
    func configuration(_ packet: [UInt8]) -> [UInt8]? {
        let current = medium == nil ? 0 : isDVD ? Profile.digitalVersatileDisc : Profile.compactDisc
        func isCurrent(_ profile: UInt64) -> UInt8 { current == profile ? 1 : 0 }
        let profiles = [Profile.digitalVersatileDisc, Profile.compactDisc].flatMap {
            .bigEndian($0, byteCount: 2) + [isCurrent($0), 0] as [UInt8]
        }
        // Number, version with the bits "persistent" and "current", data.
        let features: [(number: UInt64, version: UInt8, data: [UInt8])] = [
            (0x0000, 0x03, profiles), (0x0001, 0x0b, [0, 0, 0, 8, 0, 0, 0, 0]),
            (0x0003, 0x07, [0x29, 0, 0, 0]),
            (0x0010, isCurrent(current), [0, 0, 8, 0, 0, 0x10, 0, 0]),
            (0x001e, 0x08 | isCurrent(Profile.compactDisc), [0, 0, 0, 0]),
            (0x001f, isCurrent(Profile.digitalVersatileDisc), [0, 0, 0, 0]),
        ]
        let first = packet.bigEndian(at: 2, byteCount: 2)
        let body = features.filter { feature in
            switch packet[1] & 0b11 {
            case 0: feature.number >= first
            case 1: feature.number >= first && feature.version & 1 != 0
            default: feature.number == first
            }
        }.flatMap { feature in
            let head = [feature.version, UInt8(feature.data.count)]
            return .bigEndian(feature.number, byteCount: 2) + head + feature.data
        } as [UInt8]
        let length = [UInt8].bigEndian(UInt64(body.count + 4), byteCount: 4)
        return length + [0, 0] + .bigEndian(current, byteCount: 2) + body
    }

    /// READ DISC INFORMATION (MMC-6, 6.21): a complete disc with one session and one track.
    func discInformation(_ packet: [UInt8]) -> [UInt8]? {
        guard packet[1] & 7 == 0 else { return nil }
        var data = [UInt8](repeating: 0, count: 34)
        (data[1], data[2], data[3], data[4], data[5], data[6], data[7]) = (32, 0x0e, 1, 1, 1, 1, 0x20)
        return data
    }

    /// READ TRACK INFORMATION (MMC-6, 6.26): the one track is the whole disc.
    func trackInformation(_ packet: [UInt8]) -> [UInt8]? {
        let number = packet.bigEndian(at: 2, byteCount: 4)
        let isThere = packet[1] & 3 == 0 ? number < sectorCount : number == 1
        guard isThere else { return nil }
        var data = [UInt8](repeating: 0, count: 36)
        (data[1], data[2], data[3], data[5], data[6]) = (34, 1, 1, 0x04, 0x01)
        data.replaceSubrange(24..<28, with: [UInt8].bigEndian(min(sectorCount, 0xffff_ffff), byteCount: 4))
        return data
    }

    /// MODE SENSE: error recovery, and capabilities and mechanical status (MMC-6, 7.2 and annex E.3); all
    /// pages that are asked for behind a header without block descriptors.
    func modePages(_ page: UInt8, headerByteCount: Int) -> [UInt8]? {
        let isChangeable = page >> 6 == 1
        let recovery: [UInt8] = [0x01, 6, 0, isChangeable ? 0 : 5, 0, 0, 0, 0]
        // Reads CD-R, CD-RW, DVD-ROM; a tray that locks and ejects; speeds of 8x DVD, in kB/s.
        let speed = [UInt8].bigEndian(isChangeable ? 0 : 11_080, byteCount: 2)
        let lock: UInt8 = 0x29 | (state.trayIsLocked ? 2 : 0)
        let fixed: [UInt8] = isChangeable ? [0, 0, 0, 0, 0, 0] : [0x0b, 0, 0, 0, lock, 0]
        let capabilities: [UInt8] =
            [0x2a, 18] + fixed + speed + [0, 2, 2, 0] + speed + [0, 0, 0, 0]
        let pages: [UInt8: [UInt8]] = [0x01: recovery, 0x2a: capabilities]
        let wanted = page & 0x3f
        let body = wanted == 0x3f ? recovery + capabilities : pages[wanted]
        guard let body else { return nil }
        let following = UInt64(headerByteCount + body.count)
        if headerByteCount == 4 { return [UInt8(truncatingIfNeeded: following - 1), 0, 0, 0] + body }
        return .bigEndian(following - 2, byteCount: 2) + [0, 0, 0, 0, 0, 0] + body
    }
}

/// Packets and their answers are big-endian.
extension [UInt8] {
    /// The integer in `byteCount` bytes (1 to 8) from `offset` on; all of them are inside the array.
    func bigEndian(at offset: Int, byteCount: Int) -> UInt64 {
        self[offset..<(offset + byteCount)].reduce(0) { $0 << 8 | UInt64($1) }
    }

    /// The low `byteCount` bytes (1 to 8) of `value`.
    static func bigEndian(_ value: UInt64, byteCount: Int) -> [UInt8] {
        (0..<byteCount).reversed().map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
    }
}

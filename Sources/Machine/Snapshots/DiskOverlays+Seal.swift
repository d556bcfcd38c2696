// Checksums of the images that snapshots have frozen.
import HostOS
import StateCodec
import Storage

/// Beside a frozen image is the file `NAME.checksum`: the image's length and its XXH3-128 hash, one line.
extension DiskOverlays {
    static let checksumSuffix = ".checksum"
    private static let maximumChecksumByteCount = 256
    /// Each snapshot adds an image to the chain, and each image is an open file. A frozen image with more below it than
    /// this takes their contents over.
    private static let maximumChainLength = 16

    /// Writes the checksums of frozen images, and of those that they are based on, where there is none yet. The disks
    /// themselves have none: they are the user's files. The machine may run meanwhile.
    /// - Throws: `QCOW2Error`, `SnapshotError.host`.
    func seal(_ frozen: [String]) throws {
        for name in frozen where isImage(name) { try shorten(name) }
        for name in images(frozen) where !Folder.exists("\(bundlePath)/\(name)\(Self.checksumSuffix)") {
            try SnapshotError.wrapping { () throws(HostError) in
                let file = try File(opening: "\(bundlePath)/\(name)", .readOnly)
                try file.synchronizeData()
                try SnapshotFile.replace(file.path + Self.checksumSuffix, with: try Self.checksum(of: file))
                VerificationMark.set(for: file)
            }
        }
    }

    /// Replaces an image that nobody has sealed by one that reads the same, and needs no image below it. Who has the
    /// old one open goes on with that.
    private func shorten(_ name: String) throws {
        let path = "\(bundlePath)/\(name)"
        guard !Folder.exists(path + Self.checksumSuffix) else { return }
        let chain = chain(from: name)
        guard chain.count > Self.maximumChainLength else { return }
        let work = "\(folder)/\(WorkFolder.name(for: Folder.name(of: name)))"
        try? Folder.removeFile(work)
        try QCOW2Disk.merge(chain.map { "\(bundlePath)/\($0)" }, into: work)
        try SnapshotError.wrapping { () throws(HostError) in try Folder.rename(work, to: path) }
    }

    /// Compares frozen images, and those that they are based on, with their checksums.
    /// - Parameter trustsMarks: those that were compared before, and did not change since, are not read.
    /// - Throws: `SnapshotError.damaged`, `.host`.
    func verify(_ frozen: [String], trustsMarks: Bool) throws(SnapshotError) {
        for name in images(frozen) {
            let file = try SnapshotFile.open("\(bundlePath)/\(name)")
            if trustsMarks {
                try VerificationMark.verifyOnce(file) { () throws(SnapshotError) in try Self.verify(file) }
            } else {
                try Self.verify(file)
            }
        }
    }

    private func images(_ frozen: [String]) -> [String] {
        withBases(Set(frozen)).filter(isImage).sorted()
    }

    private static func verify(_ file: File) throws(SnapshotError) {
        let expected = try SnapshotFile.contents(of: file.path + checksumSuffix, limit: maximumChecksumByteCount)
        let found = try SnapshotError.wrapping { () throws(HostError) in try checksum(of: file) }
        guard found == expected else { throw .damaged(path: file.path, why: "its checksum is wrong") }
    }

    private static func checksum(of file: File) throws(HostError) -> [UInt8] {
        let byteCount = try file.byteCount()
        let hash = try RAMChecksum.withBuffer { buffer throws(HostError) in
            try StateHash(of: 0..<byteCount, in: file, through: buffer)
        }
        return Array("\(byteCount) \(hash)\n".utf8)
    }
}

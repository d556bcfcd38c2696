// Archives that no Starling has written, with right checksums everywhere.
import HostOS

@testable import Machine

/// The parts of an archive, each of which a test can make as wrong as it likes.
struct CraftedArchive {
    /// A file with what is said of it.
    struct Part {
        var path: String
        var byteCount: UInt64
        /// What is stored, and the number of the chunk that it is said to be.
        var stored: [(number: UInt64, bytes: [UInt8])]
    }

    var version = ArchiveFormat.version
    var chunkByteCount: UInt64 = 4096
    var machineName = "web"
    var parts: [Part]
    /// Behind the index proper.
    var excess: [UInt8] = []

    static let yaml = "kind: Machine\nboot:\n  bare: program\n"

    /// A machine with a description and a program.
    init(yaml: String = Self.yaml, _ others: [String: [UInt8]] = [:]) {
        let files = others.merging(["program": [1, 2, 3]]) { first, _ in first }.sorted { $0.key < $1.key }
        parts = ([("machine.yaml", Array(yaml.utf8))] + files.map { ($0.key, $0.value) }).map { name, bytes in
            Part(path: name, byteCount: UInt64(bytes.count), stored: bytes.isEmpty ? [] : [(0, bytes)])
        }
    }

    /// The index as it is in the archive.
    var index: [UInt8] {
        let files = parts.map { part in
            ArchiveFile(
                path: part.path, byteCount: part.byteCount,
                chunks: part.stored.map {
                    .init(
                        number: $0.number, storedByteCount: UInt64($0.bytes.count),
                        checksum: $0.bytes.withUnsafeBytes(ArchiveFormat.checksum))
                })
        }
        return ArchiveIndex(chunkByteCount: chunkByteCount, machineName: machineName, files: files).encoded + excess
    }

    /// All of it; `index` in place of its own.
    func bytes(index: [UInt8]? = nil) -> [UInt8] {
        var bytes = Array("STARARCH".utf8)
        bytes.append(littleEndian: version)
        bytes.append(littleEndian: RAMChecksum.of(bytes))
        for part in parts { for chunk in part.stored { bytes += chunk.bytes } }
        let index = index ?? self.index
        let trailer = ArchiveTrailer(indexOffset: UInt64(bytes.count), index: index)
        return bytes + index + trailer.encoded
    }
}

// How the clusters of an image may be packed.

/// The methods of compressed clusters in qcow2 images.
enum DiskCompression: Equatable, Sendable {
    /// Deflate, which every reader of qcow2 images knows.
    case zlib
    /// Zstandard, several times as fast; for readers since 2020.
    case zstd

    /// Unpacks a whole cluster; false when `input` is damaged or too short for `output`.
    func unpack(_ input: UnsafeRawBufferPointer, into output: UnsafeMutableRawBufferPointer) -> Bool {
        switch self {
        case .zlib: Deflate.unpack(input, into: output) == output.count
        case .zstd: Zstandard.unpack(input, into: output) == output.count
        }
    }
}

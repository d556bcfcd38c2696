// Disk images of one test, in a folder that goes when the test ends.
import Foundation
import MachineCore

/// A folder for the files of one test.
final class TemporaryFiles {
    let folder: URL

    init(in parent: String = FileManager.default.temporaryDirectory.path) throws {
        folder = URL(fileURLWithPath: parent).appending(path: "starling-storage-\(UUID())")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(at: folder) }

    /// Makes a file with these bytes, and returns its path.
    func file(_ name: String, _ bytes: [UInt8]) throws -> String {
        let url = folder.appending(path: name)
        try Data(bytes).write(to: url)
        return url.path
    }

    /// A disk of `byteCount` bytes that are all different from their neighbours.
    func disk(_ name: String = "disk.raw", byteCount: Int = 1 << 16) throws -> String {
        try file(name, pattern(byteCount))
    }
}

/// Bytes that repeat only after 251 of them, so that a wrong offset shows.
func pattern(_ count: Int, from start: Int = 0) -> [UInt8] {
    (start..<(start + count)).map { UInt8($0 % 251) }
}

func contents(_ path: String) throws -> [UInt8] {
    try Array(Data(contentsOf: URL(fileURLWithPath: path)))
}

/// The space that a file takes on its file system, in bytes.
func allocatedBytes(_ path: String) -> Int {
    var status = stat()
    return stat(path, &status) == 0 ? Int(status.st_blocks) * 512 : -1
}

/// Memory like a guest's, in pieces.
final class TestMemory {
    let bytes: UnsafeMutableRawBufferPointer

    init(_ initial: [UInt8]) {
        bytes = .allocate(byteCount: max(initial.count, 1), alignment: 16)
        bytes.copyBytes(from: initial)
    }

    deinit { bytes.deallocate() }

    /// Segments of these lengths, one after the other.
    func segments(_ counts: [Int]) -> [MemorySegment] {
        var offset = 0
        return counts.map { count in
            defer { offset += count }
            return MemorySegment(pointer: bytes.baseAddress! + offset, count: count)
        }
    }

    subscript(range: Range<Int>) -> [UInt8] { Array(UnsafeRawBufferPointer(bytes)[range]) }
}

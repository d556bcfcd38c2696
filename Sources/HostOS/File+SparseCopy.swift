// Copying disk images without filling their holes.
import CStarling
import Glibc

extension File {
    /// Makes `destination` a copy of the regular file `source` that takes no more space: shared blocks
    /// where the file system can, otherwise only the parts that hold data. A failed copy is removed.
    /// - Throws: `HostError`; EEXIST when `destination` exists.
    public static func copySparse(_ source: String, to destination: String) throws(HostError) {
        let original = try File(opening: source, .readOnly)
        let copy = try File(creating: destination)
        do {
            if starling_clone_file(original.descriptor, copy.descriptor) == 0 { return }
            let byteCount = try original.byteCount()
            try copy.resize(to: byteCount)
            var position: UInt64 = 0
            while let range = try original.data(from: position, to: byteCount) {
                try copy.copy(range, of: original)
                position = range.upperBound
            }
        } catch {
            unlink(destination)
            throw HostError("copy \(source) to \(destination)", code: error.code)
        }
    }

    /// The next part of `position..<end` that is no hole; nil when there is none. A file system without holes, or a
    /// block device, has one part: everything.
    public func data(from position: UInt64, to end: UInt64) throws(HostError) -> Range<UInt64>? {
        guard position < end else { return nil }
        let start = starling_seek_data(descriptor, try File.position(position, "read \(path)"))
        if start < 0 {
            if errno == ENXIO { return nil }
            if errno == EINVAL { return position..<end }
            throw HostError.last("read \(path)")
        }
        let stop = starling_seek_hole(descriptor, start)
        return UInt64(start)..<(stop > start ? min(UInt64(stop), end) : end)
    }

    private func copy(_ range: Range<UInt64>, of original: File) throws(HostError) {
        var position = range.lowerBound
        while position < range.upperBound {
            let count = copyInKernel(position..<range.upperBound, of: original)
            guard count > 0 else { return try copyThroughMemory(position..<range.upperBound, of: original) }
            position += UInt64(count)
        }
    }

    /// How much the kernel copied by itself; 0 or less when it can not do it for these two files.
    private func copyInKernel(_ range: Range<UInt64>, of original: File) -> Int {
        guard let offset = off_t(exactly: range.lowerBound) else { return 0 }
        return starling_copy_file_range(original.descriptor, descriptor, offset, min(range.count, 1 << 30))
    }

    private func copyThroughMemory(_ range: Range<UInt64>, of original: File) throws(HostError) {
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 18, alignment: 4096)
        defer { buffer.deallocate() }
        var position = range.lowerBound
        while position < range.upperBound {
            let count = Int(min(UInt64(buffer.count), range.upperBound - position))
            let piece = UnsafeMutableRawBufferPointer(rebasing: buffer.prefix(count))
            try original.read(into: [piece], at: position)
            if piece.contains(where: { $0 != 0 }) { try write([UnsafeRawBufferPointer(piece)], at: position) }
            position += UInt64(count)
        }
    }
}

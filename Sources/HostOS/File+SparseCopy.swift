// Copying disk images without filling their holes.
import Glibc

extension File {
    /// Makes `destination` a copy of the regular file `source` that takes no more space: shared blocks
    /// where the file system can, otherwise only the parts that hold data. A failed copy is removed.
    /// - Throws: `HostError`; EEXIST when `destination` exists.
    public static func copySparse(_ source: String, to destination: String) throws(HostError) {
        let original = try File(opening: source, .readOnly)
        let copy = try File(creating: destination)
        do {
            if ioctl(copy.descriptor, cloneRequest, original.descriptor) == 0 { return }
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

    /// FICLONE of ioctl_ficlone(2).
    private static let cloneRequest: UInt = 0x4004_9409
    /// Values for lseek(2); declared only for _GNU_SOURCE, which Swift's Glibc module does not set.
    private static let seekData: Int32 = 3
    private static let seekHole: Int32 = 4

    /// The next part that is no hole. A file system without holes has one part: everything.
    private func data(from position: UInt64, to end: UInt64) throws(HostError) -> Range<UInt64>? {
        guard position < end else { return nil }
        let start = lseek(descriptor, off_t(position), File.seekData)
        if start < 0 {
            if errno == ENXIO { return nil }
            if errno == EINVAL { return position..<end }
            throw HostError.last("read \(path)")
        }
        let stop = lseek(descriptor, start, File.seekHole)
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

    private typealias CopyRange = @Sendable @convention(c) (
        Int32, UnsafeMutablePointer<off_t>?, Int32, UnsafeMutablePointer<off_t>?, Int, UInt32
    ) -> Int

    /// As with `fallocate`: the symbol is always there, its declaration is not.
    private static let copyRange: CopyRange? = dlsym(nil, "copy_file_range").map {
        unsafeBitCast($0, to: CopyRange.self)
    }

    /// How much the kernel copied by itself; 0 or less when it can not do it for these two files.
    private func copyInKernel(_ range: Range<UInt64>, of original: File) -> Int {
        guard let copyRange = File.copyRange else { return 0 }
        var from = off_t(range.lowerBound)
        var to = from
        let count = min(range.count, 1 << 30)
        return copyRange(original.descriptor, &from, descriptor, &to, count, 0)
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

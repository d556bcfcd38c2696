// Ranges of files in place of ranges of memory: read when first touched, copied when first written.
import Glibc

extension MemoryMapping {
    /// Makes `count` bytes at `offset` of the mapping show the bytes of `file` at `fileOffset`. Pages are
    /// read when first touched; what is written stays in this mapping and never goes to the file. The file
    /// may be closed, renamed or removed afterwards, but not made shorter: touching a page behind a file's
    /// end kills the process.
    ///
    /// Nobody may touch the range while this runs.
    /// - Parameters:
    ///   - offset: in bytes; a multiple of the host's page size, like `fileOffset` and `count`.
    ///   - count: in bytes; the range must be wholly in the mapping, and wholly in the file now.
    /// - Throws: `HostError`; EINVAL for a range that is not as above. The range is unchanged then.
    public func map(_ file: File, at fileOffset: UInt64, count: UInt64, to offset: UInt64) throws(HostError) {
        let status = try file.status()
        let end = fileOffset.addingReportingOverflow(count)
        var code = EINVAL
        if status.st_mode & S_IFMT == S_IFREG, !end.overflow, end.partialValue <= UInt64(status.st_size),
            let position = off_t(exactly: fileOffset)
        {
            code = replace(offset, count, MAP_PRIVATE | MAP_NORESERVE, file.descriptor, position)
        }
        // The text is made only now: thousands of ranges are mapped in a restore.
        if code != 0 { throw HostError("map \(count) bytes of \(file.path) at \(fileOffset)", code: code) }
    }

    /// Makes `count` bytes at `offset` zeros that take no memory until they are touched. The same rules as
    /// for a file's range apply.
    public func mapZeros(count: UInt64, at offset: UInt64, usesHugePages: Bool = true) throws(HostError) {
        let code = replace(offset, count, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0)
        if code != 0 { throw HostError("map \(count) bytes of zeros", code: code) }
        _ = madvise(pointer + Int(offset), Int(count), usesHugePages ? MADV_HUGEPAGE : MADV_NOHUGEPAGE)
    }

    /// Maps something else into a part; 0, or the reason why not. The kernel checks that everything is a
    /// multiple of its page size.
    private func replace(
        _ offset: UInt64, _ count: UInt64, _ flags: Int32, _ descriptor: Int32, _ position: off_t
    ) -> Int32 {
        guard count > 0, offset <= byteCount, count <= byteCount - offset else { return EINVAL }
        let access = PROT_READ | PROT_WRITE
        let address = mmap(pointer + Int(offset), Int(count), access, flags | MAP_FIXED, descriptor, position)
        return address == MAP_FAILED ? errno : 0
    }
}

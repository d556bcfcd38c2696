// Host memory for generated code.
import Glibc

/// Memory that is mapped twice: writable at one address, executable at another. No page is ever both
/// (W^X), code is written without system calls, and a stray guest-controlled write can not reach an
/// address that executes.
///
/// The bytes are shared by all threads, and nothing here orders accesses: who writes code says when it
/// may run. Where written bytes had been executed before, the writer's and the executing processors
/// have to meet the rules of the Intel SDM volume 3, "Handling Self- and Cross-Modifying Code".
public final class CodeMemory: Sendable {
    /// The first byte for writing; page-aligned.
    public nonisolated(unsafe) let writable: UnsafeMutablePointer<UInt8>
    /// The same byte for executing (and reading); page-aligned.
    public nonisolated(unsafe) let executable: UnsafeRawPointer
    /// The length in bytes, a multiple of the page size.
    public let byteCount: Int

    /// Maps at least `byteCount` bytes of zeros. Pages are taken from the host when first touched.
    /// - Throws: `HostError` when the size is not positive or absurd, or when the host refuses; its
    ///   operation says what to do where executable memory is forbidden.
    public init(byteCount requested: Int) throws(HostError) {
        let byteCount = try Self.wholePages(requested)
        let descriptor = try Self.createMemoryFile()
        // The mappings keep the memory alive.
        defer { close(descriptor) }
        guard ftruncate(descriptor, byteCount) == 0 else {
            throw HostError.last("reserve \(byteCount) bytes of memory for generated code")
        }
        let writable = try Self.map(
            descriptor, byteCount, PROT_READ | PROT_WRITE, "map \(byteCount) bytes for generated code")
        do {
            executable = UnsafeRawPointer(
                try Self.map(
                    descriptor, byteCount, PROT_READ | PROT_EXEC,
                    "map generated code as executable (does a security policy of the host forbid it? "
                        + "allow executable memory files for this program, or use the precise engine)"))
        } catch {
            munmap(writable, byteCount)
            throw error
        }
        self.writable = writable.assumingMemoryBound(to: UInt8.self)
        self.byteCount = byteCount
    }

    deinit {
        munmap(writable, byteCount)
        munmap(UnsafeMutableRawPointer(mutating: executable), byteCount)
    }

    /// Gives the whole pages in `range`, offsets in bytes, back to the host; they read as zeros then.
    /// What lies in a page only partly inside stays as it is.
    /// - Throws: `HostError` when the range is not inside the memory, or when the host refuses.
    public func release(_ range: Range<Int>) throws(HostError) {
        guard range.lowerBound >= 0, range.upperBound <= byteCount else {
            throw HostError("release code at \(range) of \(byteCount) bytes", code: EINVAL)
        }
        let mask = Self.pageSize - 1
        // No overflow: byteCount is a multiple of the page size.
        let start = (range.lowerBound + mask) & ~mask
        let end = range.upperBound & ~mask
        guard start < end else { return }
        guard madvise(writable + start, end - start, MADV_REMOVE) == 0 else {
            throw HostError.last("release code at \(range)")
        }
    }

    private static let pageSize = Int(getpagesize())

    private static func wholePages(_ byteCount: Int) throws(HostError) -> Int {
        let mask = pageSize - 1
        guard byteCount > 0, byteCount <= Int.max - mask else {
            throw HostError("reserve \(byteCount) bytes of memory for generated code", code: EINVAL)
        }
        return (byteCount + mask) & ~mask
    }

    private static func map(
        _ descriptor: Int32, _ byteCount: Int, _ protection: Int32, _ operation: String
    ) throws(HostError) -> UnsafeMutableRawPointer {
        let flags = MAP_SHARED | MAP_NORESERVE
        guard let address = mmap(nil, byteCount, protection, flags, descriptor, 0), address != MAP_FAILED
        else { throw HostError.last(operation) }
        return address
    }

    /// A file without a name that lives in memory. Swift's view of the C library leaves memfd_create(2)
    /// out, so it is looked up.
    private static func createMemoryFile() throws(HostError) -> Int32 {
        typealias Create = @convention(c) (UnsafePointer<CChar>, UInt32) -> Int32
        let operation = "create a memory file for generated code"
        guard let symbol = dlsym(nil, "memfd_create") else { throw HostError(operation, code: ENOSYS) }
        let closeOnExec: UInt32 = 1
        let descriptor = unsafeBitCast(symbol, to: Create.self)("starling-code", closeOnExec)
        guard descriptor >= 0 else { throw HostError.last(operation) }
        return descriptor
    }
}

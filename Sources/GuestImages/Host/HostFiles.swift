// File operations of the host with errors that say what to do.
import Foundation

/// The few file operations that the store and the builder share.
enum HostFiles {
    /// The error of a failed operation on `path`; a full disk has its own case.
    static func failure(_ path: String, _ code: Int32) -> ImageError {
        if code == ENOSPC || code == EDQUOT { return .noSpace(path: path, needed: nil, free: nil) }
        return .fileSystem(path: path, reason: String(cString: strerror(code)))
    }

    /// The same for the errors that Foundation throws.
    static func failure(_ path: String, _ error: any Error) -> ImageError {
        if let known = error as? ImageError { return known }
        var current: NSError? = error as NSError
        while let inner = current {
            if inner.domain == NSPOSIXErrorDomain {
                return failure(path, Int32(truncatingIfNeeded: inner.code))
            }
            if inner.domain == NSCocoaErrorDomain, inner.code == CocoaError.fileWriteOutOfSpace.rawValue {
                return .noSpace(path: path, needed: nil, free: nil)
            }
            current = inner.userInfo[NSUnderlyingErrorKey] as? NSError
        }
        return .fileSystem(path: path, reason: error.localizedDescription)
    }

    /// Runs `body`, an operation on `path`, with its errors translated.
    static func translating<Result>(_ path: String, _ body: () throws -> Result) throws -> Result {
        do { return try body() } catch { throw failure(path, error) }
    }

    /// Makes a folder and those above it.
    static func makeFolder(_ url: URL) throws {
        try translating(url.path) {
            try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
        }
    }

    /// Writes a whole file, visible under its name only when complete.
    static func write(_ data: Data, to url: URL) throws {
        let temporary = url.deletingLastPathComponent()
            .appendingPathComponent(".\(url.lastPathComponent).partial")
        let descriptor = open(temporary.path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else { throw failure(url.path, errno) }
        defer { close(descriptor) }
        try data.withUnsafeBytes { bytes in
            var done = 0
            while done < bytes.count {
                let count = Glibc.write(descriptor, bytes.baseAddress.map { $0 + done }, bytes.count - done)
                if count < 0, errno == EINTR { continue }
                guard count > 0 else { throw failure(url.path, errno) }
                done += count
            }
        }
        try rename(temporary, to: url)
    }

    /// Waits until a file or a folder's list of names is on the disk.
    static func flush(_ url: URL) throws {
        let descriptor = open(url.path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw failure(url.path, errno) }
        defer { close(descriptor) }
        guard fsync(descriptor) == 0 else { throw failure(url.path, errno) }
    }

    /// Moves a file or folder within one file system, replacing a file.
    static func rename(_ from: URL, to: URL) throws {
        guard Glibc.rename(from.path, to.path) == 0 else { throw failure(to.path, errno) }
    }

    /// Removes a file or folder with all that is in it; what does not exist is fine.
    static func remove(_ url: URL) throws {
        var status = stat()
        guard lstat(url.path, &status) == 0 else { return }
        try translating(url.path) { try FileManager.default.removeItem(at: url) }
    }

    /// The names in a folder, sorted.
    static func names(in folder: URL) throws -> [String] {
        try translating(folder.path) {
            try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted()
        }
    }

    /// The contents of a text file.
    static func text(_ url: URL) throws -> String {
        try translating(url.path) { String(decoding: try Data(contentsOf: url), as: UTF8.self) }
    }

    /// The length of a regular file; nil if there is none.
    static func byteCount(of url: URL) -> UInt64? {
        var status = stat()
        guard stat(url.path, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { return nil }
        return UInt64(clamping: status.st_size)
    }

    /// The bytes that an ordinary user can still write in the file system of `url`.
    static func freeByteCount(at url: URL) -> UInt64? {
        var status = statvfs()
        guard statvfs(url.path, &status) == 0 else { return nil }
        let (bytes, overflow) = UInt64(status.f_bavail).multipliedReportingOverflow(
            by: UInt64(status.f_frsize))
        return overflow ? .max : bytes
    }
}

// What a process in the background tells the one that started it.
import Glibc

/// The starter's end; closed when the object goes.
public final class ReportReader: Sendable {
    private let descriptor: Int32

    init(descriptor: Int32) { self.descriptor = descriptor }

    deinit { close(descriptor) }

    /// Waits until the other process has closed its end, or is gone; gives all it said, up to 64 KiB.
    public func readAll() -> [UInt8] {
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 4096)
        while bytes.count < 1 << 16 {
            let count = read(descriptor, &chunk, chunk.count)
            if count > 0 {
                bytes += chunk.prefix(count)
            } else if count == 0 || errno != EINTR {
                break
            }
        }
        return bytes
    }
}

/// The end of the process in the background.
public enum ReportWriter {
    /// The file that a process started with `HostProcess.startDetached` finds open.
    static let descriptor: Int32 = 3

    /// Says `bytes` (a few KiB) and closes the pipe. To be called once, and only in such a process.
    public static func report(_ bytes: [UInt8]) {
        _ = bytes.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
        close(descriptor)
    }
}

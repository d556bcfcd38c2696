// The file that a trace is written to.
import HostOS
import Synchronization

/// Takes lines from the threads of all CPUs.
final class TraceFile: Sendable {
    private struct Contents {
        var buffer: [UInt8] = []
        var offset: UInt64 = 0
        var lineCount: UInt64 = 0
        var isOpen = true
        var lastWrite = HostClock.monotonicNanoseconds()
    }

    let path: String
    private let file: File
    private let lineLimit: UInt64
    private let contents = Mutex(Contents())
    /// Called once when no more lines are taken: the limit is reached, or (the error) nothing can be written.
    private let ended: @Sendable (HostError?) -> Void

    private static let bufferByteCount = 1 << 16
    /// Who looks at the file while it grows sees lines that are not older, as long as there are new ones.
    private static let delay: UInt64 = 500_000_000

    /// Makes the file.
    /// - Throws: `HostError`; EEXIST when there is one.
    init(_ path: String, lineLimit: UInt64, ended: @escaping @Sendable (HostError?) -> Void) throws(HostError) {
        self.path = path
        self.lineLimit = lineLimit
        self.ended = ended
        file = try File(creating: path)
    }

    /// How many lines were taken.
    var lineCount: UInt64 { contents.withLock(\.lineCount) }

    /// Takes a line, without its end.
    func write(_ line: [UInt8]) {
        contents.withLock { contents in
            guard contents.isOpen else { return }
            contents.buffer += line
            contents.buffer.append(UInt8(ascii: "\n"))
            contents.lineCount += 1
            let isLast = contents.lineCount >= lineLimit
            let now = contents.lineCount & 0xff == 0 ? HostClock.monotonicNanoseconds() : 0
            let isOld = now > contents.lastWrite + Self.delay
            if isLast || isOld || contents.buffer.count >= Self.bufferByteCount { flush(&contents) }
            if isLast { end(&contents, nil) }
        }
    }

    /// Writes what was taken; later lines are dropped.
    func close() {
        contents.withLock { contents in
            if contents.isOpen { flush(&contents) }
            contents.isOpen = false
        }
    }

    private func flush(_ contents: inout Contents) {
        do throws(HostError) {
            // `withUnsafeBytes` does not rethrow typed errors.
            let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: contents.buffer.count, alignment: 1)
            defer { buffer.deallocate() }
            buffer.copyBytes(from: contents.buffer)
            try file.write([UnsafeRawBufferPointer(buffer)], at: contents.offset)
            contents.offset += UInt64(buffer.count)
            contents.buffer.removeAll(keepingCapacity: true)
            contents.lastWrite = HostClock.monotonicNanoseconds()
        } catch {
            end(&contents, error)
        }
    }

    private func end(_ contents: inout Contents, _ error: HostError?) {
        guard contents.isOpen else { return }
        contents.isOpen = false
        ended(error)
    }
}

// The file of an image as bytes: reads beyond its end are zeros, barriers that fail end all writing.
import HostOS

/// What an image needs of the host's file; the tests put one in its place that loses power.
protocol HostImage: AnyObject, Sendable {
    var path: String { get }
    func byteCount() throws(HostError) -> UInt64
    func read(into buffers: [UnsafeMutableRawBufferPointer], at offset: UInt64) throws(HostError)
    func write(_ buffers: [UnsafeRawBufferPointer], at offset: UInt64) throws(HostError)
    func synchronizeData() throws(HostError)
    func punchHole(at offset: UInt64, count: UInt64) throws(HostError)
}

extension File: HostImage {}

/// The file of one image.
final class ImageStore {
    let file: any HostImage
    /// Where the file ends, and bytes that were never written begin.
    private(set) var end: UInt64
    private var failure: HostError?

    var path: String { file.path }

    init(_ file: any HostImage) throws(HostError) {
        self.file = file
        end = try file.byteCount()
    }

    /// Fills `segments` from `offset` on; what is behind the end of the file is zeros.
    func read(into segments: [MemorySlice], at offset: UInt64) throws(HostError) {
        let count = UInt64(segments.byteCount)
        let there = min(count, end > offset ? end - offset : 0)
        var cursor = SliceCursor(segments)
        let inside = cursor.take(Int(there))
        if there > 0 { try file.read(into: inside, at: offset) }
        for slice in cursor.take(Int(count - there)) { slice.clear() }
    }

    /// - Throws: `HostError`, also when a barrier failed before: what is on the medium is unknown then.
    func write(_ slices: [UnsafeRawBufferPointer], at offset: UInt64) throws(HostError) {
        if let failure { throw failure }
        let count = slices.reduce(UInt64(0)) { $0 + UInt64($1.count) }
        do {
            try file.write(slices, at: offset)
        } catch {
            // Some of it may be there.
            end = max(end, try file.byteCount())
            throw error
        }
        end = max(end, offset + count)
    }

    /// Waits until everything written so far is on the medium; what is written later comes later.
    func barrier() throws(HostError) {
        if let failure { throw failure }
        do {
            try file.synchronizeData()
        } catch {
            // The host forgets what it could not write: asking again would only seem to help.
            failure = error
            throw error
        }
    }

    /// Ends all writing, because the metadata in memory is in an unknown state.
    func fail(_ error: HostError) { failure = failure ?? error }

    /// Gives space back; only saves space, so it does not matter when the host can not do it.
    func giveBack(_ range: Range<UInt64>) {
        try? file.punchHole(at: range.lowerBound, count: range.upperBound - range.lowerBound)
    }
}

extension ImageStore {
    /// Reads a table of big-endian words. The caller bounds `count`.
    func words(at offset: UInt64, count: Int) throws(HostError) -> [UInt64] {
        var words = [UInt64](repeating: 0, count: count)
        try fill(&words, at: offset)
        for index in words.indices { words[index] = UInt64(bigEndian: words[index]) }
        return words
    }

    /// Reads bytes. The caller bounds `count`.
    func bytes(at offset: UInt64, count: Int) throws(HostError) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: count)
        try fill(&bytes, at: offset)
        return bytes
    }

    /// Writes a part of a table of big-endian words that starts at `offset`.
    func write(_ words: [UInt64], _ range: Range<Int>, ofTableAt offset: UInt64) throws(HostError) {
        try write(words[range].map(\.bigEndian), at: offset + UInt64(range.lowerBound) * 8)
    }

    /// Writes the memory of an array.
    func write<Element: BitwiseCopyable>(_ elements: [Element], at offset: UInt64) throws(HostError) {
        let outcome = elements.withUnsafeBytes { bytes in
            Result { () throws(HostError) in try write([bytes], at: offset) }
        }
        try outcome.get()
    }

    private func fill<Element: BitwiseCopyable>(
        _ elements: inout [Element], at offset: UInt64
    ) throws(HostError) {
        let outcome = elements.withUnsafeMutableBytes { bytes in
            Result { () throws(HostError) in try read(into: [bytes], at: offset) }
        }
        try outcome.get()
    }
}

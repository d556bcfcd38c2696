// Copies between a part of a buffer in guest RAM and memory of the host.
import MachineCore

extension GuestBuffer {
    /// `count` bytes from `offset` on, copied out of RAM; fewer where the buffer ends before.
    func copy(from offset: Int, count: Int) -> [UInt8] {
        let available = Swift.max(0, Swift.min(count, byteCount - offset))
        return [UInt8](unsafeUninitializedCapacity: available) { target, initialized in
            let target = UnsafeMutableRawBufferPointer(target)
            initialized = forEachPiece(offset, available) { piece, done in
                let source = UnsafeRawBufferPointer(start: piece.pointer, count: piece.count)
                UnsafeMutableRawBufferPointer(rebasing: target[done...]).copyMemory(from: source)
            }
        }
    }

    /// Copies `source` into RAM from `offset` on.
    /// - Returns: how many bytes fitted.
    @discardableResult
    func write(_ source: UnsafeRawBufferPointer, at offset: Int) -> Int {
        forEachPiece(offset, source.count) { piece, done in
            let rest = UnsafeRawBufferPointer(rebasing: source[done..<(done + piece.count)])
            UnsafeMutableRawBufferPointer(start: piece.pointer, count: piece.count).copyMemory(from: rest)
        }
    }

    /// Calls `body` with the pieces of `count` bytes from `offset` on, and how many bytes came before.
    /// - Returns: how many bytes there were.
    private func forEachPiece(_ offset: Int, _ count: Int, _ body: (MemorySegment, Int) -> Void) -> Int {
        var toSkip = offset
        var done = 0
        for segment in segments where done < count {
            guard toSkip < segment.count else {
                toSkip -= segment.count
                continue
            }
            let length = Swift.min(segment.count - toSkip, count - done)
            body(MemorySegment(pointer: segment.pointer + toSkip, count: length), done)
            done += length
            toSkip = 0
        }
        return done
    }
}

// Pieces of memory that are filled or written in order.
import MachineCore

/// A piece of memory of a request, or of our own.
typealias MemorySlice = UnsafeMutableRawBufferPointer

extension MemorySlice {
    init(_ segment: MemorySegment) { self.init(start: segment.pointer, count: segment.count) }

    func clear() { initializeMemory(as: UInt8.self, repeating: 0) }
}

extension [MemorySlice] {
    /// The bytes of all of them; the same memory may be there many times.
    var byteCount: Int { reduce(0) { $0 &+ $1.count } }

    /// The same memory as another layer names it.
    var segments: [MemorySegment] {
        compactMap { slice in
            slice.baseAddress.map { MemorySegment(pointer: $0, count: slice.count) }
        }
    }
}

/// Hands out the memory of a request piece by piece.
struct SliceCursor {
    private var rest: ArraySlice<MemorySlice>

    init(_ slices: [MemorySlice]) { rest = slices[...] }

    /// The next `count` bytes, or what is left.
    mutating func take(_ count: Int) -> [MemorySlice] {
        var taken: [MemorySlice] = []
        var left = count
        while left > 0, let first = rest.first {
            if first.count > left {
                taken.append(MemorySlice(rebasing: first.prefix(left)))
                rest[rest.startIndex] = MemorySlice(rebasing: first.dropFirst(left))
                return taken
            }
            left -= first.count
            taken.append(first)
            rest.removeFirst()
        }
        return taken
    }
}

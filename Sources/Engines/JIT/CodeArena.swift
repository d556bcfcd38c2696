// Where generated code lies: a bounded memory in segments, of which the oldest is reused when all are full.
import HostOS
import MachineCore

/// The memory for code. Positions are byte offsets, valid in both views of the memory.
struct CodeArena {
    let memory: CodeMemory
    let segmentByteCount: Int
    let segmentCount: Int
    /// The segment that is being filled, and how far.
    private(set) var segment = 0
    private(set) var position: Int
    /// Segments that were filled and emptied again.
    private(set) var evictions = 0
    private var isFirstRound = true

    /// - Parameters:
    ///   - byteCount: the bound, a multiple of the segment size.
    ///   - segmentByteCount: how much is emptied at once.
    init(byteCount: Int, segmentByteCount: Int) throws(HostError) {
        memory = try CodeMemory(byteCount: byteCount)
        self.segmentByteCount = segmentByteCount
        segmentCount = byteCount / segmentByteCount
        position = 0
    }

    func segment(of position: Int) -> Int { position / segmentByteCount }

    /// The bytes left in the segment.
    var room: Int { (segment + 1) * segmentByteCount - position }

    func writable(_ position: Int) -> UnsafeMutablePointer<UInt8> { memory.writable + position }
    func executable(_ position: Int) -> UInt { UInt(bitPattern: memory.executable) + UInt(position) }
    func position(ofExecutable address: UInt64) -> Int {
        Int(truncatingIfNeeded: address) - Int(bitPattern: memory.executable)
    }

    /// Takes the next `count` bytes.
    mutating func take(_ count: Int) {
        // Entries are jump targets: aligned, they decode faster.
        position = min((position + count + 15) & ~15, (segment + 1) * segmentByteCount)
    }

    /// Goes on in the next segment, which the caller has emptied if it says so. The shared routines are
    /// at the start of segment 0 and stay.
    mutating func nextSegment(keeping routineByteCount: Int) -> (segment: Int, isUsed: Bool) {
        segment += 1
        if segment == segmentCount {
            segment = 0
            isFirstRound = false
        }
        position = segment * segmentByteCount + (segment == 0 ? (routineByteCount + 15) & ~15 : 0)
        if !isFirstRound { evictions += 1 }
        return (segment, !isFirstRound)
    }
}

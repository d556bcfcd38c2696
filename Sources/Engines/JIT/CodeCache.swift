// All translated blocks of a machine: made on demand, found by physical address, taken back when their
// code changes or room is needed.
import CodegenX86
import HostOS
import IR
import MachineCore

/// A translated block.
struct TranslatedBlock {
    let physical: GuestPhysicalAddress
    /// Where its code begins in the arena; 0 where there is no code and its instruction is interpreted.
    var position: Int
    var hostByteCount = 0
    let guestByteCount: UInt32
    let guestInstructionCount: UInt32
    /// The next block that starts in the same page, or `CodeCache.none`.
    var nextInPage: UInt32
    var isRetired = false
}

/// The blocks of one machine. Used by one thread at a time.
final class CodeCache {
    static var none: UInt32 { .max }

    private let memory: GuestMemory
    private(set) var arena: CodeArena
    let routines: RuntimeRoutines
    private var compiler: BlockCompiler
    private var table = BlockTable()
    private(set) var blocks: [TranslatedBlock] = []
    private var freeBlocks: [UInt32] = []
    /// By page of RAM: its first block, or `none`.
    private let pages: UnsafeMutablePointer<UInt32>
    private let pageCount: Int
    /// Heads of retired blocks by physical address: they will lead to the block that takes their place.
    private var retiredHeads: [GuestPhysicalAddress: [Int]] = [:]
    /// By segment, the jumps that lead into it: position of the jump's distance, and of its stub.
    private var linksInto: [[Link]]
    private(set) var statistics = TranslationStatistics()
    /// Called before the first block of a page is translated, so that writes to it are noticed.
    var pageWillHoldCode: (GuestPhysicalAddress) -> Void = { _ in }
    /// Called when code addresses have become invalid.
    var jumpsBecameInvalid: () -> Void = {}

    private struct Link {
        let site: Int
        let stub: Int
    }

    /// - Parameter byteCount: the bound on generated code.
    init(
        _ memory: GuestMemory, environment: IREnvironment, functions: EngineFunctions, byteCount: Int,
        segmentByteCount: Int
    ) throws(HostError) {
        self.memory = memory
        arena = try CodeArena(byteCount: byteCount, segmentByteCount: segmentByteCount)
        guard
            let routines = RuntimeRoutines(
                environment, functions, into: arena.writable(0), capacity: segmentByteCount,
                finalAddress: arena.executable(0))
        else { throw HostError("place the routines of generated code", code: 0) }
        self.routines = routines
        arena.take(routines.byteCount)
        compiler = BlockCompiler(environment: environment, runtime: routines)
        pageCount = Int(memory.byteCount >> 12)
        pages = .allocate(capacity: pageCount)
        pages.initialize(repeating: Self.none, count: pageCount)
        linksInto = Array(repeating: [], count: arena.segmentCount)
    }

    deinit { pages.deallocate() }

    // MARK: Finding and making

    /// The block at `physical`, if it is translated.
    func find(_ physical: GuestPhysicalAddress) -> UInt32? { table.find(physical) }

    /// The host address of a block's code, or nil where its instruction must be interpreted.
    func code(of block: UInt32) -> UInt? {
        let position = blocks[Int(block)].position
        return position == 0 ? nil : arena.executable(position)
    }

    /// The bytes of a block's code.
    func hostCode(of block: UInt32) -> [UInt8] {
        let record = blocks[Int(block)]
        let start = arena.writable(record.position)
        return Array(UnsafeBufferPointer(start: start, count: record.hostByteCount))
    }

    /// Enters `block`, translated from the code at `physical`; nil stands for an instruction that must
    /// always be interpreted, because part of it is in another page.
    func add(_ block: IRBlock?, at physical: GuestPhysicalAddress) -> UInt32 {
        let (position, hostByteCount) = block.map { compile($0, at: physical) } ?? (0, 0)
        let page = self.page(of: physical)
        if pages[page] == Self.none { pageWillHoldCode(physical) }
        let byteCount = UInt64(block?.guestByteCount ?? 2)
        let lines = CodeLines.lines(physical, count: min(byteCount, 4096 - (physical & 0xfff)))
        memory.codeLines.setMask(of: physical, to: memory.codeLines.mask(of: physical) | lines)
        let record = TranslatedBlock(
            physical: physical, position: position, hostByteCount: hostByteCount, guestByteCount: UInt32(byteCount),
            guestInstructionCount: UInt32(block?.guestInstructionCount ?? 0), nextInPage: pages[page])
        let number = store(record)
        pages[page] = number
        table.insert(physical, number)
        if position != 0, let heads = retiredHeads.removeValue(forKey: physical) {
            for head in heads { patchJump(at: head, to: position) }
        }
        statistics.blocks += 1
        statistics.guestInstructions += block?.guestInstructionCount ?? 0
        return number
    }

    private func store(_ record: TranslatedBlock) -> UInt32 {
        if let number = freeBlocks.popLast() {
            blocks[Int(number)] = record
            return number
        }
        blocks.append(record)
        return UInt32(blocks.count - 1)
    }

    private func page(of physical: GuestPhysicalAddress) -> Int {
        min(Int((physical &- memory.base) >> 12), pageCount - 1)
    }

    /// Gives the position of the code and its length, or 0 when the block can not be compiled.
    private func compile(_ block: IRBlock, at physical: GuestPhysicalAddress) -> (Int, Int) {
        for _ in 0..<2 {
            let position = arena.position
            let compiled = compiler.compile(
                block, pageOffset: Int(physical & 0xfff), into: arena.writable(position),
                capacity: arena.room, finalAddress: arena.executable(position))
            if let compiled {
                arena.take(compiled.byteCount)
                statistics.codeBytes += compiled.byteCount
                return (position, compiled.byteCount)
            }
            // Perhaps for want of room.
            if arena.room >= Self.largestBlock { return (0, 0) }
            beginSegment()
        }
        return (0, 0)
    }

    /// No block's code is larger.
    private static var largestBlock: Int { 256 << 10 }

    // MARK: Linking

    /// Makes the jump whose stub was called with return address `detail` lead to `block`.
    func link(_ detail: UInt64, to block: UInt32) {
        let target = blocks[Int(block)].position
        if target == 0 { return }
        let stubEnd = arena.position(ofExecutable: detail)
        let site = stubEnd - Int(read(at: stubEnd))
        // A call in five bytes is what a stub begins with: the routines are near.
        linksInto[arena.segment(of: target)].append(Link(site: site, stub: stubEnd - 5))
        write(Int32(target - site - 4), at: site)
        statistics.links += 1
    }

    private func read(at position: Int) -> UInt32 {
        UnsafeRawPointer(arena.writable(position)).loadUnaligned(as: UInt32.self)
    }

    private func write(_ value: Int32, at position: Int) {
        UnsafeMutableRawPointer(arena.writable(position)).storeBytes(of: value, as: Int32.self)
    }

    /// Overwrites the code at `position` by a jump.
    private func patchJump(at position: Int, to target: Int) {
        arena.writable(position)[0] = 0xe9
        write(Int32(target - position - 5), at: position + 1)
    }

    // MARK: Taking back

    /// Takes back the blocks made from `range`, which was written.
    func invalidate(_ range: Range<GuestPhysicalAddress>) {
        let page = self.page(of: range.lowerBound)
        var kept: UInt64 = 0
        var previous = Self.none
        var number = pages[page]
        while number != Self.none {
            let block = blocks[Int(number)]
            let end = block.physical &+ UInt64(block.guestByteCount)
            if block.physical < range.upperBound && end > range.lowerBound {
                unchain(number, after: previous, in: page)
                retire(number)
            } else {
                let count = min(UInt64(block.guestByteCount), 4096 - (block.physical & 0xfff))
                kept |= CodeLines.lines(block.physical, count: count)
                previous = number
            }
            number = block.nextInPage
        }
        memory.codeLines.setMask(of: range.lowerBound, to: kept)
        statistics.invalidations += 1
    }

    private func unchain(_ number: UInt32, after previous: UInt32, in page: Int) {
        let next = blocks[Int(number)].nextInPage
        if previous == Self.none { pages[page] = next } else { blocks[Int(previous)].nextInPage = next }
    }

    /// Whoever comes to the code of a retired block is sent to look again.
    private func retire(_ number: UInt32) {
        let block = blocks[Int(number)]
        table.remove(block.physical)
        if block.position != 0 {
            let target = arena.position(ofExecutable: UInt64(routines.retired))
            patchJump(at: block.position, to: target)
            retiredHeads[block.physical, default: []].append(block.position)
        }
        blocks[Int(number)].isRetired = true
        freeBlocks.append(number)
    }

    /// Empties the next segment and goes on in it.
    private func beginSegment() {
        let (segment, isUsed) = arena.nextSegment(keeping: routines.byteCount)
        if !isUsed { return }
        statistics.evictions += 1
        for link in linksInto[segment] where arena.segment(of: link.site) != segment {
            write(Int32(link.stub - link.site - 4), at: link.site)
        }
        linksInto[segment] = []
        for index in linksInto.indices {
            linksInto[index].removeAll { arena.segment(of: $0.site) == segment }
        }
        for (physical, heads) in retiredHeads {
            let kept = heads.filter { arena.segment(of: $0) != segment }
            retiredHeads[physical] = kept.isEmpty ? nil : kept
        }
        removeBlocks(in: segment)
        jumpsBecameInvalid()
    }

    private func removeBlocks(in segment: Int) {
        for page in 0..<pageCount where pages[page] != Self.none {
            var previous = Self.none
            var number = pages[page]
            while number != Self.none {
                let block = blocks[Int(number)]
                if block.position != 0, arena.segment(of: block.position) == segment {
                    unchain(number, after: previous, in: page)
                    table.remove(block.physical)
                    blocks[Int(number)].isRetired = true
                    freeBlocks.append(number)
                } else {
                    previous = number
                }
                number = block.nextInPage
            }
            if pages[page] == Self.none {
                memory.codeLines.setMask(of: memory.base &+ UInt64(page) << 12, to: 0)
            }
        }
    }
}

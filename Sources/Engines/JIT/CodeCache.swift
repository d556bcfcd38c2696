// All translated blocks of a machine: made on demand, found by physical address, taken back when their
// code changes or room is needed.
import CodegenX86
import HostOS
import IR
import MachineCore

/// A translated block.
struct TranslatedBlock {
    let physical: GuestPhysicalAddress
    /// Where its code begins in the arena; 0 where there is none and its instructions are interpreted.
    var position: Int
    var hostByteCount = 0
    /// Where the code is that it was made from.
    var source: Range<GuestPhysicalAddress>
    var guestInstructionCount: UInt32
    var isTrace = false
    /// Where in RAM the page begins that its only instruction ends in, if it is not the same one.
    var continuation: GuestPhysicalAddress?
    /// The next block that starts in the same page, or `CodeCache.none`.
    var nextInPage: UInt32
    var isRetired = false
}

/// The blocks of one machine. Used by one thread at a time.
final class CodeCache {
    static var none: UInt32 { .max }

    private let memory: GuestMemory
    /// Tells of writes into the lines that blocks were made from.
    let watcher: CodeWatcher
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
    /// Blocks whose instruction ends in a page, by that page's address.
    private var endingIn: [GuestPhysicalAddress: [UInt32]] = [:]
    /// Traces by their positions, kept for tools that compare engines.
    var keepsTraces = false
    private var traces: [Int: IRBlock] = [:]
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
        segmentByteCount: Int, codeWasWritten: @escaping (Range<GuestPhysicalAddress>) -> Void
    ) throws(HostError) {
        self.memory = memory
        watcher = try memory.codeLines.addWatcher(codeWasWritten)
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
    func find(_ physical: GuestPhysicalAddress) -> UInt32? { table.find(physical)?.block }

    /// The host address of the code at `physical`, where nothing else has to be looked at.
    func code(at physical: GuestPhysicalAddress) -> UInt? {
        guard let entry = table.find(physical), entry.position != 0 else { return nil }
        return arena.executable(Int(entry.position))
    }

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

    /// Where the page is that the block's only instruction ends in, if it is not the one where it begins.
    /// Such a block may only be entered where that page has been found there.
    func continuation(of block: UInt32) -> GuestPhysicalAddress? { blocks[Int(block)].continuation }

    /// Enters `block`, translated from the code at `physical`, and from the page at `next` if that is
    /// given.
    func add(
        _ block: IRBlock, at physical: GuestPhysicalAddress, continuingAt next: GuestPhysicalAddress?
    ) -> UInt32 {
        let (position, hostByteCount) = compile(block, at: physical, countsEntries: true)
        let page = self.page(of: physical)
        let source = physical..<(physical + UInt64(block.guestByteCount))
        watch(source)
        let record = TranslatedBlock(
            physical: physical, position: position, hostByteCount: hostByteCount, source: source,
            guestInstructionCount: UInt32(block.guestInstructionCount), continuation: next,
            nextInPage: pages[page])
        let number = store(record)
        pages[page] = number
        let direct = next == nil ? UInt32(truncatingIfNeeded: position) : 0
        table.insert(physical, BlockTable.Entry(block: number, position: direct))
        if let next {
            watch(next..<(next + UInt64(IRBlock.maximumGuestInstructionLength)))
            endingIn[next, default: []].append(number)
        }
        // Who comes by the head of a retired block has not found the second page.
        if position != 0, next == nil, let heads = retiredHeads.removeValue(forKey: physical) {
            for head in heads { patchJump(at: head, to: position) }
        }
        statistics.blocks += 1
        statistics.guestInstructions += block.guestInstructionCount
        return number
    }

    /// From now on writes to `range` are told to this cache. What of it is in a second page is not: whoever
    /// takes code from there watches that too.
    private func watch(_ range: Range<GuestPhysicalAddress>) {
        let lines = Self.lines(range)
        // Where other threads run CPUs, lines were added before they were read (`prepare`). What was
        // written since is handed over already.
        if watcher.add(lines, of: range.lowerBound) || memory.codeLines.isShared { return }
        pageWillHoldCode(range.lowerBound)
        watcher.begin(lines, of: range.lowerBound)
    }

    /// Makes sure that writes to `range` by other threads are noticed before code is read there; false
    /// when its page has to be watched first. What of the range is in a second page does not count.
    func prepare(_ range: Range<GuestPhysicalAddress>) -> Bool {
        !memory.codeLines.isShared || watcher.add(Self.lines(range), of: range.lowerBound)
    }

    static func lines(_ range: Range<GuestPhysicalAddress>) -> UInt64 {
        let count = range.upperBound - range.lowerBound
        return CodeLines.lines(range.lowerBound, count: min(count, 4096 - (range.lowerBound & 0xfff)))
    }

    // MARK: Traces

    /// The trace that a block was replaced by, for tools that compare engines.
    func trace(of block: UInt32) -> IRBlock? { isTrace(block) ? traces[blocks[Int(block)].position] : nil }

    func isTrace(_ block: UInt32) -> Bool { blocks[Int(block)].isTrace }
    func instructionCount(of block: UInt32) -> Int { Int(blocks[Int(block)].guestInstructionCount) }

    /// Puts `trace` in the place of a block at `physical`: whoever comes to the block's code goes on there.
    /// Tells whether that was possible.
    func replace(_ block: UInt32, by trace: IRBlock, at physical: GuestPhysicalAddress) -> Bool {
        let evictions = statistics.evictions
        let (position, hostByteCount) = compile(trace, at: physical, countsEntries: false)
        if position == 0 || statistics.evictions != evictions { return false }
        let index = Int(block)
        let old = blocks[index].position
        blocks[index].position = position
        blocks[index].hostByteCount = hostByteCount
        blocks[index].guestInstructionCount = UInt32(trace.guestInstructionCount)
        blocks[index].isTrace = true
        table.move(physical, to: UInt32(truncatingIfNeeded: position))
        let start = physical &+ UInt64(bitPattern: trace.guestRange.lowerBound)
        blocks[index].source = start..<(physical &+ UInt64(bitPattern: trace.guestRange.upperBound))
        watch(blocks[index].source)
        if old != 0 {
            patchJump(at: old, to: position)
            linksInto[arena.segment(of: position)].append(Link(site: old + 1, stub: retiredPosition))
        }
        if keepsTraces { traces[position] = trace }
        statistics.traces += 1
        statistics.traceInstructions += trace.guestInstructionCount
        return true
    }

    private var retiredPosition: Int { arena.position(ofExecutable: UInt64(routines.retired)) }

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
    private func compile(
        _ block: IRBlock, at physical: GuestPhysicalAddress, countsEntries: Bool
    ) -> (Int, Int) {
        let counter = countsEntries ? JITProcessor.counter(physical) : nil
        for _ in 0..<2 {
            let position = arena.position
            let compiled = compiler.compile(
                block, pageOffset: Int(physical & 0xfff), heatCounter: counter, into: arena.writable(position),
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
        let isAnywhere = blocks[Int(block)].continuation != nil
        let stubEnd = arena.position(ofExecutable: detail)
        let site = stubEnd - Int(read(at: stubEnd))
        if isAnywhere {
            // Only the jump cache knows whether the second page is still there.
            write(Int32(arena.position(ofExecutable: UInt64(routines.lookup)) - site - 4), at: site)
            return
        }
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
            if block.source.overlaps(range) {
                unchain(number, after: previous, in: page)
                retire(number)
            } else {
                kept |= Self.lines(block.source)
                previous = number
            }
            number = block.nextInPage
        }
        let start = range.lowerBound & ~0xfff
        if range.lowerBound < start + 2 {
            for number in endingIn.removeValue(forKey: start) ?? [] where !blocks[Int(number)].isRetired {
                remove(number)
            }
        }
        if endingIn[start] != nil { kept |= 1 }
        watcher.retain(kept, of: range.lowerBound)
        statistics.invalidations += 1
    }

    /// Takes back one block.
    func remove(_ number: UInt32) {
        let page = self.page(of: blocks[Int(number)].physical)
        var previous = Self.none
        var current = pages[page]
        while current != number && current != Self.none {
            previous = current
            current = blocks[Int(current)].nextInPage
        }
        if current == number { unchain(number, after: previous, in: page) }
        retire(number)
    }

    private func unchain(_ number: UInt32, after previous: UInt32, in page: Int) {
        let next = blocks[Int(number)].nextInPage
        if previous == Self.none { pages[page] = next } else { blocks[Int(previous)].nextInPage = next }
    }

    /// Whoever comes to the code of a retired block is sent to look again.
    private func retire(_ number: UInt32) {
        let block = blocks[Int(number)]
        forgetContinuation(of: number)
        table.remove(block.physical)
        if block.position != 0 {
            patchJump(at: block.position, to: retiredPosition)
            retiredHeads[block.physical, default: []].append(block.position)
        }
        blocks[Int(number)].isRetired = true
        freeBlocks.append(number)
    }

    private func forgetContinuation(of number: UInt32) {
        guard let next = blocks[Int(number)].continuation else { return }
        endingIn[next]?.removeAll { $0 == number }
        if endingIn[next]?.isEmpty == true { endingIn[next] = nil }
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
                    forgetContinuation(of: number)
                    table.remove(block.physical)
                    blocks[Int(number)].isRetired = true
                    freeBlocks.append(number)
                } else {
                    previous = number
                }
                number = block.nextInPage
            }
            if pages[page] == Self.none {
                let start = memory.base &+ UInt64(page) << 12
                watcher.retain(endingIn[start] == nil ? 0 : 1, of: start)
            }
        }
    }
}

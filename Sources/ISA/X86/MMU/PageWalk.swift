// Page tables: 32-bit, PAE and four-level paging (Intel SDM volume 3, chapter 4).
import MachineCore

/// What an access is for.
enum AccessKind {
    case read, write, fetch
}

/// Where a page lies and what may be done there.
struct Translation {
    var physical: UInt64
    var isWritable = true
    var isExecutable = true
    var isUser = true
    /// Writes have been noted in the page table.
    var isDirty = true
    /// The linear addresses of the page, where it is larger than 4 KiB.
    var largePage: Range<UInt64>?
}

/// What is translated, for whom, and how.
private struct WalkRequest {
    let address: UInt64
    let kind: AccessKind
    let isUser: Bool
    /// The CPU itself accesses a table.
    let isImplicit: Bool
    /// Accessed and dirty bits are set.
    let marks: Bool
    /// Entries have 64 bits.
    let isWide: Bool
}

/// Bits of page-table entries.
enum PageEntry {
    static let present: UInt64 = 1
    static let writable: UInt64 = 2
    static let user: UInt64 = 4
    static let accessed: UInt64 = 0x20
    static let dirty: UInt64 = 0x40
    static let large: UInt64 = 0x80
    static let noExecute: UInt64 = 1 << 63
    /// Physical addresses have 46 bits.
    static let address: UInt64 = 0x3fff_ffff_f000
    /// Bits of 64-bit entries that must be zero.
    static let reserved: UInt64 = 0x000f_c000_0000_0000
}

/// Bits of the error code of a page fault.
enum PageFaultCode {
    static let present: UInt64 = 1
    static let write: UInt64 = 2
    static let user: UInt64 = 4
    static let reserved: UInt64 = 8
    static let fetch: UInt64 = 16
}

extension CPU {
    /// Reads an entry of a page table; outside RAM there is none.
    private func readEntry(_ address: UInt64, isWide: Bool) -> UInt64 {
        guard let pointer = environment.memory.readablePointer(to: address, count: isWide ? 8 : 4) else { return 0 }
        return pointer.loadInteger(isWide ? .double : .word)
    }

    private func setBits(_ bits: UInt64, in entry: UInt64, at address: UInt64, isWide: Bool) {
        if entry & bits == bits { return }
        let width: AccessWidth = isWide ? .double : .word
        guard let pointer = environment.memory.hostPointer(to: address, count: width.byteCount) else { return }
        environment.memory.dirtyLog.mark(address, count: width.byteCount)
        pointer.storeInteger(entry | bits, width)
        environment.memory.noteWrite(at: address, count: width.byteCount)
    }

    /// Translates a linear address for an access, with the privilege of supervisor or user code.
    /// - Parameters:
    ///   - isImplicit: the CPU itself accesses a table.
    ///   - marks: accessed and dirty bits are set.
    ///   - visit: told of each entry, the root's first.
    /// - Throws: the page fault.
    func walk(
        _ address: UInt64, _ kind: AccessKind, isUser: Bool, isImplicit: Bool = false, marks: Bool = true,
        visit: ((PageTableStep) -> Void)? = nil
    ) throws(FaultTaken) -> Translation {
        let (cr0, cr3, cr4) = (state.pointee.cr0, state.pointee.cr3, state.pointee.cr4)
        if cr0 & CR0.paging == 0 { return Translation(physical: address & 0xffff_ffff) }
        var levels = isLongMode ? 4 : cr4 & CR4.physicalAddressExtension != 0 ? 3 : 2
        let isWide = levels > 2
        var table = cr3 & (isWide ? PageEntry.address : 0xffff_f000)
        if levels == 3 {
            // The four entries of the top table have no rights.
            let pointer = (cr3 & 0xffff_ffe0) &+ (address >> 30 & 3) &* 8
            let entry = readEntry(pointer, isWide: true)
            visit?(PageTableStep(level: 2, entryAddress: pointer, entry: entry))
            if entry & PageEntry.present == 0 { throw pageFault(address, kind, isUser, 0) }
            table = entry & PageEntry.address
            levels = 2
        }
        let request = WalkRequest(
            address: address, kind: kind, isUser: isUser, isImplicit: isImplicit, marks: marks, isWide: isWide)
        return try walkTables(request, table, levels, visit)
    }

    private func walkTables(
        _ request: WalkRequest, _ root: UInt64, _ levels: Int, _ visit: ((PageTableStep) -> Void)?
    ) throws(FaultTaken) -> Translation {
        let (address, kind, isUser, isWide) = (request.address, request.kind, request.isUser, request.isWide)
        var table = root
        var result = Translation(physical: 0)
        var visited: InlineArray<4, (address: UInt64, entry: UInt64)> = InlineArray(repeating: (0, 0))
        var level = levels
        let indexBits: UInt64 = isWide ? 9 : 10
        while true {
            level -= 1
            let shift = 12 &+ UInt64(level) &* indexBits
            let index = address >> shift & ((1 << indexBits) &- 1)
            let place = table &+ index &* (isWide ? 8 : 4)
            let entry = readEntry(place, isWide: isWide)
            visited[level] = (place, entry)
            visit?(PageTableStep(level: level, entryAddress: place, entry: entry))
            if entry & PageEntry.present == 0 { throw pageFault(address, kind, isUser, 0) }
            let isLeaf = level == 0 || entry & PageEntry.large != 0 && hasLargePages(level, isWide)
            if hasReservedBits(entry, level, isLeaf, isWide) {
                throw pageFault(address, kind, isUser, PageFaultCode.present | PageFaultCode.reserved)
            }
            result.isWritable = result.isWritable && entry & PageEntry.writable != 0
            result.isUser = result.isUser && entry & PageEntry.user != 0
            if isWide && entry & PageEntry.noExecute != 0 { result.isExecutable = false }
            if isLeaf {
                finish(&result, address, entry, shift, isWide, level)
                break
            }
            table = entry & (isWide ? PageEntry.address : 0xffff_f000)
        }
        try check(&result, request)
        if request.marks { noteAccess(visited, level, levels, kind, isWide) }
        result.isDirty = kind == .write || visited[level].entry & PageEntry.dirty != 0
        return result
    }

    private func hasLargePages(_ level: Int, _ isWide: Bool) -> Bool {
        isWide ? level <= 2 : state.pointee.cr4 & CR4.largePages != 0
    }

    private func hasReservedBits(_ entry: UInt64, _ level: Int, _ isLeaf: Bool, _ isWide: Bool) -> Bool {
        if !isWide { return isLeaf && level > 0 && entry & 0x3f_e000 & ~0x3_e000 != 0 }
        var reserved = PageEntry.reserved
        if state.pointee.efer & EFER.noExecute == 0 { reserved |= PageEntry.noExecute }
        if isLeaf && level > 0 { reserved |= ((1 << (12 &+ UInt64(level) &* 9)) &- 1) & ~0x1fff }
        if !isLeaf && level == 3 { reserved |= PageEntry.large }
        return entry & reserved != 0
    }

    private func finish(
        _ result: inout Translation, _ address: UInt64, _ entry: UInt64, _ shift: UInt64, _ isWide: Bool,
        _ level: Int
    ) {
        let mask = (UInt64(1) << shift) &- 1
        var frame = entry & (isWide ? PageEntry.address : 0xffff_f000) & ~mask
        // Large pages of 32-bit paging have eight more bits of their address in the entry (PSE-36).
        if !isWide && level > 0 { frame |= (entry >> 13 & 0x1f) << 32 }
        result.physical = frame | address & mask
        if level > 0 {
            let (end, overflows) = (address & ~mask).addingReportingOverflow(mask &+ 1)
            result.largePage = (address & ~mask)..<(overflows ? .max : end)
        }
    }

    private func check(_ result: inout Translation, _ request: WalkRequest) throws(FaultTaken) {
        let (kind, isUser) = (request.kind, request.isUser)
        let isAllowed: Bool
        if isUser {
            isAllowed = result.isUser && (kind != .write || result.isWritable)
                && (kind != .fetch || result.isExecutable)
        } else {
            if state.pointee.cr0 & CR0.writeProtect == 0 { result.isWritable = true }
            let smep = state.pointee.cr4 & CR4.executionPrevention != 0 && result.isUser
            let smap = state.pointee.cr4 & CR4.accessPrevention != 0 && result.isUser
                && (request.isImplicit || state.pointee.systemFlags & RFlags.alignmentCheck == 0)
            switch kind {
            case .fetch: isAllowed = result.isExecutable && !smep
            case .read: isAllowed = !smap
            case .write: isAllowed = result.isWritable && !smap
            }
            if smep { result.isExecutable = false }
        }
        if !isAllowed { throw pageFault(request.address, kind, isUser, PageFaultCode.present) }
    }

    /// Sets the accessed bits on the way, and the dirty bit of the page that is written.
    private func noteAccess(
        _ visited: InlineArray<4, (address: UInt64, entry: UInt64)>, _ leaf: Int, _ levels: Int, _ kind: AccessKind,
        _ isWide: Bool
    ) {
        var level = levels - 1
        while level >= leaf {
            let isDirtied = level == leaf && kind == .write
            let bits = PageEntry.accessed | (isDirtied ? PageEntry.dirty : 0)
            setBits(bits, in: visited[level].entry, at: visited[level].address, isWide: isWide)
            level -= 1
        }
    }

    private func pageFault(_ address: UInt64, _ kind: AccessKind, _ isUser: Bool, _ code: UInt64) -> FaultTaken {
        var code = code | (isUser ? PageFaultCode.user : 0)
        if kind == .write { code |= PageFaultCode.write }
        let showsFetch = state.pointee.cr4 & CR4.executionPrevention != 0
            || state.pointee.efer & EFER.noExecute != 0 && (isLongMode || state.pointee.cr4 & 0x20 != 0)
        if kind == .fetch && showsFetch { code |= PageFaultCode.fetch }
        runtime.pointee.faultAddress = address
        return fault(Fault.page, code)
    }
}

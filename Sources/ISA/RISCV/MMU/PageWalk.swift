// Sv39: finding the page of a virtual address in the guest's page tables.
import MachineCore

/// Where a virtual address lies.
struct Translation {
    var physical: UInt64
    /// What later accesses of the same page may do without another walk.
    var readable: Bool
    var writable: Bool
    var executable: Bool
    /// The mapping is the same in all address spaces.
    var isGlobal = true
    /// The virtual range of the superpage, if the mapping is one.
    var superpage: Range<UInt64>?
}

/// Why a walk failed.
enum WalkFault: Error {
    case pageFault
    case accessFault
}

/// Page-table entry bits (Privileged ISA 10.3.1, 10.4.1).
private enum Entry {
    static let valid: UInt64 = 1 << 0
    static let read: UInt64 = 1 << 1
    static let write: UInt64 = 1 << 2
    static let execute: UInt64 = 1 << 3
    static let user: UInt64 = 1 << 4
    static let global: UInt64 = 1 << 5
    static let accessed: UInt64 = 1 << 6
    static let dirty: UInt64 = 1 << 7
    /// Bits 54 to 63 belong to extensions that this machine does not have (Svnapot, Svpbmt).
    static let reserved: UInt64 = 0x3ff << 54
    static func target(_ entry: UInt64) -> UInt64 { ((entry >> 10) & ((1 << 44) - 1)) << 12 }
}

extension Hart {
    /// Translates `address` for an access under `key`, setting A and D as hardware does
    /// (Privileged ISA 10.3.2 with 10.4.1; A/D updates by the machine, as without Svade).
    ///
    /// - Parameter marks: false for who only looks: A and D stay as they are.
    func walk(
        _ address: UInt64, _ kind: AccessKind, _ key: TranslationKey, marks: Bool = true
    ) throws(WalkFault) -> Translation {
        if key.satp == 0 {
            // Physical addresses have 56 bits (Privileged ISA 10.4).
            if address >> 56 != 0 { throw .accessFault }
            return Translation(
                physical: address, readable: true, writable: true, executable: true, superpage: nil)
        }
        // Bits 63 to 39 must equal bit 38.
        let extended = UInt64(bitPattern: Int64(bitPattern: address << 25) >> 25)
        if extended != address { throw .pageFault }
        var table = (state.pointee.satp & ((1 << 44) - 1)) << 12
        var level: UInt64 = 2
        var isGlobal = false
        while true {
            let slot = table + ((address >> (12 + 9 * level)) & 511) * 8
            let pointer = try entryPointer(slot)
            let entry = pointer.load(as: UInt64.self)
            let permissions = entry & (Entry.read | Entry.write | Entry.execute)
            if entry & Entry.valid == 0 || entry & Entry.reserved != 0 || permissions == Entry.write
                || permissions == Entry.write | Entry.execute
            {
                throw .pageFault
            }
            // A global pointer makes all below it global (Privileged ISA 10.3.1).
            isGlobal = isGlobal || entry & Entry.global != 0
            if permissions != 0 {
                guard var translation = try leaf(entry, pointer, slot, address, level, kind, key, marks) else {
                    continue
                }
                translation.isGlobal = isGlobal
                return translation
            }
            if level == 0 || entry & (Entry.accessed | Entry.dirty | Entry.user) != 0 { throw .pageFault }
            table = Entry.target(entry)
            level -= 1
        }
    }

    private func entryPointer(_ slot: UInt64) throws(WalkFault) -> UnsafeMutableRawPointer {
        // Page tables are read with supervisor rights, and written for A and D.
        let verdict = PhysicalMemoryProtection.check(state, slot..<(slot &+ 8), .read, privilege: 1)
        guard verdict.allowed, let pointer = environment.memory.hostPointer(to: slot, count: 8) else {
            throw .accessFault
        }
        return pointer
    }

    /// What a leaf entry gives, or nil when another hart changed it meanwhile: it is to be read again.
    private func leaf(
        _ entry: UInt64, _ pointer: UnsafeMutableRawPointer, _ slot: UInt64, _ address: UInt64,
        _ level: UInt64, _ kind: AccessKind, _ key: TranslationKey, _ marks: Bool
    ) throws(WalkFault) -> Translation? {
        let isUser = entry & Entry.user != 0
        let pageMask: UInt64 = (1 << (12 + 9 * level)) - 1
        if Entry.target(entry) & pageMask & ~0xfff != 0 { throw .pageFault }
        // Supervisor mode never fetches from user pages, and touches their data only under SUM.
        let wrongOwner = key.privilege == 0 ? !isUser : isUser && (kind == .fetch || !key.sum)
        if wrongOwner { throw .pageFault }
        let readable = entry & Entry.read != 0 || (key.mxr && entry & Entry.execute != 0)
        let writable = entry & Entry.write != 0
        let executable = entry & Entry.execute != 0 && !(isUser && key.privilege != 0)
        switch kind {
        case .read where !readable: throw .pageFault
        case .write where !writable: throw .pageFault
        case .fetch where !executable: throw .pageFault
        default: break
        }
        let needed = Entry.accessed | (kind == .write ? Entry.dirty : 0)
        if marks && entry & needed != needed {
            let own = slot..<(slot &+ 8)
            guard PhysicalMemoryProtection.check(state, own, .write, privilege: 1).allowed else {
                throw .accessFault
            }
            environment.memory.dirtyLog.mark(slot, count: 8)
            if !SharedWord.replace(pointer, entry, by: entry | needed, .double) { return nil }
            environment.memory.noteWrite(at: slot, count: 8)
        }
        let start = address & ~pageMask
        return Translation(
            physical: Entry.target(entry) & ~pageMask | address & pageMask, readable: readable,
            // A page is writable without a walk only once D is set.
            writable: writable && (entry | needed) & Entry.dirty != 0, executable: executable,
            superpage: level == 0 ? nil : start..<(start & ~pageMask | pageMask))
    }
}

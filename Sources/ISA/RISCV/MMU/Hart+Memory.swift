// Memory accesses that the fast path does not serve: misses, page crossings, devices, faults.
import MachineCore

extension Hart {
    /// Translates and checks an access to `count` bytes in one page, and caches the page when all of
    /// it may be accessed directly.
    /// - Throws: the page or access fault of `address`.
    func physicalAddress(
        of address: UInt64, count: UInt64, _ kind: AccessKind
    ) throws(TrapTaken) -> UInt64 {
        var key = kind == .fetch ? fetchKey : dataKey
        let translation: Translation
        do {
            translation = try walk(address, kind, key)
        } catch {
            throw exception(Self.faultCause(error, kind), address)
        }
        if key.isGlobal && !translation.isGlobal {
            // Not a guest that marks its supervisor's pages global: sets for each address space then.
            supervisorIsGlobal = false
            selectTranslationSets()
            key = kind == .fetch ? fetchKey : dataKey
        }
        let physical = translation.physical
        let verdict = PhysicalMemoryProtection.check(
            state, physical..<(physical &+ count), kind, privilege: key.privilege)
        if !verdict.allowed { throw exception(Self.faultCause(.accessFault, kind), address) }
        cache(translation, address, kind, key)
        return physical
    }

    private func cache(_ translation: Translation, _ address: UInt64, _ kind: AccessKind, _ key: TranslationKey) {
        let page = address & ~0xfff
        let frame = translation.physical & ~0xfff
        let memory = environment.memory
        guard let host = memory.hostPointer(to: frame, count: 4096) else { return }
        if kind == .write { memory.dirtyLog.mark(frame, count: 1) }
        func allowed(_ kind: AccessKind) -> Bool {
            let verdict = PhysicalMemoryProtection.check(
                state, frame..<(frame + 4096), kind, privilege: key.privilege)
            return verdict.allowed && verdict.uniform
        }
        let bias = UInt64(UInt(bitPattern: host)) &- page
        // Atomic accesses read by the tag for writing.
        let watched = debugging.watchedAccesses(inPage: page)
        translations.enter(
            kind == .fetch ? fetchSetIndex : dataSetIndex, page: page, bias: bias,
            read: translation.readable && !watched.contains(.read) && allowed(.read),
            write: translation.writable && memory.codeLines.mask(of: frame) == 0
                && memory.dirtyLog.isMarked(frame) && watched.isEmpty && allowed(.write),
            fetch: translation.executable && !debugging.breaks(inPage: page) && allowed(.fetch),
            superpage: translation.superpage)
    }

    private static func faultCause(_ fault: WalkFault, _ kind: AccessKind) -> UInt64 {
        let isPageFault = fault == .pageFault
        switch kind {
        case .fetch:
            return isPageFault
                ? ExceptionCause.instructionPageFault : ExceptionCause.instructionAccessFault
        case .read: return isPageFault ? ExceptionCause.loadPageFault : ExceptionCause.loadAccessFault
        case .write: return isPageFault ? ExceptionCause.storePageFault : ExceptionCause.storeAccessFault
        }
    }

    static func crossesPage(_ address: UInt64, _ width: AccessWidth) -> Bool {
        (address & 0xfff) + width.byteCount > 4096
    }

    // MARK: Loads

    /// A load that missed the fast path.
    func slowLoad(_ address: UInt64, _ width: AccessWidth) throws(TrapTaken) -> UInt64 {
        if Self.crossesPage(address, width) { return try splitLoad(address, width) }
        let physical = try physicalAddress(of: address, count: width.byteCount, .read)
        if let pointer = environment.memory.hostPointer(to: physical, count: width.byteCount) {
            return pointer.loadInteger(width)
        }
        if physical & (width.byteCount - 1) != 0 {
            throw exception(ExceptionCause.loadAddressMisaligned, address)
        }
        guard let value = environment.bus.read(at: physical, width: width) else {
            throw exception(ExceptionCause.loadAccessFault, address)
        }
        return value
    }

    /// A load from two pages: both are checked before any byte counts. The second page's fault names
    /// its first byte.
    private func splitLoad(_ address: UInt64, _ width: AccessWidth) throws(TrapTaken) -> UInt64 {
        let (first, second) = try splitPointers(address, width, .read)
        let firstCount = 4096 - (address & 0xfff)
        var value: UInt64 = 0
        for offset in 0..<width.byteCount {
            let pointer = offset < firstCount ? first + Int(offset) : second + Int(offset - firstCount)
            value |= UInt64(pointer.load(as: UInt8.self)) << (offset * 8)
        }
        return value
    }

    private func splitPointers(
        _ address: UInt64, _ width: AccessWidth, _ kind: AccessKind
    ) throws(TrapTaken) -> (UnsafeMutableRawPointer, UnsafeMutableRawPointer) {
        let firstCount = 4096 - (address & 0xfff)
        let secondAddress = address &+ firstCount
        let first = try physicalAddress(of: address, count: firstCount, kind)
        let secondCount = width.byteCount - firstCount
        let second = try physicalAddress(of: secondAddress, count: secondCount, kind)
        guard let firstPointer = environment.memory.hostPointer(to: first, count: firstCount),
            let secondPointer = environment.memory.hostPointer(to: second, count: secondCount)
        else { throw exception(Self.faultCause(.accessFault, kind), address) }
        return (firstPointer, secondPointer)
    }

    // MARK: Stores

    /// A store that missed the fast path.
    func slowStore(_ address: UInt64, _ value: UInt64, _ width: AccessWidth) throws(TrapTaken) {
        if Self.crossesPage(address, width) { return try splitStore(address, value, width) }
        let physical = try physicalAddress(of: address, count: width.byteCount, .write)
        if let pointer = environment.memory.hostPointer(to: physical, count: width.byteCount) {
            pointer.storeInteger(value, width)
            environment.memory.noteWrite(at: physical, count: width.byteCount)
            return
        }
        if physical & (width.byteCount - 1) != 0 {
            throw exception(ExceptionCause.storeAddressMisaligned, address)
        }
        if !environment.bus.write(value, at: physical, width: width) {
            throw exception(ExceptionCause.storeAccessFault, address)
        }
    }

    private func splitStore(_ address: UInt64, _ value: UInt64, _ width: AccessWidth) throws(TrapTaken) {
        let (first, second) = try splitPointers(address, width, .write)
        let firstCount = 4096 - (address & 0xfff)
        for offset in 0..<width.byteCount {
            let pointer = offset < firstCount ? first + Int(offset) : second + Int(offset - firstCount)
            pointer.storeBytes(of: UInt8(truncatingIfNeeded: value >> (offset * 8)), as: UInt8.self)
        }
        noteWrite(first, firstCount)
        noteWrite(second, width.byteCount - firstCount)
    }

    /// Tells the engines of a write into RAM that the TLB did not serve.
    func noteWrite(_ pointer: UnsafeMutableRawPointer, _ count: UInt64) {
        let address = environment.memory.base &+ UInt64(pointer - environment.memory.hostBase)
        environment.memory.noteWrite(at: address, count: count)
    }

    /// The host address of an aligned atomic access, after which `noteWrite` is to be called. Atomics work on
    /// RAM only: no device of this machine supports them, so elsewhere they are access faults.
    func atomicPointer(_ address: UInt64, _ width: AccessWidth) throws(TrapTaken) -> UnsafeMutableRawPointer {
        let physical = try physicalAddress(of: address, count: width.byteCount, .write)
        guard let pointer = environment.memory.hostPointer(to: physical, count: width.byteCount) else {
            throw exception(ExceptionCause.storeAccessFault, address)
        }
        return pointer
    }

    // MARK: Fetch

    /// Fetches the instruction at `pc` when the last page does not serve it: 32 bits, of which only
    /// 16 are read when the first of them say that the instruction is compressed.
    func slowFetch(_ pc: UInt64) throws(TrapTaken) -> UInt32 {
        if debugging.isActive { try stopAtBreakpoint(pc) }
        let first = try fetchHalf(pc)
        if first & 3 != 3 { return UInt32(first) }
        return UInt32(first) | UInt32(try fetchHalf(pc &+ 2)) << 16
    }

    private func fetchHalf(_ address: UInt64) throws(TrapTaken) -> UInt16 {
        let page = address & ~0xfff
        let entries = translations.entries(of: fetchSetIndex)
        let entry = entries + Int((page >> 12) & UInt64(TranslationEntry.setEntryCount - 1))
        if entry.pointee.fetchTag != page {
            let physical = try physicalAddress(of: address, count: 2, .fetch)
            guard let pointer = environment.memory.hostPointer(to: physical, count: 2) else {
                throw exception(ExceptionCause.instructionAccessFault, address)
            }
            // A page that protection splits is not cached: it is checked at each fetch.
            if entry.pointee.fetchTag != page { return pointer.loadUnaligned(as: UInt16.self) }
        }
        runtime.pointee.fetchPage = page
        runtime.pointee.fetchBias = entry.pointee.bias
        return UnsafeRawPointer(bitPattern: UInt(address &+ entry.pointee.bias)).map {
            $0.loadUnaligned(as: UInt16.self)
        } ?? 0
    }
}

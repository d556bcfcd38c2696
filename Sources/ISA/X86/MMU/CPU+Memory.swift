// Memory accesses that the fast path does not serve: misses, page crossings, devices, faults.
import MachineCore

extension CPU {
    /// The address has 48 bits, sign-extended.
    static func isCanonical(_ address: UInt64) -> Bool {
        let top = Int64(bitPattern: address) >> 47
        return top == 0 || top == -1
    }

    /// Translates an access within one page, and caches the page when it is RAM.
    func physicalAddress(of address: UInt64, _ kind: AccessKind) throws(FaultTaken) -> UInt64 {
        if isLongMode && !Self.isCanonical(address) {
            throw fault(Fault.generalProtection | (kind == .fetch ? 0 : Fault.isAddress))
        }
        let translation = try walk(address, kind, isUser: runtime.pointee.mode.privilege == 3)
        cache(translation, address, kind)
        return translation.physical
    }

    private func cache(_ translation: Translation, _ address: UInt64, _ kind: AccessKind) {
        let page = address & ~0xfff
        guard let target = target(ofPage: translation.physical & ~0xfff) else { return }
        let (memory, frame) = (target.memory, target.address)
        if kind == .write { memory.dirtyLog.mark(frame, count: 1) }
        let watched = watchedAccesses(inPage: page)
        let isFetch = kind == .fetch
        // Data and code have sets of their own where rights differ; an entry says only what its set may ask.
        let sharesSet = dataSetIndex == fetchSetIndex
        translations.enter(
            isFetch ? fetchSetIndex : dataSetIndex, page: page, bias: UInt64(UInt(bitPattern: target.host)) &- page,
            read: (!isFetch || sharesSet) && !watched.contains(.read),
            write: (!isFetch || sharesSet) && translation.isWritable && translation.isDirty && target.isWritable
                && memory.codeLines.mask(of: frame) == 0 && memory.dirtyLog.isMarked(frame) && watched.isEmpty,
            fetch: (isFetch || sharesSet) && translation.isExecutable && target.isExecutable
                && !breaks(inPage: page),
            largePage: translation.largePage)
    }

    /// What a page of physical memory is, where accesses need not go over the bus.
    private struct PageTarget {
        let memory: GuestMemory
        let address: GuestPhysicalAddress
        let host: UnsafeRawPointer
        let isWritable: Bool
        let isExecutable: Bool
    }

    /// RAM, or memory of a device that may be used like it; but code is fetched only from RAM.
    private func target(ofPage frame: GuestPhysicalAddress) -> PageTarget? {
        let memory = environment.memory
        if let host = memory.readablePointer(to: frame, count: 4096) {
            let isWritable = memory.hostPointer(to: frame, count: 4096) != nil
            return PageTarget(
                memory: memory, address: frame, host: host, isWritable: isWritable, isExecutable: true)
        }
        guard let (memory, place) = environment.bus.directMemory(ofPage: frame),
            let host = memory.hostPointer(to: place, count: 4096)
        else { return nil }
        return PageTarget(
            memory: memory, address: place, host: UnsafeRawPointer(host), isWritable: true, isExecutable: false)
    }

    /// Forgets where pages are, after the board has changed what is RAM. Called by who runs the CPU, or while it
    /// stands.
    public func forgetTranslations() {
        translations.flushAll()
        runtime.pointee.fetchPage = TranslationEntry.invalidTag
    }

    static func crossesPage(_ address: UInt64, _ count: UInt64) -> Bool { (address & 0xfff) &+ count > 4096 }

    // MARK: Loads

    /// A load that missed the fast path.
    func slowLoad(_ address: UInt64, _ width: AccessWidth) throws(FaultTaken) -> UInt64 {
        if Self.crossesPage(address, width.byteCount) { return try splitLoad(address, width) }
        let value = loadPhysical(try physicalAddress(of: address, .read), width)
        noteAccess(address, width, .read)
        return value
    }

    /// Reads RAM or a device; where there is nothing all bits are ones.
    func loadPhysical(_ physical: UInt64, _ width: AccessWidth) -> UInt64 {
        if let pointer = environment.memory.readablePointer(to: physical, count: width.byteCount) {
            return pointer.loadInteger(width)
        }
        settleTime()
        if let value = readController(physical) { return value >> ((physical & 3) * 8) & width.mask }
        if let value = environment.bus.read(at: physical, width: width) { return value }
        // What crosses the edge of RAM, and what devices do not answer as a whole, is read in bytes.
        var value: UInt64 = 0
        for offset in 0..<width.byteCount {
            let byte = environment.memory.load(UInt8.self, at: physical &+ offset).map(UInt64.init)
                ?? environment.bus.read(at: physical &+ offset, width: .byte) ?? 0xff
            value |= byte << (offset * 8)
        }
        return value
    }

    private func splitLoad(_ address: UInt64, _ width: AccessWidth) throws(FaultTaken) -> UInt64 {
        let firstCount = 4096 &- (address & 0xfff)
        let first = try physicalAddress(of: address, .read)
        let second = try physicalAddress(of: address &+ firstCount, .read)
        noteAccess(address, width, .read)
        return loadParts(first, second, firstCount, width)
    }

    // MARK: Stores

    /// A store that missed the fast path.
    func slowStore(_ address: UInt64, _ value: UInt64, _ width: AccessWidth) throws(FaultTaken) {
        if Self.crossesPage(address, width.byteCount) {
            try splitStore(address, value, width)
        } else {
            storePhysical(try physicalAddress(of: address, .write), value, width)
        }
        noteAccess(address, width, .write)
    }

    /// Writes RAM or a device; elsewhere nothing happens.
    func storePhysical(_ physical: UInt64, _ value: UInt64, _ width: AccessWidth) {
        if let pointer = environment.memory.hostPointer(to: physical, count: width.byteCount) {
            environment.memory.dirtyLog.mark(physical, count: width.byteCount)
            pointer.storeInteger(value, width)
            environment.memory.noteWrite(at: physical, count: width.byteCount)
            return
        }
        settleTime()
        if writeController(physical, value) { return }
        _ = environment.bus.write(value, at: physical, width: width)
    }

    private func splitStore(_ address: UInt64, _ value: UInt64, _ width: AccessWidth) throws(FaultTaken) {
        // Both pages are checked before any byte is written.
        let firstCount = 4096 &- (address & 0xfff)
        let first = try physicalAddress(of: address, .write)
        let second = try physicalAddress(of: address &+ firstCount, .write)
        storeParts(first, second, firstCount, value, width)
    }

    /// Reads from two pages: `firstCount` bytes at `first`, and the rest at `second`.
    private func loadParts(_ first: UInt64, _ second: UInt64, _ firstCount: UInt64, _ width: AccessWidth) -> UInt64 {
        var value: UInt64 = 0
        for offset in 0..<width.byteCount {
            let place = offset < firstCount ? first &+ offset : second &+ offset &- firstCount
            value |= loadPhysical(place, .byte) << (offset * 8)
        }
        return value
    }

    /// Writes to two pages: `firstCount` bytes at `first`, and the rest at `second`.
    private func storeParts(
        _ first: UInt64, _ second: UInt64, _ firstCount: UInt64, _ value: UInt64, _ width: AccessWidth
    ) {
        for offset in 0..<width.byteCount {
            let place = offset < firstCount ? first &+ offset : second &+ offset &- firstCount
            storePhysical(place, value >> (offset * 8), .byte)
        }
    }

    // MARK: The interrupt controller's page

    /// The register of the interrupt controller that holds `physical`; nil where there is none.
    private func readController(_ physical: UInt64) -> UInt64? {
        guard let controller = interruptController, controller.registerPage == physical & ~0xfff else { return nil }
        return UInt64(controller.readRegister(at: physical & 0xffc))
    }

    private func writeController(_ physical: UInt64, _ value: UInt64) -> Bool {
        guard let controller = interruptController, controller.registerPage == physical & ~0xfff else { return false }
        // Registers are written as a whole; other accesses do nothing.
        if physical & 3 == 0 {
            controller.writeRegister(at: physical & 0xffc, UInt32(truncatingIfNeeded: value))
            callForAttention()
        }
        return true
    }

    // MARK: Tables

    /// Reads a descriptor table or task segment, with supervisor rights.
    func loadSystem(_ address: UInt64, _ width: AccessWidth) throws(FaultTaken) -> UInt64 {
        try loadChecked(linear(address), width, isUser: false, isImplicit: true)
    }

    /// Writes a descriptor table or task segment, with supervisor rights.
    func storeSystem(_ address: UInt64, _ value: UInt64, _ width: AccessWidth) throws(FaultTaken) {
        try storeChecked(linear(address), value, width, isUser: false, isImplicit: true)
    }

    /// Reads at a linear address with other rights than those of the code that runs.
    func loadChecked(
        _ address: UInt64, _ width: AccessWidth, isUser: Bool, isImplicit: Bool = false
    ) throws(FaultTaken) -> UInt64 {
        let first = try walk(address, .read, isUser: isUser, isImplicit: isImplicit).physical
        guard Self.crossesPage(address, width.byteCount) else { return loadPhysical(first, width) }
        let firstCount = 4096 &- (address & 0xfff)
        let second = try walk(linear(address &+ firstCount), .read, isUser: isUser, isImplicit: isImplicit).physical
        return loadParts(first, second, firstCount, width)
    }

    /// Writes at a linear address with other rights than those of the code that runs.
    func storeChecked(
        _ address: UInt64, _ value: UInt64, _ width: AccessWidth, isUser: Bool, isImplicit: Bool = false
    ) throws(FaultTaken) {
        let first = try walk(address, .write, isUser: isUser, isImplicit: isImplicit).physical
        guard Self.crossesPage(address, width.byteCount) else { return storePhysical(first, value, width) }
        let firstCount = 4096 &- (address & 0xfff)
        let second = try walk(linear(address &+ firstCount), .write, isUser: isUser, isImplicit: isImplicit).physical
        storeParts(first, second, firstCount, value, width)
    }

    private func linear(_ address: UInt64) -> UInt64 { isLongMode ? address : address & 0xffff_ffff }
}

// A hart as translating engines use it.
import IR
import MachineCore

extension Hart: TranslatableCPU {
    public static var environment: IREnvironment { RISCVTranslator.environment }
    public var stateBlock: UnsafeMutableRawPointer { UnsafeMutableRawPointer(state) }
    public var memory: GuestMemory { environment.memory }

    public var mustStep: Bool { false }

    public func beginSlice() {
        runtime.pointee.exitRequested = false
        context.pointee.attention = true
    }

    public func advance(_ count: UInt64) {
        state.pointee.executed &+= count
        if !runtime.pointee.isShared { environment.timebase.clock.instructionsSinceSettled &+= count }
    }

    public func takeNotedTrap() -> Exit? {
        if let exit = takePendingExit() { return exit }
        takeNotedException()
        advance(1)
        return nil
    }

    // MARK: Code

    public func locateCode(at pc: UInt64) -> GuestPhysicalAddress? {
        let page = pc & ~0xfff
        let entry = translations.entries(of: fetchSetIndex) + TranslationEntry.index(of: pc)
        if entry.pointee.fetchTag != page {
            if (try? physicalAddress(of: pc, count: 2, .fetch)) == nil { return nil }
            // The set may have changed on the way. A page that protection splits is never cached.
            let entry = translations.entries(of: fetchSetIndex) + TranslationEntry.index(of: pc)
            guard entry.pointee.fetchTag == page else { return nil }
            return physicalAddress(pc &+ entry.pointee.bias)
        }
        return physicalAddress(pc &+ entry.pointee.bias)
    }

    private func physicalAddress(_ host: UInt64) -> GuestPhysicalAddress {
        environment.memory.base &+ (host &- UInt64(UInt(bitPattern: environment.memory.hostBase)))
    }

    public func translate(
        _ pc: UInt64, at physical: GuestPhysicalAddress, continuingAt next: GuestPhysicalAddress?, limit: Int
    ) -> IRBlock? {
        guard let page = environment.memory.hostPointer(to: physical & ~0xfff, count: 4096) else { return nil }
        let following = next.flatMap { environment.memory.hostPointer(to: $0 & ~0xfff, count: 4096) }
        return translator.translateBlock(at: pc, limit: limit) { address in
            let offset = Int(truncatingIfNeeded: address &- (pc & ~0xfff))
            guard offset <= 0xffe else { return nil }
            let low = UInt32((page + offset).loadUnaligned(as: UInt16.self))
            if low & 3 != 3 { return low }
            if offset <= 0xffc { return (page + offset).loadUnaligned(as: UInt32.self) }
            // The rest of the instruction is in the next page, which may be anywhere.
            guard let following else { return nil }
            return low | UInt32(following.loadUnaligned(as: UInt16.self)) << 16
        }
    }

    public func translateTrace(
        _ addresses: [UInt64], at physical: GuestPhysicalAddress, closing: UInt64?
    ) -> IRBlock? {
        guard let page = environment.memory.hostPointer(to: physical & ~0xfff, count: 4096) else { return nil }
        return translator.translateTrace(addresses, closing: closing) { address in
            let offset = Int(address & 0xfff)
            if offset <= 0xffc { return (page + offset).loadUnaligned(as: UInt32.self) }
            let low = UInt32((page + offset).loadUnaligned(as: UInt16.self))
            return low & 3 == 3 ? nil : low
        }
    }

    public func cacheJump(to address: UInt64, code: UInt64) {
        translations.enterJump(fetchSetIndex, to: address, code: code)
    }

    public func clearJumpCaches() { translations.clearJumps() }

    public func protectCode(at address: GuestPhysicalAddress) {
        guard let page = environment.memory.hostPointer(to: address & ~0xfff, count: 4096) else { return }
        translations.forgetWrites(toPageAt: UInt64(UInt(bitPattern: page)))
    }

    // MARK: Memory

    public func load(_ address: UInt64, _ width: AccessWidth) -> UInt64? {
        guard let pointer = directPointer(address, width, .read) else { return nil }
        return pointer.loadInteger(width)
    }

    public func store(_ address: UInt64, _ value: UInt64, _ width: AccessWidth) -> Bool {
        guard let pointer = directPointer(address, width, .write) else { return false }
        let physical = physicalAddress(UInt64(UInt(bitPattern: pointer)))
        let codeLines = environment.memory.codeLines
        if codeLines.mask(of: physical) & CodeLines.lines(physical, count: width.byteCount) != 0 { return false }
        pointer.storeInteger(value, width)
        // Another hart's thread may have begun to translate from there meanwhile.
        if runtime.pointee.isShared { codeLines.noteWrite(at: physical, count: width.byteCount) }
        return true
    }

    public func prepareWrite(_ address: UInt64, _ width: AccessWidth) -> Bool {
        guard directPointer(address, width, .write) != nil else { return false }
        let entry = context.pointee.dataSet + TranslationEntry.index(of: address)
        return entry.pointee.writeTag == address & ~0xfff
    }

    /// The host address of an access that is wholly in one page of RAM and allowed; nil also where it
    /// raises an exception, which the interpreter will find again.
    private func directPointer(
        _ address: UInt64, _ width: AccessWidth, _ kind: AccessKind
    ) -> UnsafeMutableRawPointer? {
        if Self.crossesPage(address, width) || debugging.watches(address) { return nil }
        guard let physical = try? physicalAddress(of: address, count: width.byteCount, kind) else { return nil }
        return environment.memory.hostPointer(to: physical, count: width.byteCount)
    }

    public func callHelper(_ helper: UInt16, _ a: UInt64, _ b: UInt64) -> UInt64? {
        do throws(TrapTaken) { return try help(helper, a, b) } catch { return nil }
    }
}

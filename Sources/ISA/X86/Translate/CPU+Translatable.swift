// A CPU as translating engines use it.
import IR
import MachineCore

extension CPU: TranslatableCPU {
    public static var environment: IREnvironment { X86Translator.environment }
    public var stateBlock: UnsafeMutableRawPointer { UnsafeMutableRawPointer(state) }
    public var memory: GuestMemory { environment.memory }

    public func beginSlice() {
        runtime.pointee.exitRequested = false
        context.pointee.attention = true
    }

    public func advance(_ count: UInt64) {
        state.pointee.executed &+= count
        settleTime()
    }

    public func takeNotedTrap() -> Exit? {
        if let exit = takePendingExit() { return exit }
        takeNotedException()
        advance(1)
        return nil
    }

    // MARK: Code

    /// Only 64-bit code is translated.
    public func locateCode(at address: UInt64) -> GuestPhysicalAddress? {
        guard is64Bit else { return nil }
        let page = address & ~0xfff
        if codeEntry(address).pointee.fetchTag != page {
            guard (try? physicalAddress(of: address, .fetch)) != nil else { return nil }
            // The set may have changed on the way.
            guard codeEntry(address).pointee.fetchTag == page else { return nil }
        }
        return physicalAddress(ofHost: address &+ codeEntry(address).pointee.bias)
    }

    private func codeEntry(_ address: UInt64) -> UnsafeMutablePointer<TranslationEntry> {
        translations.entries(of: fetchSetIndex) + TranslationEntry.index(of: address)
    }

    private func physicalAddress(ofHost host: UInt64) -> GuestPhysicalAddress {
        memory.base &+ (host &- UInt64(UInt(bitPattern: memory.hostBase)))
    }

    public func translate(
        _ address: UInt64, at physical: GuestPhysicalAddress, continuingAt next: GuestPhysicalAddress?, limit: Int
    ) -> IRBlock? {
        guard let page = codePage(physical) else { return nil }
        translator.mode = runtime.pointee.mode
        let byteLimit = UInt64(limit) &* 4
        guard let next else {
            return translator.translateBlock(at: address, limit: limit, byteLimit: byteLimit) { place in
                page.rest(place, of: address)
            }
        }
        guard let following = codePage(next) else { return nil }
        // The instruction in two pages, put together.
        var bytes = [UInt8](page.rest(address, of: address))
        bytes.append(contentsOf: following[..<Decoder.maximumLength])
        return bytes.withUnsafeBytes { bytes in
            translator.translateBlock(at: address, limit: 1, byteLimit: byteLimit) { _ in bytes }
        }
    }

    public func translateTrace(
        _ addresses: [UInt64], at physical: GuestPhysicalAddress, closing: UInt64?
    ) -> IRBlock? {
        guard let page = codePage(physical) else { return nil }
        translator.mode = runtime.pointee.mode
        return translator.translateTrace(addresses, closing: closing) { page.rest($0, of: $0) }
    }

    private func codePage(_ physical: GuestPhysicalAddress) -> UnsafeRawBufferPointer? {
        let page = memory.readablePointer(to: physical & ~0xfff, count: 4096)
        return page.map { UnsafeRawBufferPointer(start: $0, count: 4096) }
    }

    public func cacheJump(to address: UInt64, code: UInt64) {
        translations.enterJump(fetchSetIndex, to: address, code: code)
    }

    public func clearJumpCaches() { translations.clearJumps() }

    public func protectCode(at address: GuestPhysicalAddress) {
        guard let page = memory.readablePointer(to: address & ~0xfff, count: 4096) else { return }
        translations.forgetWrites(toPageAt: UInt64(UInt(bitPattern: page)))
    }

    // MARK: Memory

    public func load(_ address: UInt64, _ width: AccessWidth) -> UInt64? {
        directPointer(address, width, .read)?.loadInteger(width)
    }

    public func store(_ address: UInt64, _ value: UInt64, _ width: AccessWidth) -> Bool {
        guard let pointer = directPointer(address, width, .write) else { return false }
        let physical = physicalAddress(ofHost: UInt64(UInt(bitPattern: pointer)))
        if memory.codeLines.mask(of: physical) & CodeLines.lines(physical, count: width.byteCount) != 0 { return false }
        pointer.storeInteger(value, width)
        return true
    }

    public func prepareWrite(_ address: UInt64, _ width: AccessWidth) -> Bool {
        guard directPointer(address, width, .write) != nil else { return false }
        let entry = context.pointee.dataSet + TranslationEntry.index(of: address)
        return entry.pointee.writeTag == address & ~0xfff
    }

    /// The host address of an access that is wholly in one page of RAM and allowed; nil also where it raises an
    /// exception, which the interpreter will find again.
    private func directPointer(
        _ address: UInt64, _ width: AccessWidth, _ kind: AccessKind
    ) -> UnsafeMutableRawPointer? {
        let isWatched = !watchedAccesses(inPage: address & ~0xfff).isEmpty
        guard !isWatched, !Self.crossesPage(address, width.byteCount),
            let physical = try? physicalAddress(of: address, kind)
        else { return nil }
        return memory.hostPointer(to: physical, count: width.byteCount)
    }

    public func callHelper(_ helper: UInt16, _ a: UInt64, _ b: UInt64) -> UInt64? {
        do throws(FaultTaken) { return try help(helper, a, b) } catch { return nil }
    }
}

extension UnsafeRawBufferPointer {
    /// What a page of code holds from `address` on, if that lies in the same page as `start`.
    fileprivate func rest(_ address: UInt64, of start: UInt64) -> UnsafeRawBufferPointer {
        guard (address ^ start) & ~0xfff == 0 else { return UnsafeRawBufferPointer(start: nil, count: 0) }
        let offset = Int(address & 0xfff)
        return UnsafeRawBufferPointer(rebasing: self[offset..<Swift.min(count, offset + Decoder.maximumLength)])
    }
}

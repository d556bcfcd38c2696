// One CPU as the translating engine runs it.
import CodegenX86
import IR
import MachineCore
import SoftFloat

/// Runs one CPU: enters generated code, and does between its exits what it can not do itself.
final class JITProcessor {
    let cpu: any TranslatableCPU
    let cache: CodeCache
    let context: UnsafeMutablePointer<ExecutionContext>
    private let state: UnsafeMutableRawPointer
    private let environment: IREnvironment
    /// Counts of block entries, down to zero.
    let heat: UnsafeMutablePointer<Int32>
    private let enter: Enter
    /// The slice ends exactly where the budget says, and not at the last block that fits.
    private var isExact = false
    var exits = TranslationStatistics.ExitCounts()
    /// Set when other CPUs run on other threads.
    let sharing: Sharing?

    private typealias Enter = @convention(c) (UnsafeMutableRawPointer, UInt) -> UInt64

    init(_ cpu: any TranslatableCPU, _ cache: CodeCache, _ sharing: Sharing?) {
        self.sharing = sharing
        self.cpu = cpu
        self.cache = cache
        state = cpu.stateBlock
        context = ExecutionContext.of(state)
        environment = type(of: cpu).environment
        heat = .allocate(capacity: Self.counterCount)
        enter = unsafeBitCast(cache.routines.enter, to: Enter.self)
        VectorConstants.fill(context)
        FloatStatus.fillTable(context)
        resetCounters()
    }

    deinit { heat.deallocate() }

    // MARK: The run loop

    /// Runs at most `budget` instructions; see `Engine.run`.
    func run(budget: UInt64, exactly: Bool) -> Exit {
        isExact = exactly
        context.pointee.owner = UInt64(UInt(bitPattern: Unmanaged.passUnretained(self).toOpaque()))
        context.pointee.heat = UInt64(UInt(bitPattern: heat))
        cpu.beginSlice()
        var remaining = Int64(clamping: budget)
        while true {
            if context.pointee.attention {
                if let exit = attend() { return exit }
                if cpu.mustStep, remaining > 0 {
                    remaining -= 1
                    if let exit = cpu.step() { return exit }
                    continue
                }
            }
            if remaining <= 0 { return .budget }
            guard let code = findCode() else {
                exits.uncompiled += 1
                remaining -= 1
                if let exit = cpu.step() { return exit }
                continue
            }
            if let exit = runCode(code, &remaining) { return exit }
        }
    }

    private func attend() -> Exit? {
        let exit = cpu.attend()
        for range in cache.watcher.takeWritten() { cache.invalidate(range) }
        return exit
    }

    /// Runs generated code until it needs something; tells whether the slice must end.
    private func runCode(_ code: UInt, _ remaining: inout Int64) -> Exit? {
        context.pointee.budget = remaining
        context.pointee.budgetPublished = remaining
        loadFloatStatus()
        let exit = CodeExit(rawValue: enter(state, code))
        saveFloatStatus()
        publish(context.pointee.budget)
        remaining = context.pointee.budget
        switch exit {
        case .budget: return finishSlice(&remaining)
        case .hot:
            exits.hot += 1
            return makeTrace(&remaining)
        case .bail:
            exits.bail += 1
            remaining -= 1
            return cpu.step()
        case .trap:
            exits.trap += 1
            remaining -= 1
            return cpu.takeNotedTrap()
        case .link:
            exits.link += 1
            linkJump()
        case .lookup: exits.lookup += 1
        case .retired:
            exits.lookup += 1
            context.pointee.jumpCache[JumpCacheEntry.index(of: programCounter)] = .empty
        case .attention, nil: exits.attention += 1
        }
        return nil
    }

    /// The next block is longer than what is left.
    private func finishSlice(_ remaining: inout Int64) -> Exit? {
        exits.budget += 1
        guard isExact else { return .budget }
        while remaining > 0 {
            if context.pointee.attention { return nil }
            remaining -= 1
            if let exit = cpu.step() { return exit }
        }
        return nil
    }

    /// Brings the CPU's instruction count up to date: `budget` is what is left now.
    private func publish(_ budget: Int64) {
        cpu.advance(UInt64(bitPattern: context.pointee.budgetPublished &- budget))
        context.pointee.budgetPublished = budget
    }

    // MARK: Code

    var programCounter: UInt64 {
        state.load(fromByteOffset: environment.programCounterOffset, as: UInt64.self)
    }

    /// The code for the next instruction; nil when that is to be interpreted.
    private func findCode() -> UInt? {
        let address = programCounter
        let known = context.pointee.jumpCache[JumpCacheEntry.index(of: address)]
        if known.address == address { return UInt(known.code) }
        if let physical = cpu.locateCode(at: address), let code = cache.code(at: physical) {
            cpu.cacheJump(to: address, code: UInt64(code))
            return code
        }
        guard let block = findBlock(), let code = cache.code(of: block) else { return nil }
        cpu.cacheJump(to: address, code: UInt64(code))
        return code
    }

    private func findBlock() -> UInt32? {
        let address = programCounter
        guard let physical = cpu.locateCode(at: address) else { return nil }
        if let block = cache.find(physical) {
            guard let expected = cache.continuation(of: block) else { return block }
            if expected == cpu.locateCode(at: (address & ~0xfff) &+ 4096) { return block }
            // Its instruction ends in a page that is not where it was.
            cache.remove(block)
        }
        guard prepare(physical) else { return nil }
        if let block = cpu.translate(address, at: physical, continuingAt: nil, limit: Self.blockLimit) {
            return cache.add(block, at: physical, continuingAt: nil)
        }
        guard let next = cpu.locateCode(at: (address & ~0xfff) &+ 4096), prepare(next),
            let block = cpu.translate(address, at: physical, continuingAt: next, limit: 1)
        else { return nil }
        return cache.add(block, at: physical, continuingAt: next)
    }

    /// The most guest instructions in a block: what is decided between blocks must not wait long.
    static var blockLimit: Int { 64 }

    /// Links the jump that was just taken to the block that it leads to.
    private func linkJump() {
        let detail = context.pointee.exitDetail
        let evictions = cache.statistics.evictions
        // The jump may itself be gone when room had to be made.
        guard let block = findBlock(), cache.statistics.evictions == evictions else { return }
        cache.link(detail, to: block)
    }

    // MARK: Calls out of generated code

    /// Runs a helper; false when it noted an exception.
    func help(_ helper: UInt16, _ site: UInt64) -> Bool {
        exits.helpers += 1
        // The instruction itself is begun but not counted, as in the interpreter.
        publish(context.pointee.budget &+ SiteInfo.unexecuted(site))
        saveFloatStatus()
        let result = cpu.callHelper(helper, context.pointee.argumentA, context.pointee.argumentB)
        loadFloatStatus()
        guard let result else { return false }
        context.pointee.result = result
        return true
    }

    /// Computes an operation that the host can not do as the guest wants.
    func computeFloat(_ code: UInt64) {
        guard let operation = FloatOperation(irCode: UInt16(truncatingIfNeeded: code)) else { return }
        var mode = UInt8(truncatingIfNeeded: code >> 16)
        if mode == 7 { mode = state.load(fromByteOffset: environment.floatRoundingOffset, as: UInt8.self) }
        var flags = FloatFlags(rawValue: 0)
        context.pointee.result = operation.evaluate(
            rounding: RoundingMode(rawValue: mode) ?? .nearestEven, context.pointee.argumentA,
            context.pointee.argumentB, context.pointee.result, &flags)
        addFlags(flags)
    }

    // MARK: Floating-point status

    /// The host rounds as the guest wants, and has raised nothing.
    private func loadFloatStatus() {
        if let control = environment.vectorControlOffset {
            // What is not masked is looked for before an operation is done by the host.
            context.pointee.floatControl = state.load(fromByteOffset: control, as: UInt32.self) | 0x1f80
            return
        }
        let rounding = state.load(fromByteOffset: environment.floatRoundingOffset, as: UInt8.self)
        context.pointee.floatControl = FloatStatus.control(rounding: rounding)
    }

    /// What the host raised belongs to the guest.
    private func saveFloatStatus() {
        if let control = environment.vectorControlOffset {
            let field = (state + control).assumingMemoryBound(to: UInt32.self)
            field.pointee |= context.pointee.floatControl & 0x3f
            return
        }
        if context.pointee.floatControl & 0x3d != 0 { addFlags(FloatStatus.flags(context.pointee.floatControl)) }
    }

    private func addFlags(_ flags: FloatFlags) {
        let sticky = state + environment.floatFlagsOffset
        sticky.storeBytes(of: sticky.load(as: UInt8.self) | flags.rawValue, as: UInt8.self)
    }
}

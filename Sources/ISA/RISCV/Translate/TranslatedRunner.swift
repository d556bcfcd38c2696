// Runs a hart through the IR instead of the interpreter, with the same results.
import IR
import MachineCore

/// Runs a hart block by block: each block is translated, verified, rewritten by passes and run by the IR
/// interpreter, and then forgotten. It is the reference for engines that translate: slow, and in every
/// visible way the same as `Hart.interpret`.
public struct TranslatedRunner {
    /// A block, and where it was run. For reports about differences.
    struct LastBlock {
        var address: UInt64
        var block: IRBlock
    }

    private let hart: Hart
    private let passes: PassList
    private var translator = RISCVTranslator()
    private var interpreter = IRInterpreter(environment: RISCVTranslator.environment)
    /// The next instruction must be run in a block of its own.
    private var isNextAlone = false
    /// What was run last, after the passes.
    private(set) var lastBlock: LastBlock?

    private static let verifier = IRVerifier(environment: RISCVTranslator.environment)
    /// Passes may merge what guest instructions do, so their results need not be precise by themselves.
    private static let rewrittenVerifier = IRVerifier(
        environment: RISCVTranslator.environment, requiresPreciseState: false)

    /// A runner of `hart`, whose blocks go through `passes`.
    public init(_ hart: Hart, passes: PassList = PassList([])) {
        self.hart = hart
        self.passes = passes
    }

    /// Executes at most `budget` instructions, as `Hart.interpret` does, in at most `blocks` blocks.
    /// - Returns: as `Hart.interpret`; `.budget` also when the blocks are used up.
    /// - Throws: the verifier's complaint about a block, which is a mistake in the translator or in a
    ///   pass. The block was not run.
    public mutating func run(budget: UInt64, blocks: Int = .max) throws(IRVerifierError) -> Exit {
        let start = hart.executedInstructions
        var count = 0
        // An old request to exit is void, and what happened since the last slice is looked at first.
        hart.runtime.pointee.exitRequested = false
        hart.context.pointee.attention = true
        while true {
            if hart.context.pointee.attention, let exit = attend() { return exit }
            let executed = hart.executedInstructions &- start
            if executed >= budget || count >= blocks { return .budget }
            let limit = Int(min(budget &- executed, UInt64(RISCVTranslator.standardLimit)))
            if let exit = try runBlock(limit: limit) { return exit }
            count += 1
        }
    }

    /// Looks at what happened between two blocks; tells whether the run must end.
    private func attend() -> Exit? {
        if hart.runtime.pointee.exitRequested {
            hart.runtime.pointee.exitRequested = false
            return .attention
        }
        // An empty slice of the interpreter does the rest: it takes an interrupt, or waits for one.
        let exit = hart.interpret(budget: 0)
        return exit == .budget ? nil : exit
    }

    /// Runs one block of at most `limit` instructions; tells whether the run must end after it.
    private mutating func runBlock(limit: Int) throws(IRVerifierError) -> Exit? {
        let link = HartLink(hart)
        let address = hart.state.pointee.pc
        let translated = translateBlock(at: address, limit: isNextAlone ? 1 : limit)
        isNextAlone = false
        guard let translated else { return takeTrap(link, after: 0) }
        let block = try checked(translated)
        lastBlock = LastBlock(address: address, block: block)
        let isAlone = block.guestInstructionCount == 1
        var host = HartIRHost(hart, codeByteCount: isAlone ? nil : block.guestByteCount)
        let run = interpreter.run(block, state: UnsafeMutableRawPointer(hart.state), host: &host)
        isNextAlone = host.needsOwnBlock
        if case .interrupted = run.end, !isNextAlone { return takeTrap(link, after: UInt64(run.retired)) }
        _ = link.publish(UInt64(run.retired))
        return nil
    }

    /// The block at the program counter, or nil when fetching there raised an exception.
    private mutating func translateBlock(at start: UInt64, limit: Int) -> IRBlock? {
        var interpreter = Interpreter(hart)
        return translator.translateBlock(at: start, limit: limit) { address in
            // To fetch ahead must have no effects, so it is done only in the page that the first
            // instruction came from, and not where each fetch is checked anew.
            let page = interpreter.runtime.pointee.fetchPage
            if address != start && page != address & ~0xfff { return nil }
            interpreter.pc = address
            do { return try interpreter.fetch() } catch { return nil }
        }
    }

    private func checked(_ block: IRBlock) throws(IRVerifierError) -> IRBlock {
        try Self.verifier.verify(block)
        let rewritten = passes.run(block, RISCVTranslator.environment)
        try Self.rewrittenVerifier.verify(rewritten)
        return rewritten
    }

    /// Enters the trap handler for the exception that the current instruction raised, after `executed`
    /// others, or ends the run when it called the environment instead.
    private func takeTrap(_ link: HartLink, after executed: UInt64) -> Exit? {
        if link.takeException(executed, at: hart.state.pointee.pc) != nil {
            _ = link.publish(executed &+ 1)
            return nil
        }
        _ = link.publish(executed)
        hart.runtime.pointee.pendingExit = nil
        return .environmentCall
    }
}

// What a pass is, and how passes are run.

/// A rewriting of blocks that nobody outside can tell from the original: same state, memory accesses,
/// helper calls, interruptions and retired counts.
///
/// A pass may rely on the block being legal, and must keep `instructionStart` markers. It may not rely
/// on having seen other passes before.
public protocol Pass: Sendable {
    /// The name in messages.
    static var name: String { get }
    /// The rewritten block.
    func run(_ block: IRBlock, _ environment: IREnvironment) -> IRBlock
}

/// Passes in the order in which they run.
public struct PassList: Sendable {
    /// The passes. A list costs one dynamic call per pass and block.
    public let passes: [any Pass]

    /// A list of `passes`.
    public init(_ passes: [any Pass]) { self.passes = passes }

    /// The passes for blocks that run often. Measured with ten guest instructions of five operations:
    /// about three times what building the block costs, so not for code that may run once.
    public static var standard: PassList { PassList([DeadStateStores()]) }

    /// Runs all passes on `block`. Debug builds verify it before the first and after each; the
    /// verifier's complaint, with the name of the pass, is then fatal.
    public func run(_ block: IRBlock, _ environment: IREnvironment) -> IRBlock {
        var block = block
        assert(Self.check(block, environment, after: "the builder"))
        for pass in passes {
            block = pass.run(block, environment)
            assert(Self.check(block, environment, after: type(of: pass).name))
        }
        return block
    }

    private static func check(_ block: IRBlock, _ environment: IREnvironment, after author: String) -> Bool {
        do {
            try IRVerifier(environment: environment, requiresPreciseState: false).verify(block)
            return true
        } catch {
            fatalError("after \(author): \(error)\n\(IRText.print(block))")
        }
    }
}

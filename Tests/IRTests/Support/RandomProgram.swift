// Random programs, run through both instantiations of the semantics.
import IR
import MachineCore

/// Random instructions, and the state and memory that they start from.
struct RandomProgram {
    let instructions: [RandomInstruction]
    let state: TestState
    let memory: [UInt8]

    init(seed: UInt64) {
        var random = SplitMix(seed)
        instructions = (0..<random.below(8) + 1).map { _ in
            RandomInstruction(seed: random.next(), mayEnd: random.below(3) == 0)
        }
        state = TestState(&random, programCounter: random.next() & ~1)
        memory = (0..<TestHost.memorySize).map { _ in UInt8(truncatingIfNeeded: random.next()) }
    }

    private init(_ instructions: [RandomInstruction], _ state: TestState, _ memory: [UInt8]) {
        self.instructions = instructions
        self.state = state
        self.memory = memory
    }

    /// The same instructions and memory with another state.
    func with(_ state: TestState) -> RandomProgram { RandomProgram(instructions, state, memory) }

    /// All that can be told apart from outside after a run.
    struct Outcome: Hashable {
        var state: [UInt8]
        var memory: [UInt8]
        var log: [HostCall]
        var starts: [[UInt64]]
        var retired: Int
        var fault: TestFault?
        var hasExited: Bool

        init(_ host: TestHost, retired: Int, fault: TestFault?, hasExited: Bool) {
            state = host.state.bytes
            memory = host.memory
            log = host.log
            starts = host.starts
            self.retired = retired
            self.fault = fault
            self.hasExited = hasExited
        }
    }

    /// The program as a block: instructions up to the first that ends it.
    func build(_ builder: inout IRBuilder) -> IRBlock {
        builder.begin()
        for instruction in instructions {
            builder.startInstruction(length: instruction.length)
            instruction.execute(&builder)
            if builder.hasEnded { break }
        }
        return builder.finish()
    }

    func interpret(_ block: IRBlock) -> Outcome {
        var host = TestHost(state: state.copy(), memory: memory)
        var interpreter = IRInterpreter(environment: TestLayout.environment)
        let run = interpreter.run(block, state: host.state.pointer, host: &host)
        switch run.end {
        case .jumped: return Outcome(host, retired: run.retired, fault: nil, hasExited: false)
        case .exited: return Outcome(host, retired: run.retired, fault: nil, hasExited: true)
        case .interrupted(let fault):
            return Outcome(host, retired: run.retired, fault: fault, hasExited: false)
        }
    }

    /// The first `count` instructions with plain integers.
    func runReference(count: Int) -> Outcome {
        var reference = ReferenceSemantics(host: TestHost(state: state.copy(), memory: memory))
        for (index, instruction) in instructions.prefix(count).enumerated() {
            reference.start(length: instruction.length)
            reference.host.startInstruction(at: reference.current, retired: index)
            do {
                try instruction.execute(&reference)
            } catch {
                return Outcome(reference.host, retired: index, fault: error, hasExited: false)
            }
            reference.complete()
        }
        return Outcome(reference.host, retired: count, fault: nil, hasExited: reference.mustExit)
    }
}

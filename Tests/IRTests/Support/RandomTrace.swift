// Random traces: programs whose instructions lie where a first run of them went.
import IR
import MachineCore

/// A random program, laid out along the way that it takes from its first state.
struct RandomTrace {
    private let program: RandomProgram
    /// Where the instructions are, as distances from the first.
    private let distances: [Int64]
    /// Where the last instruction went, if the trace ends by going there.
    private let closing: Int64?
    /// States to run it from, all at the same address; the first made the trace.
    let states: [TestState]

    init(seed: UInt64) {
        program = RandomProgram(seed: seed)
        var random = SplitMix(seed ^ 0x5eed)
        let address = program.state.programCounter
        states = [program.state] + (0..<5).map { _ in TestState(&random, programCounter: address) }
        var path = Self.path(of: program)
        closing = random.below(2) == 0 ? path.removeLast() : nil
        distances = closing == nil ? path.dropLast() : path
    }

    /// The distances of the instructions that the program's own state leads to, and of what follows them.
    private static func path(of program: RandomProgram) -> [Int64] {
        var reference = ReferenceSemantics(host: TestHost(state: program.state.copy(), memory: program.memory))
        let start = reference.host.state.programCounter
        var path: [Int64] = [0]
        for instruction in program.instructions {
            reference.start(length: instruction.length)
            do { try instruction.execute(&reference) } catch { break }
            reference.complete()
            path.append(Int64(bitPattern: reference.next &- start))
        }
        // Also the first instruction may fault.
        return path.count > 1 ? path : [0, Int64(program.instructions[0].length)]
    }

    func build(_ builder: inout IRBuilder) -> IRBlock {
        builder.begin()
        var isWhole = true
        for (index, distance) in distances.enumerated() {
            if index > 0, !builder.follow(to: distance) {
                isWhole = false
                break
            }
            builder.startInstruction(length: program.instructions[index].length)
            program.instructions[index].execute(&builder)
        }
        if isWhole, let closing { builder.close(to: closing) }
        return builder.finish()
    }

    func interpret(_ block: IRBlock, from state: TestState) -> RandomProgram.Outcome {
        program.with(state).interpret(block)
    }

    /// At most `count` instructions with plain integers, as long as they follow the trace.
    func runReference(from state: TestState, count: Int) -> RandomProgram.Outcome {
        let host = TestHost(state: state.copy(), memory: program.memory)
        let start = state.programCounter
        var reference = ReferenceSemantics(host: host)
        for index in 0..<count {
            let isHere = reference.host.state.programCounter == start &+ UInt64(bitPattern: distances[index])
            guard isHere else {
                return RandomProgram.Outcome(reference.host, retired: index, fault: nil, hasExited: false)
            }
            reference.start(length: program.instructions[index].length)
            reference.host.startInstruction(at: reference.current, retired: index)
            do {
                try program.instructions[index].execute(&reference)
            } catch {
                return RandomProgram.Outcome(reference.host, retired: index, fault: error, hasExited: false)
            }
            reference.complete()
        }
        return RandomProgram.Outcome(
            reference.host, retired: count, fault: nil, hasExited: reference.mustExit)
    }
}

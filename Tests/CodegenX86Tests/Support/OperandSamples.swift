// The operands that tests go through.
import CodegenX86

/// Where the length of a displacement changes, and what lies far out.
let displacements: [Int32] = [0, 1, 127, 128, -128, -129, 0x1234_5678, .min]

/// Around the ends of one and two bytes, and far out.
let constants: [Int32] = [0, 1, -1, 127, 128, -128, -129, 0x1234, 0x1234_5678, .min]

enum Samples {
    static let registers = GeneralRegister.allCases
    static let vectors = VectorRegister.allCases

    static let pairs: [(GeneralRegister, GeneralRegister)] = registers.flatMap { first in
        registers.map { (first, $0) }
    }

    static let vectorPairs: [(VectorRegister, VectorRegister)] = vectors.flatMap { first in
        vectors.map { (first, $0) }
    }

    /// Each register at each of three places, beside low and high numbers at the others.
    static let triples: [(GeneralRegister, GeneralRegister, GeneralRegister)] = threes(registers, .rdx, .r13)
    static let vectorTriples: [(VectorRegister, VectorRegister, VectorRegister)] =
        threes(vectors, .xmm2, .xmm13)

    private static func threes<Value>(
        _ all: [Value], _ low: Value, _ high: Value
    ) -> [(Value, Value, Value)] {
        all.flatMap { value in
            [low, high].flatMap { a in
                [low, high].flatMap { b in [(value, a, b), (a, value, b), (a, b, value)] }
            }
        }
    }

    /// Every base with every displacement, every base with every index, and every scale.
    static let memory: [MemoryOperand] =
        registers.flatMap { base in displacements.map { MemoryOperand(base, $0) } }
        + registers.flatMap { base in
            indexes.flatMap { index in
                [UInt8(1), 2, 4, 8].flatMap { scale in
                    [Int32(0), 1, -129].map {
                        MemoryOperand(base, index: index, scale: scale, displacement: $0)
                    }
                }
            }
        }

    /// Fewer, with all bases and all indexes, for forms that share their encoder with the above.
    static let someMemory: [MemoryOperand] =
        registers.flatMap { base in [Int32(0), 127, -129].map { MemoryOperand(base, $0) } }
        + indexes.map { MemoryOperand(.rbx, index: $0, scale: 8, displacement: 0x10) }
        + indexes.map { MemoryOperand(.r13, index: $0, scale: 2) }

    private static let indexes = registers.filter { $0 != .rsp }

    /// Operands in memory, each with a register, all of them in turn.
    static let memoryAndRegister = paired(someMemory, registers)
    static let memoryAndVector = paired(someMemory, vectors)

    private static func paired<Value>(_ memory: [MemoryOperand], _ all: [Value]) -> [(MemoryOperand, Value)] {
        memory.enumerated().flatMap { number, operand in
            [(operand, all[number % 16]), (operand, all[(number + 7) % 16])]
        }
    }
}

// Moves between registers, constants and memory, as objdump reads them.
import CodegenX86
import MachineCore
import Testing

@Suite struct MemoryTests {
    @Test func everyAddress() throws {
        var listing = Listing()
        for (number, memory) in Samples.memory.enumerated() {
            let register = Samples.registers[number % 16]
            listing.expect("mov \(register.name()),QWORD PTR \(memory.address)")
            listing.assembler.load(register, memory, width: .double)
        }
        try listing.check()
    }

    @Test func loads() throws {
        var listing = Listing()
        for (memory, register) in Samples.memoryAndRegister {
            let (word, double) = (register.name(.word), register.name())
            let zero = ["movzx \(word)", "movzx \(word)", "mov \(word)", "mov \(double)"]
            let sign = ["movsx \(double)", "movsx \(double)", "movsxd \(double)", "mov \(double)"]
            for (index, width) in widths.enumerated() {
                listing.expect("\(zero[index]),\(memory.text(width))")
                listing.assembler.load(register, memory, width: width)
                listing.expect("\(sign[index]),\(memory.text(width))")
                listing.assembler.loadSigned(register, memory, width: width)
            }
        }
        try listing.check()
    }

    @Test func stores() throws {
        var listing = Listing()
        for (memory, register) in Samples.memoryAndRegister {
            for width in widths {
                listing.expect("mov \(memory.text(width)),\(register.name(width))")
                listing.assembler.store(memory, register, width: width)
            }
        }
        for memory in Samples.someMemory {
            for width in widths {
                for value in constants {
                    listing.expect("mov \(memory.text(width)),\(hex(value, width))")
                    listing.assembler.storeImmediate(memory, value, width: width)
                }
            }
        }
        try listing.check()
    }

    @Test func moves() throws {
        var listing = Listing()
        for (to, from) in Samples.pairs {
            listing.expect("mov \(to.name()),\(from.name())")
            listing.assembler.move(to, from)
            listing.expect("mov \(to.name(.word)),\(from.name(.word))")
            listing.assembler.move32(to, from)
        }
        for register in Samples.registers {
            listing.expect("xor \(register.name(.word)),\(register.name(.word))")
            listing.assembler.clear(register)
            listing.expect("push \(register.name())")
            listing.assembler.push(register)
            listing.expect("pop \(register.name())")
            listing.assembler.pop(register)
        }
        try listing.check()
    }

    @Test func extensions() throws {
        var listing = Listing()
        for (to, from) in Samples.pairs {
            let (word, double) = (to.name(.word), to.name())
            let zero = ["movzx \(word)", "movzx \(word)", "mov \(word)", "mov \(double)"]
            let sign = ["movsx \(double)", "movsx \(double)", "movsxd \(double)", "mov \(double)"]
            for (index, width) in widths.enumerated() {
                listing.expect("\(zero[index]),\(from.name(width))")
                listing.assembler.zeroExtend(to, from, width: width)
                listing.expect("\(sign[index]),\(from.name(width))")
                listing.assembler.signExtend(to, from, width: width)
            }
        }
        try listing.check()
    }

    @Test func wholeConstants() throws {
        var listing = Listing()
        let low: [UInt64] = [0, 1, 0x7FFF_FFFF, 0x8000_0000, 0xFFFF_FFFF]
        let negative: [UInt64] = [~0, ~0 - 128, 0xFFFF_FFFF_8000_0000]
        let wide: [UInt64] = [1 << 32, 0x1234_5678_9ABC_DEF0, 0xFFFF_FFFF_7FFF_FFFF, 1 << 63]
        for register in Samples.registers {
            let isHigh = register.rawValue >= 8
            for value in low {
                listing.expect("mov \(register.name(.word)),\(hex(value))")
                #expect(listing.length { $0.moveImmediate(register, value) } == (isHigh ? 6 : 5))
            }
            for value in negative {
                listing.expect("mov \(register.name()),\(hex(value))")
                #expect(listing.length { $0.moveImmediate(register, value) } == 7)
            }
            for value in wide {
                listing.expect("movabs \(register.name()),\(hex(value))")
                #expect(listing.length { $0.moveImmediate(register, value) } == 10)
            }
        }
        try listing.check()
    }

    @Test func addresses() throws {
        var listing = Listing()
        for (memory, register) in Samples.memoryAndRegister {
            listing.expect("lea \(register.name()),\(memory.address)")
            listing.assembler.lea(register, memory)
            listing.expect("lea \(register.name(.word)),\(memory.address)")
            listing.assembler.lea(register, memory, width: .word)
            listing.expect("ldmxcsr \(memory.text(.word))")
            listing.assembler.ldmxcsr(memory)
            listing.expect("stmxcsr \(memory.text(.word))")
            listing.assembler.stmxcsr(memory)
        }
        for register in Samples.registers {
            listing.expect("lea \(register.name()),[rip+0x123]")
            let position = listing.assembler.leaRIP(register)
            let end = listing.assembler.count
            listing.assembler.patchRelative(at: position, to: end + 0x123)
        }
        try listing.check()
    }
}

extension Listing {
    /// How many bytes an instruction takes.
    mutating func length(_ write: (inout Assembler) -> Void) -> Int {
        let start = assembler.count
        write(&assembler)
        return assembler.count - start
    }
}

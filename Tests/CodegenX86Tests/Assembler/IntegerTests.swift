// Integer arithmetic, as objdump reads it.
import CodegenX86
import MachineCore
import Testing

@Suite struct IntegerTests {
    @Test func arithmeticOfRegisters() throws {
        var listing = Listing()
        for op in ArithmeticOp.allCases {
            for (left, right) in Samples.pairs {
                for width in widths {
                    listing.expect("\(op) \(left.name(width)),\(right.name(width))")
                    listing.assembler.arithmetic(op, left, right, width: width)
                }
            }
        }
        try listing.check()
    }

    @Test func arithmeticWithMemory() throws {
        var listing = Listing()
        for op in ArithmeticOp.allCases {
            for (memory, register) in Samples.memoryAndRegister {
                for width in widths {
                    listing.expect("\(op) \(register.name(width)),\(memory.text(width))")
                    listing.assembler.arithmetic(op, register, memory, width: width)
                    listing.expect("\(op) \(memory.text(width)),\(register.name(width))")
                    listing.assembler.arithmetic(op, memory, register, width: width)
                }
            }
        }
        try listing.check()
    }

    @Test func arithmeticWithConstants() throws {
        var listing = Listing()
        for op in ArithmeticOp.allCases {
            for width in widths {
                for value in constants {
                    for register in Samples.registers {
                        listing.expect("\(op) \(register.name(width)),\(hex(value, width))")
                        listing.assembler.arithmetic(op, register, value, width: width)
                    }
                    let memory = MemoryOperand(.r12, index: .rbp, scale: 4, displacement: 8)
                    listing.expect("\(op) \(memory.text(width)),\(hex(value, width))")
                    listing.assembler.arithmetic(op, memory, value, width: width)
                }
            }
        }
        for memory in Samples.someMemory {
            listing.expect("cmp \(memory.text(.byte)),0x7")
            listing.assembler.arithmetic(.cmp, memory, 7, width: .byte)
        }
        try listing.check()
    }

    @Test func tests() throws {
        var listing = Listing()
        for width in widths {
            for (left, right) in Samples.pairs {
                listing.expect("test \(left.name(width)),\(right.name(width))")
                listing.assembler.test(left, right, width: width)
            }
            for value in constants {
                for register in Samples.registers {
                    listing.expect("test \(register.name(width)),\(hex(value, width))")
                    listing.assembler.test(register, value, width: width)
                }
                for memory in Samples.someMemory {
                    listing.expect("test \(memory.text(width)),\(hex(value, width))")
                    listing.assembler.test(memory, value, width: width)
                }
            }
        }
        try listing.check()
    }

    @Test func unary() throws {
        var listing = Listing()
        for register in Samples.registers {
            for width in widths {
                let name = register.name(width)
                listing.expect("not \(name)")
                listing.assembler.not(register, width: width)
                listing.expect("neg \(name)")
                listing.assembler.neg(register, width: width)
                listing.expect("mul \(name)")
                listing.assembler.mul(register, width: width)
                listing.expect("imul \(name)")
                listing.assembler.imulWide(register, width: width)
                listing.expect("div \(name)")
                listing.assembler.div(register, width: width)
                listing.expect("idiv \(name)")
                listing.assembler.idiv(register, width: width)
            }
        }
        listing.expect("cqo")
        listing.assembler.cqo()
        listing.expect("cdq")
        listing.assembler.cdq()
        try listing.check()
    }

    @Test func products() throws {
        var listing = Listing()
        for width in wideWidths {
            for (to, from) in Samples.pairs {
                listing.expect("imul \(to.name(width)),\(from.name(width))")
                listing.assembler.imul(to, from, width: width)
                for value in constants {
                    listing.expect("imul \(to.name(width)),\(from.name(width)),\(hex(value, width))")
                    listing.assembler.imul(to, from, value, width: width)
                }
            }
            for (memory, register) in Samples.memoryAndRegister {
                listing.expect("imul \(register.name(width)),\(memory.text(width))")
                listing.assembler.imul(register, memory, width: width)
            }
            for (high, low, source) in Samples.triples {
                listing.expect("mulx \(high.name(width)),\(low.name(width)),\(source.name(width))")
                listing.assembler.mulx(high, low, source, width: width)
            }
        }
        try listing.check()
    }

    @Test func shifts() throws {
        var listing = Listing()
        for op in ShiftOp.allCases {
            for register in Samples.registers {
                for width in widths {
                    for count: UInt8 in [0, 1, 7, 31, 63] {
                        listing.expect("\(op) \(register.name(width)),\(hex(UInt64(count)))")
                        listing.assembler.shift(op, register, count, width: width)
                    }
                    listing.expect("\(op) \(register.name(width)),cl")
                    listing.assembler.shiftByCL(op, register, width: width)
                }
            }
        }
        try listing.check()
    }

    @Test func shiftsThatKeepFlags() throws {
        var listing = Listing()
        for width in wideWidths {
            for op in [ShiftOp.shl, .shr, .sar] {
                for (to, from, count) in Samples.triples {
                    listing.expect("\(op)x \(to.name(width)),\(from.name(width)),\(count.name(width))")
                    listing.assembler.shiftX(op, to, from, count, width: width)
                }
                for (memory, register) in Samples.memoryAndRegister {
                    let other = Samples.registers[Int(register.rawValue ^ 9)]
                    let operands = "\(memory.text(width)),\(other.name(width))"
                    listing.expect("\(op)x \(register.name(width)),\(operands)")
                    listing.assembler.shiftX(op, register, memory, other, width: width)
                }
            }
            for (to, from) in Samples.pairs {
                listing.expect("rorx \(to.name(width)),\(from.name(width)),0x1f")
                listing.assembler.rorx(to, from, 31, width: width)
            }
        }
        try listing.check()
    }
}

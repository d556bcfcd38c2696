// Bit counts, single bits, conditions and atomics, as objdump reads them.
import CodegenX86
import MachineCore
import Testing

@Suite struct BitTests {
    @Test func counts() throws {
        var listing = Listing()
        for width in wideWidths {
            for (to, from) in Samples.pairs {
                let operands = "\(to.name(width)),\(from.name(width))"
                listing.expect("lzcnt \(operands)")
                listing.assembler.lzcnt(to, from, width: width)
                listing.expect("tzcnt \(operands)")
                listing.assembler.tzcnt(to, from, width: width)
                listing.expect("popcnt \(operands)")
                listing.assembler.popcnt(to, from, width: width)
            }
            for register in Samples.registers {
                listing.expect("bswap \(register.name(width))")
                listing.assembler.bswap(register, width: width)
            }
            for (to, inverted, other) in Samples.triples {
                listing.expect("andn \(to.name(width)),\(inverted.name(width)),\(other.name(width))")
                listing.assembler.andn(to, inverted, other, width: width)
            }
        }
        try listing.check()
    }

    @Test func singleBits() throws {
        var listing = Listing()
        for width in wideWidths {
            for (register, bit) in Samples.pairs {
                let operands = "\(register.name(width)),\(bit.name(width))"
                listing.expect("bt \(operands)")
                listing.assembler.bt(register, bit, width: width)
                listing.expect("bts \(operands)")
                listing.assembler.bts(register, bit, width: width)
                listing.expect("btr \(operands)")
                listing.assembler.btr(register, bit, width: width)
                listing.expect("btc \(operands)")
                listing.assembler.btc(register, bit, width: width)
            }
            for register in Samples.registers {
                for bit: UInt8 in [0, 31] {
                    let operands = "\(register.name(width)),\(hex(UInt64(bit)))"
                    listing.expect("bt \(operands)")
                    listing.assembler.bt(register, bit, width: width)
                    listing.expect("bts \(operands)")
                    listing.assembler.bts(register, bit, width: width)
                    listing.expect("btr \(operands)")
                    listing.assembler.btr(register, bit, width: width)
                    listing.expect("btc \(operands)")
                    listing.assembler.btc(register, bit, width: width)
                }
            }
        }
        try listing.check()
    }

    @Test func conditions() throws {
        var listing = Listing()
        for condition in Condition.allCases {
            let suffix = condition.suffix
            for register in Samples.registers {
                listing.expect("set\(suffix) \(register.name(.byte))")
                listing.assembler.setcc(condition, register)
            }
            for width in wideWidths {
                for (to, from) in Samples.pairs {
                    listing.expect("cmov\(suffix) \(to.name(width)),\(from.name(width))")
                    listing.assembler.cmov(condition, to, from, width: width)
                }
                for (memory, register) in Samples.memoryAndRegister {
                    listing.expect("cmov\(suffix) \(register.name(width)),\(memory.text(width))")
                    listing.assembler.cmov(condition, register, memory, width: width)
                }
            }
        }
        try listing.check()
    }

    @Test func invertedConditions() {
        let pairs: [(Condition, Condition)] = [
            (.overflow, .noOverflow), (.below, .aboveOrEqual), (.equal, .notEqual), (.belowOrEqual, .above),
            (.sign, .noSign), (.parity, .noParity), (.less, .greaterOrEqual), (.lessOrEqual, .greater),
        ]
        for (one, other) in pairs {
            #expect(one.inverted == other)
            #expect(other.inverted == one)
        }
    }

    @Test func atomics() throws {
        var listing = Listing()
        for (memory, register) in Samples.memoryAndRegister {
            for width in widths {
                let operands = "\(memory.text(width)),\(register.name(width))"
                listing.expect("lock xadd \(operands)")
                listing.assembler.lockXadd(memory, register, width: width)
                listing.expect("xchg \(operands)")
                listing.assembler.xchg(memory, register, width: width)
                listing.expect("lock cmpxchg \(operands)")
                listing.assembler.lockCmpxchg(memory, register, width: width)
                for op in ArithmeticOp.allCases where op != .cmp {
                    listing.expect("lock \(op) \(operands)")
                    listing.assembler.lockArithmetic(op, memory, register, width: width)
                }
            }
        }
        listing.expect("lock or DWORD PTR [rsp],0x0")
        listing.assembler.fullFence()
        try listing.check()
    }
}

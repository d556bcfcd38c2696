// Scalar floating-point instructions, as objdump reads them.
import CodegenX86
import MachineCore
import Testing

@Suite struct ScalarTests {
    /// The ending of a mnemonic, and the width of its operand in memory.
    private static func form(_ single: Bool) -> (suffix: String, width: AccessWidth) {
        single ? ("ss", .word) : ("sd", .double)
    }

    @Test(arguments: [false, true]) func arithmetic(single: Bool) throws {
        var listing = Listing()
        let (suffix, width) = Self.form(single)
        for op in VectorOp.allCases {
            for (to, first, second) in Samples.vectorTriples {
                listing.expect("v\(op)\(suffix) \(to.name),\(first.name),\(second.name)")
                listing.assembler.scalar(op, to, first, second, single: single)
            }
            for (memory, vector) in Samples.memoryAndVector {
                let other = Samples.vectors[Int(vector.rawValue ^ 9)]
                listing.expect("v\(op)\(suffix) \(vector.name),\(other.name),\(memory.text(width))")
                listing.assembler.scalar(op, vector, other, memory, single: single)
            }
        }
        try listing.check()
    }

    @Test(arguments: [false, true]) func fused(single: Bool) throws {
        var listing = Listing()
        let suffix = Self.form(single).suffix
        for (product, addend, name) in Self.signs {
            for (to, second, third) in Samples.vectorTriples {
                let operands = "\(suffix) \(to.name),\(second.name),\(third.name)"
                listing.expect("\(name)132\(operands)")
                listing.assembler.fmadd132(
                    to, second, third, single: single, negateProduct: product, negateAddend: addend)
                listing.expect("\(name)213\(operands)")
                listing.assembler.fmadd213(
                    to, second, third, single: single, negateProduct: product, negateAddend: addend)
                listing.expect("\(name)231\(operands)")
                listing.assembler.fmadd231(
                    to, second, third, single: single, negateProduct: product, negateAddend: addend)
            }
        }
        try listing.check()
    }

    @Test(arguments: [false, true]) func fusedWithMemory(single: Bool) throws {
        var listing = Listing()
        let (suffix, width) = Self.form(single)
        for (product, addend, name) in Self.signs {
            for (memory, vector) in Samples.memoryAndVector {
                let other = Samples.vectors[Int(vector.rawValue ^ 9)]
                let operands = "\(suffix) \(vector.name),\(other.name),\(memory.text(width))"
                listing.expect("\(name)132\(operands)")
                listing.assembler.fmadd132(
                    vector, other, memory, single: single, negateProduct: product, negateAddend: addend)
                listing.expect("\(name)213\(operands)")
                listing.assembler.fmadd213(
                    vector, other, memory, single: single, negateProduct: product, negateAddend: addend)
                listing.expect("\(name)231\(operands)")
                listing.assembler.fmadd231(
                    vector, other, memory, single: single, negateProduct: product, negateAddend: addend)
            }
        }
        try listing.check()
    }

    private static let signs: [(product: Bool, addend: Bool, name: String)] = [
        (false, false, "vfmadd"), (false, true, "vfmsub"), (true, false, "vfnmadd"), (true, true, "vfnmsub"),
    ]

    @Test(arguments: [false, true]) func comparisons(single: Bool) throws {
        var listing = Listing()
        let (suffix, width) = Self.form(single)
        for (first, second) in Samples.vectorPairs {
            listing.expect("vucomi\(suffix) \(first.name),\(second.name)")
            listing.assembler.ucomis(first, second, single: single)
            listing.expect("vcomi\(suffix) \(first.name),\(second.name)")
            listing.assembler.comis(first, second, single: single)
        }
        for (memory, vector) in Samples.memoryAndVector {
            listing.expect("vucomi\(suffix) \(vector.name),\(memory.text(width))")
            listing.assembler.ucomis(vector, memory, single: single)
            listing.expect("vcomi\(suffix) \(vector.name),\(memory.text(width))")
            listing.assembler.comis(vector, memory, single: single)
        }
        try listing.check()
    }

    @Test(arguments: [false, true]) func integerConversions(single: Bool) throws {
        var listing = Listing()
        let suffix = Self.form(single).suffix
        for width in wideWidths {
            for general in Samples.registers {
                for vector in Samples.vectors {
                    let operands = "\(general.name(width)),\(vector.name)"
                    listing.expect("vcvt\(suffix)2si \(operands)")
                    listing.assembler.convertToInteger(
                        general, vector, width: width, truncate: false, single: single)
                    listing.expect("vcvtt\(suffix)2si \(operands)")
                    listing.assembler.convertToInteger(
                        general, vector, width: width, truncate: true, single: single)
                    let merge = Samples.vectors[Int(vector.rawValue ^ 9)]
                    listing.expect("vcvtsi2\(suffix) \(vector.name),\(merge.name),\(general.name(width))")
                    listing.assembler.convertFromInteger(
                        vector, merge, general, width: width, single: single)
                }
            }
        }
        try listing.check()
    }

    @Test func otherConversions() throws {
        var listing = Listing()
        for (to, merge, source) in Samples.vectorTriples {
            let operands = "\(to.name),\(merge.name),\(source.name)"
            listing.expect("vcvtss2sd \(operands)")
            listing.assembler.convertSingleToDouble(to, merge, source)
            listing.expect("vcvtsd2ss \(operands)")
            listing.assembler.convertDoubleToSingle(to, merge, source)
            listing.expect("vroundsd \(operands),0xb")
            listing.assembler.round(to, merge, source, 11, single: false)
            listing.expect("vroundss \(operands),0x4")
            listing.assembler.round(to, merge, source, 4, single: true)
        }
        try listing.check()
    }
}

// Moves, bitwise operations and shuffles of vector registers, as objdump reads them.
import CodegenX86
import MachineCore
import Testing

@Suite struct VectorTests {
    @Test func moves() throws {
        var listing = Listing()
        for (to, from) in Samples.vectorPairs {
            listing.expect("vmovaps \(to.name),\(from.name)")
            listing.assembler.vmovaps(to, from)
            listing.expect("vmovshdup \(to.name),\(from.name)")
            listing.assembler.vmovshdup(to, from)
            listing.expect("vpsrlq \(to.name),\(from.name),0x20")
            listing.assembler.vpsrlq(to, from, 32)
            listing.expect("vpsllq \(to.name),\(from.name),0x3f")
            listing.assembler.vpsllq(to, from, 63)
        }
        listing.expect("vzeroupper")
        listing.assembler.vzeroupper()
        try listing.check()
    }

    @Test func memory() throws {
        var listing = Listing()
        for (number, memory) in Samples.memory.enumerated() {
            let vector = Samples.vectors[number % 16]
            listing.expect("vmovsd \(vector.name),\(memory.text(.double))")
            listing.assembler.loadDouble(vector, memory)
        }
        for (memory, vector) in Samples.memoryAndVector {
            listing.expect("vmovss \(vector.name),\(memory.text(.word))")
            listing.assembler.loadSingle(vector, memory)
            listing.expect("vmovsd \(memory.text(.double)),\(vector.name)")
            listing.assembler.storeDouble(memory, vector)
            listing.expect("vmovss \(memory.text(.word)),\(vector.name)")
            listing.assembler.storeSingle(memory, vector)
        }
        try listing.check()
    }

    @Test func generalRegisters() throws {
        var listing = Listing()
        for general in Samples.registers {
            for vector in Samples.vectors {
                listing.expect("vmovq \(general.name()),\(vector.name)")
                listing.assembler.move(general, vector)
                listing.expect("vmovq \(vector.name),\(general.name())")
                listing.assembler.move(vector, general)
                listing.expect("vmovd \(general.name(.word)),\(vector.name)")
                listing.assembler.move32(general, vector)
                listing.expect("vmovd \(vector.name),\(general.name(.word))")
                listing.assembler.move32(vector, general)
            }
        }
        try listing.check()
    }

    @Test func bitwise() throws {
        var listing = Listing()
        for (to, first, second) in Samples.vectorTriples {
            let operands = "\(to.name),\(first.name),\(second.name)"
            listing.expect("vandpd \(operands)")
            listing.assembler.vand(to, first, second)
            listing.expect("vandnpd \(operands)")
            listing.assembler.vandn(to, first, second)
            listing.expect("vorpd \(operands)")
            listing.assembler.vor(to, first, second)
            listing.expect("vxorpd \(operands)")
            listing.assembler.vxor(to, first, second)
            listing.expect("vpcmpeqd \(operands)")
            listing.assembler.vpcmpeqd(to, first, second)
            listing.expect("vblendps \(operands),0xe")
            listing.assembler.vblendps(to, first, second, 14)
            listing.expect("vunpcklps \(operands)")
            listing.assembler.vunpcklps(to, first, second)
        }
        try listing.check()
    }

    @Test func bitwiseWithMemory() throws {
        var listing = Listing()
        for (memory, vector) in Samples.memoryAndVector {
            let other = Samples.vectors[Int(vector.rawValue ^ 9)]
            let operands = "\(vector.name),\(other.name),\(memory.text128)"
            listing.expect("vandpd \(operands)")
            listing.assembler.vand(vector, other, memory)
            listing.expect("vandnpd \(operands)")
            listing.assembler.vandn(vector, other, memory)
            listing.expect("vorpd \(operands)")
            listing.assembler.vor(vector, other, memory)
            listing.expect("vxorpd \(operands)")
            listing.assembler.vxor(vector, other, memory)
        }
        try listing.check()
    }
}

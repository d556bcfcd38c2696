// GNU objdump as an oracle, and the few ways in which it may differ from us.
import Foundation

enum ObjdumpOracle {
    /// What objdump shall know: the extensions of the machine and no others.
    private static let architecture = "rv64imafdc_zicsr_zifencei_zicboz_zba_zbb_zbs"

    /// One line of text for each word, which is an instruction of `byteCount` bytes at its position.
    static func disassemble(_ words: [UInt32], byteCount: Int) throws -> [Substring] {
        let tools = try CrossTools(.assembler, .objcopy, .disassembler)
        defer { tools.remove() }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(words.count * byteCount)
        for word in words {
            for index in 0..<UInt32(byteCount) {
                bytes.append(UInt8(truncatingIfNeeded: word >> (8 * index)))
            }
        }
        try tools.write(bytes, to: "words")
        // The extensions that objdump knows come from the attributes of an object file.
        try tools.write(".attribute arch,\"\(architecture)\"\n.text\n.incbin \"words\"\n", to: "words.s")
        try tools.run(.assembler, ["-march=\(architecture)", "words.s", "-o", "words.o"])
        // Its symbols say that the bytes are data.
        try tools.run(.objcopy, ["--strip-all", "words.o"])
        let options = ["-D", "-z", "-j", ".text", "--no-show-raw-insn", "-M", "no-aliases", "words.o"]
        try tools.run(.disassembler, options, output: "text")
        let text = String(decoding: try tools.read("text"), as: UTF8.self)
        // Lines are "address:<tab>mnemonic<tab>operands"; headings have no tab.
        return text.utf8.split(separator: UInt8(ascii: "\n")).compactMap { line in
            line.firstIndex(of: UInt8(ascii: "\t")).map { Substring(line[line.index(after: $0)...]) }
        }
    }

    /// objdump's line in our syntax: one space, no comment, compressed instructions in full.
    static func normalized(_ line: Substring) -> String {
        let parts = line.split(separator: "\t", maxSplits: 1)
        let name = String(parts[0])
        guard parts.count > 1 else { return expansions[name] ?? name }
        let operands = parts[1].utf8.split(separator: UInt8(ascii: " "), maxSplits: 1)[0]
        if let template = expansions[name] { return expand(template, String(operands)!) }
        return name + " " + String(operands)!
    }

    private static func expand(_ template: String, _ text: String) -> String {
        var result = template
        for (index, operand) in text.split(separator: ",").enumerated() {
            result = result.replacingOccurrences(of: "$\(index)", with: operand)
        }
        return result
    }

    /// What compressed instructions stand for (Unprivileged ISA, chapter "C"; each is described there
    /// as the instruction that it expands to), and shorthands that objdump prints all the same.
    private static let expansions: [String: String] = [
        "c.addi4spn": "addi $0,$1,$2", "c.addi16sp": "addi $0,$0,$1", "c.addi": "addi $0,$0,$1",
        "c.addiw": "addiw $0,$0,$1", "c.li": "addi $0,zero,$1", "c.lui": "lui $0,$1",
        "c.lw": "lw $0,$1", "c.ld": "ld $0,$1", "c.fld": "fld $0,$1",
        "c.sw": "sw $0,$1", "c.sd": "sd $0,$1", "c.fsd": "fsd $0,$1",
        "c.lwsp": "lw $0,$1", "c.ldsp": "ld $0,$1", "c.fldsp": "fld $0,$1",
        "c.swsp": "sw $0,$1", "c.sdsp": "sd $0,$1", "c.fsdsp": "fsd $0,$1",
        "c.slli": "slli $0,$0,$1", "c.srli": "srli $0,$0,$1", "c.srai": "srai $0,$0,$1",
        "c.slli64": "slli $0,$0,0x0", "c.srli64": "srli $0,$0,0x0", "c.srai64": "srai $0,$0,0x0",
        "c.andi": "andi $0,$0,$1", "c.and": "and $0,$0,$1", "c.or": "or $0,$0,$1", "c.xor": "xor $0,$0,$1",
        "c.sub": "sub $0,$0,$1", "c.addw": "addw $0,$0,$1", "c.subw": "subw $0,$0,$1",
        "c.mv": "add $0,zero,$1", "c.add": "add $0,$0,$1", "c.ebreak": "ebreak", "c.unimp": ".2byte 0x0",
        "c.j": "jal zero,$0", "c.jr": "jalr zero,0($0)", "c.jalr": "jalr ra,0($0)",
        "c.beqz": "beq $0,zero,$1", "c.bnez": "bne $0,zero,$1", "unimp": "csrrw zero,cycle,zero",
    ]
}

/// A way in which objdump 2.40 may say something else, and why we are right.
struct AllowedDifference: Sendable {
    let reason: String
    let explains: @Sendable (_ word: UInt32, _ ours: String, _ theirs: String) -> Bool

    /// In 16-bit instructions.
    static let compressed = [
        AllowedDifference(reason: "c.addi16sp of 0 is reserved") { word, ours, _ in
            word == 0x6101 && ours == ".2byte 0x6101"
        }
    ]

    /// In 32-bit instructions.
    static let full = [
        AllowedDifference(reason: "registers that this machine lacks are shown by number") {
            word, ours, theirs in
            guard word & 0x7f == 0x73, word >> 12 & 3 != 0 else { return false }
            let (a, b) = (ours.split(separator: ","), theirs.split(separator: ","))
            return a.count == 3 && b.count == 3 && a[0] == b[0] && a[2] == b[2]
                && a[1] == "0x" + String(word >> 20, radix: 16)
        },
        AllowedDifference(reason: "rd, rs1, the mode and the immediate of fences are ignored, not reserved") {
            word, ours, theirs in
            let isFence = word & 0x707f == 0x0f && ours.hasPrefix("fence ")
            let isFetchFence = word & 0x707f == 0x100f && ours == "fence.i"
            let isTotalStoreOrder = word >> 20 == 0x833 && ours == "fence.tso"
            return (isFence || isFetchFence || isTotalStoreOrder) && theirs.hasPrefix(".4byte")
        },
        AllowedDifference(reason: "an empty set of a fence is shown as 0") { _, ours, theirs in
            ours.hasPrefix("fence ")
                && theirs.replacingOccurrences(of: "unknown", with: "0") == ours
        },
        AllowedDifference(reason: "exact conversions have a rounding mode, though it has no effect") {
            word, ours, theirs in
            let exact = ["fcvt.d.w ", "fcvt.d.wu ", "fcvt.d.s "].contains { ours.hasPrefix($0) }
            return exact && word >> 12 & 7 != 0 && theirs.hasPrefix(".4byte")
        },
        AllowedDifference(reason: "objdump knows debug mode and dropped drafts in every architecture") {
            _, ours, theirs in
            let names = ["dret", "uret", "hret", "sfence.vm"]
            return ours.hasPrefix(".4byte") && names.contains { theirs.split(separator: " ")[0] == $0 }
        },
    ]
}

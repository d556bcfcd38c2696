// Single floating-point instructions with chosen operands, and programs that run many of them.
import MachineCore
@testable import RISCV

/// One instruction with its operands.
struct FloatCase {
    var encoding: Encoding
    /// The rounding-mode field, where there is one.
    var rounding: UInt32 = 0
    /// The dynamic rounding mode to set before; nil leaves it.
    var dynamicRounding: UInt8?
    /// What the source registers hold, rs1 first.
    var operands: [UInt64]

    /// The operations of F and D that do not access memory.
    static let encodings: [Encoding] = (EncodingTable.single + EncodingTable.double).filter {
        ![.flw, .fsw, .fld, .fsd].contains($0.operation)
    }

    private static let takesInteger: Set<Operation> = [
        .fmv_w_x, .fmv_d_x, .fcvt_s_w, .fcvt_s_wu, .fcvt_s_l, .fcvt_s_lu, .fcvt_d_w, .fcvt_d_wu, .fcvt_d_l,
        .fcvt_d_lu,
    ]
    private static let givesInteger: Set<Operation> = [
        .feq_s, .flt_s, .fle_s, .feq_d, .flt_d, .fle_d, .fclass_s, .fclass_d, .fmv_x_w, .fmv_x_d, .fcvt_w_s,
        .fcvt_wu_s, .fcvt_l_s, .fcvt_lu_s, .fcvt_w_d, .fcvt_wu_d, .fcvt_l_d, .fcvt_lu_d,
    ]

    var takesInteger: Bool { Self.takesInteger.contains(encoding.operation) }
    var givesInteger: Bool { Self.givesInteger.contains(encoding.operation) }
    var hasRounding: Bool { encoding.mask(of: "m") != 0 }
    /// How many source registers there are.
    var sourceCount: Int { encoding.mask(of: "t") != 0 ? 3 : encoding.mask(of: "s") != 0 ? 2 : 1 }

    var description: String {
        let values = operands.map { "0x" + String($0, radix: 16) }.joined(separator: ", ")
        let dynamic = dynamicRounding.map(String.init) ?? "as before"
        let mode = hasRounding ? ", rounding \(rounding), dynamic \(dynamic)" : ""
        return "\(encoding.operation) of \(values)\(mode)"
    }
}

/// Straight-line code that runs cases one behind the other. Operands come from a table at x8; results and
/// flags go to one at x9.
struct FloatProgram {
    static let caseCount = 40
    private static let inputs = TestMachine.data
    private static let outputs = TestMachine.data + 0x1000
    private static let bytesPerInput = 24
    private static let bytesPerOutput = 16

    let cases: [FloatCase]
    /// frm at the start.
    let dynamicRounding: UInt8
    private var code: [UInt32] = []

    /// - Parameter cases: at most `caseCount`.
    init(_ cases: [FloatCase], dynamicRounding: UInt8, _ random: inout RandomNumbers) {
        self.cases = cases
        self.dynamicRounding = dynamicRounding
        for (index, item) in cases.enumerated() { code += Self.code(item, index, &random) }
        code.append(Assembly.jal(0, 0))
    }

    // MARK: Code

    private static let integerRegisters = [10, 11, 12, 13, 14, 15, 16, 17, 20, 25]

    private static func code(_ item: FloatCase, _ index: Int, _ random: inout RandomNumbers) -> [UInt32] {
        var words: [UInt32] = []
        if let mode = item.dynamicRounding { words.append(Assembly.csrrwi(0, 2, Int(mode))) }
        var sources: [Int] = []
        for position in 0..<item.sourceCount {
            let offset = Int32(index * bytesPerInput + position * 8)
            let register = item.takesInteger ? random.pick(integerRegisters) : random.below(32)
            sources.append(register)
            words += item.takesInteger
                ? [Assembly.ld(register, offset, 8)]
                : load(register, offset, item.operands[position], &random)
        }
        let target = item.givesInteger ? random.pick(integerRegisters) : random.below(32)
        words.append(instruction(item, target, sources))
        let offset = Int32(index * bytesPerOutput)
        words.append(item.givesInteger ? Assembly.sd(target, offset, 9) : Assembly.fsd(target, offset, 9))
        // Flags that are not read here accrue, so that they are seen at the next place.
        if random.below(4) != 0 { words += [Assembly.csrrw(6, 1, 0), Assembly.sd(6, offset + 8, 9)] }
        return words
    }

    /// Ways for a value to come into a register.
    private static func load(
        _ register: Int, _ offset: Int32, _ value: UInt64, _ random: inout RandomNumbers
    ) -> [UInt32] {
        let isBoxed = value >> 32 == 0xffff_ffff
        switch random.below(4) {
        case 0: return [Assembly.ld(7, offset, 8), moveToDouble(register, 7)]
        case 1 where isBoxed: return [Assembly.i(0x07, 2, register, 8, offset)]
        case 2 where isBoxed: return [Assembly.lw(7, offset, 8), moveToSingle(register, 7)]
        default: return [Assembly.fld(register, offset, 8)]
        }
    }

    private static func moveToDouble(_ rd: Int, _ rs1: Int) -> UInt32 { Assembly.r(0x53, 0, 0x79, rd, rs1, 0) }
    private static func moveToSingle(_ rd: Int, _ rs1: Int) -> UInt32 { Assembly.r(0x53, 0, 0x78, rd, rs1, 0) }

    private static func instruction(_ item: FloatCase, _ target: Int, _ sources: [Int]) -> UInt32 {
        var bits = item.encoding.match | UInt32(target) << 7 | UInt32(sources[0]) << 15
        if sources.count > 1 { bits |= UInt32(sources[1]) << 20 }
        if sources.count > 2 { bits |= UInt32(sources[2]) << 27 }
        return item.hasRounding ? bits | item.rounding << 12 : bits
    }

    // MARK: Running

    /// Skips the instruction that trapped.
    private static let handler: [UInt32] = [
        Assembly.csrrs(31, CSR.mepc.rawValue, 0), Assembly.addi(31, 31, 4),
        Assembly.csrrw(0, CSR.mepc.rawValue, 31), Assembly.mret,
    ]

    /// An upper bound on the instructions to run.
    var budget: UInt64 { UInt64(code.count + cases.count * Self.handler.count) }

    func load(into machine: TestMachine) {
        machine.hart.reset()
        machine.setStatus(MachineStatus.fs)
        machine[.mtvec] = TestMachine.machineHandler
        machine[.frm] = UInt64(dynamicRounding)
        machine.place(code)
        machine.place(Self.handler, at: TestMachine.machineHandler)
        for (index, item) in cases.enumerated() {
            for (position, operand) in item.operands.enumerated() {
                let offset = UInt64(index * Self.bytesPerInput + position * 8)
                machine.setWord(Self.inputs + offset, operand)
            }
        }
        machine[8] = Self.inputs
        machine[9] = Self.outputs
        machine.pc = TestMachine.code
    }

    /// The first case whose outcome differs.
    func differingCase(_ pair: HartPair) -> FloatCase? {
        for (index, item) in cases.enumerated() {
            let address = Self.outputs + UInt64(index * Self.bytesPerOutput)
            for place in [address, address + 8] where pair.precise.word(place) != pair.fast.word(place) {
                return item
            }
        }
        return nil
    }
}

/// Operands at which floating-point code goes wrong.
enum HostileFloats {
    /// Doubles: zeros, subnormals, infinities, NaNs of both kinds, around powers of two where integers end.
    static let doubles: [UInt64] = {
        var values: [UInt64] = [
            0, 1, 0x000f_ffff_ffff_ffff, 0x0010_0000_0000_0000, 0x7fef_ffff_ffff_ffff, 0x7ff0_0000_0000_0000,
            0x7ff8_0000_0000_0000, 0x7ff0_0000_0000_0001, 0x7fff_ffff_ffff_ffff, 0x7ff4_0000_1234_5678,
            // Where a single overflows and underflows.
            0x47ef_ffff_efff_ffff, 0x47ef_ffff_f000_0000, 0x36a0_0000_0000_0000, 0x380f_ffff_ffff_ffff,
        ]
        let integers: [Double] = [
            0.25, 0.5, 0.75, 1, 1.5, 2.5, 3, 127.5, 0x1p31, 0x1p32, 0x1p52, 0x1p62, 0x1p63, 0x1p64,
        ]
        for value in integers {
            values += [value.bitPattern, value.bitPattern - 1, value.bitPattern + 1]
            values += [value + 0.5, value - 0.5, value - 1].map(\.bitPattern)
        }
        return values.flatMap { [$0, $0 ^ 1 << 63] }
    }()

    /// Singles, in registers: boxed.
    static let singles: [UInt64] = {
        var values: [UInt32] = [
            0, 1, 0x007f_ffff, 0x0080_0000, 0x7f7f_ffff, 0x7f80_0000, 0x7fc0_0000, 0x7f80_0001, 0x7fff_ffff,
            0x7fa0_1234,
        ]
        let integers: [Float] = [0.25, 0.5, 0.75, 1, 1.5, 2.5, 3, 127.5, 0x1p23, 0x1p31, 0x1p32, 0x1p62, 0x1p63, 0x1p64]
        for value in integers {
            values += [value.bitPattern, value.bitPattern - 1, value.bitPattern + 1]
            values += [value + 0.5, value - 0.5, value - 1].map(\.bitPattern)
        }
        return values.flatMap { [$0, $0 ^ 1 << 31] }.map { 0xffff_ffff_0000_0000 | UInt64($0) }
    }()

    /// Registers with a single that is not boxed.
    static let unboxed: [UInt64] = [0x3f80_0000, 0xffff_fffe_3f80_0000, 0x7fff_ffff_3f80_0000, 0xbff0_0000_0000_0000]

    static let integers: [UInt64] = {
        let bounds: [UInt64] = [0, 1 << 23, 1 << 24, 1 << 31, 1 << 32, 1 << 52, 1 << 53, 1 << 54, 1 << 62, 1 << 63]
        let near: [UInt64] = bounds.flatMap { [$0 &- 1, $0, $0 &+ 1, 0 &- $0] }
        // Halfway cases of both formats.
        return near + [
            0x100_0001, 0x100_0003, 0x20_0000_0000_0001, 0x20_0000_0000_0003, 0xffff_ff80, 0xffff_ffff_ffff_fc00,
        ]
    }()

    /// An operand for `item`: mostly of its own format, and anything at times.
    static func operand(of item: FloatCase, _ random: inout RandomNumbers) -> UInt64 {
        if item.takesInteger { return random.oneIn(2) ? random.pick(integers) : OracleValues.integer(&random) }
        switch random.below(10) {
        case 0...2: return random.pick(doubles)
        case 3...5: return random.pick(singles)
        case 6: return random.pick(unboxed)
        default: return OracleValues.float(&random)
        }
    }
}

// Random programs that do everything: all operations, faults, traps, paging, devices, changed code.
import MachineCore
@testable import RISCV

/// A program with the state that it starts in.
struct TranslateProgram {
    var halves: [UInt16]
    var x: [UInt64]
    var f: [UInt64]
    var privilege: Privilege
    var isPaged: Bool
    var floatStatus: UInt64
    var floatControl: UInt64
    /// Registers to write before the start.
    var control: [(CSR, UInt64)]
    var data: [UInt8]

    /// The code's size in bytes: what the trap handlers keep return addresses in.
    static let codeByteCount = 0x800
    static let dataByteCount = 0x4000
    static let root: UInt64 = 0x8000_3000
    static let satp: UInt64 = 8 << 60 | root >> 12

    /// Goes on behind the instruction that trapped, somewhere in the code.
    private static func handler(_ exceptionCounter: CSR, _ trapReturn: UInt32, distance: Int32) -> [UInt32] {
        [
            Assembly.auipc(30, -distance), Assembly.csrrs(31, exceptionCounter.rawValue, 0),
            Assembly.addi(31, 31, 4), Assembly.andi(31, 31, 0x7fe), Assembly.add(31, 31, 30),
            Assembly.csrrw(0, exceptionCounter.rawValue, 31), trapReturn,
        ]
    }

    func load(into machine: TestMachine) {
        // A write that engines hear of.
        let zeros = [UInt8](repeating: 0, count: Int(machine.memory.byteCount))
        _ = machine.memory.write(zeros, at: machine.memory.base)
        machine.hart.reset()
        machine.openProtection()
        machine[.mtvec] = TestMachine.machineHandler
        machine[.stvec] = TestMachine.supervisorHandler
        for (register, value) in control { machine[register] = value }
        let code = halves.flatMap { [UInt8(truncatingIfNeeded: $0), UInt8($0 >> 8)] }
        _ = machine.memory.write(code, at: TestMachine.code)
        _ = machine.memory.write(data, at: TestMachine.data)
        machine.place(Self.handler(.mepc, Assembly.mret, distance: 0x1000), at: TestMachine.machineHandler)
        machine.place(Self.handler(.sepc, Assembly.sret, distance: 0x2000), at: TestMachine.supervisorHandler)
        let state = machine.hart.state
        for register in 1..<32 { state.pointee.x[register] = x[register] }
        for register in 0..<32 { state.pointee.f[register] = f[register] }
        machine[.fcsr] = floatControl
        machine.setStatus(MachineStatus.fs, false)
        machine.setStatus(floatStatus << 13)
        if isPaged { page(machine) }
        state.pointee.privilege = privilege.rawValue
        state.pointee.pc = TestMachine.code
        machine.hart.selectTranslationSets()
    }

    /// Maps code, handlers, data and the device where they are; the pages of data differ.
    private func page(_ machine: TestMachine) {
        var tables = PageTables(machine, root: Self.root)
        let owner = privilege == .user ? "U" : ""
        tables.map(TestMachine.code, to: TestMachine.code, "VRWXAD" + owner)
        tables.map(TestMachine.supervisorHandler, to: TestMachine.supervisorHandler, "VRXA")
        for (page, letters) in ["VRWAD", "VRA", "VRW"].enumerated() {
            let address = TestMachine.data + UInt64(page) * 4096
            tables.map(address, to: address, letters + owner)
        }
        let device = TranslatePair.deviceRange.lowerBound
        tables.map(device, to: device, "VRWAD" + owner)
        machine[.satp] = Self.satp
    }
}

/// Makes programs from random encodings, with operands that let most of them do something.
struct TranslateGenerator {
    private static let encodings = EncodingTable.full + EncodingTable.compressed
    /// Most memory accesses start from these, and few instructions write them.
    private static let addressRegisters = [2, 8, 9, 18, 19]
    private static let codeRegister = 20
    private static let controlRegisters: [UInt16] = {
        let excluded: [CSR] = [.mtvec, .stvec]
        let numbers = CSR.allCases.filter { !excluded.contains($0) }.map(\.rawValue)
        // Registers of floating point more often; a PMP address, and numbers without a register.
        return numbers + [1, 2, 3, 1, 2, 3, 1, 2, 3, 0x3b0, 0xb05, 0x7c0, 0x015]
    }()

    private var random: RandomNumbers

    init(seed: UInt64) { random = RandomNumbers(seed: seed) }

    mutating func program() -> TranslateProgram {
        var halves: [UInt16] = []
        while halves.count < TranslateProgram.codeByteCount / 2 {
            let word = instruction(random.pick(Self.encodings))
            halves.append(UInt16(truncatingIfNeeded: word))
            if word & 3 == 3 { halves.append(UInt16(word >> 16)) }
        }
        let privilege = random.pick([Privilege.machine, .machine, .supervisor, .user])
        return TranslateProgram(
            halves: halves, x: (0..<32).map { register($0) },
            f: (0..<32).map { _ in OracleValues.float(&random) }, privilege: privilege,
            isPaged: random.oneIn(2), floatStatus: random.pick([0, 1, 2, 3, 3, 3]),
            floatControl: UInt64(random.below(6)) << 5 | random.next() & 31, control: control(),
            data: (0..<TranslateProgram.dataByteCount).map { _ in UInt8(truncatingIfNeeded: random.next()) })
    }

    private mutating func control() -> [(CSR, UInt64)] {
        var control: [(CSR, UInt64)] = [
            (.mcounteren, random.next() & 7), (.scounteren, random.next() & 7),
            (.menvcfg, random.next()), (.senvcfg, random.next()),
        ]
        if random.oneIn(2) { control += [(.medeleg, random.next()), (.mideleg, random.next())] }
        if random.oneIn(3) {
            control += [(.mstatus, random.next() & (MachineStatus.mie | MachineStatus.sie))]
            control += [(.mie, .max), (.stimecmp, random.next() & 0xfff)]
        }
        return control
    }

    private mutating func register(_ number: Int) -> UInt64 {
        if number == Self.codeRegister { return TestMachine.code + 0x200 }
        if Self.addressRegisters.contains(number) || random.oneIn(8) { return address() }
        if random.oneIn(16) { return TranslateProgram.satp }
        return OracleValues.integer(&random)
    }

    /// Ordinary places in RAM, page ends, and places where accesses go wrong or have effects.
    private mutating func address() -> UInt64 {
        let data = TestMachine.data
        switch random.below(12) {
        case 0...4: return data + 0x800 + UInt64(random.below(128)) * 8
        case 5: return data + 0xffc
        case 6: return data + UInt64(random.below(TranslateProgram.dataByteCount))
        case 7: return data + 0x2400
        case 8: return random.pick([TranslatePair.deviceRange.lowerBound + 0x800, 0x8001_fff8, 0x9000_0000])
        case 9: return TestMachine.code + UInt64(random.below(TranslateProgram.codeByteCount))
        case 10: return TranslateProgram.root + 0x2000
        default: return random.next()
        }
    }

    // MARK: Instructions

    private mutating func instruction(_ encoding: Encoding) -> UInt32 {
        var bits = encoding.filled(&random)
        if encoding.width == 16 || random.oneIn(16) { return bits }
        if encoding.mask(of: "d") != 0, random.below(8) != 0 {
            // Not an address register.
            let free = (0..<30).filter { !Self.addressRegisters.contains($0) && $0 != Self.codeRegister }
            bits = bits & ~(31 << 7) | UInt32(random.pick(free)) << 7
        }
        switch encoding.operation {
        case .jal: bits = bits & 0xfff | Assembly.jumpOffset(Int32(random.below(0x400) - 0x200) * 2)
        case .beq, .bne, .blt, .bge, .bltu, .bgeu:
            let offset = Assembly.branchOffset(Int32(random.below(0x100) - 0x80) * 2)
            bits = bits & ~encoding.mask(of: "i") | offset
        case .jalr: bits = withSource(bits & 0x3ff_ffff, Self.codeRegister)
        case .csrrw, .csrrs, .csrrc, .csrrwi, .csrrsi, .csrrci:
            bits = bits & 0xf_ffff | UInt32(random.pick(Self.controlRegisters)) << 20
        default:
            if encoding.isMemoryAccess || encoding.operation == .cbo_zero {
                bits = withSource(bits, random.pick(Self.addressRegisters))
            }
        }
        return bits
    }

    private func withSource(_ bits: UInt32, _ register: Int) -> UInt32 {
        bits & ~(31 << 15) | UInt32(register) << 15
    }
}

// A hart as debuggers see it. Register numbers are those of the GNU debugger's target features
// (GDB manual, "RISC-V Features").
import MachineCore

extension Hart: InspectableCPU {
    public static let architecture = "riscv:rv64"

    private enum Number {
        static let programCounter = 32
        static let float = 33
        static let control = 65
        static let privilege = 4161
    }

    public static let registers: [RegisterDescription] = {
        var list = (0..<32).map { index in
            RegisterDescription(
                number: index, name: RegisterNames.integer[index], bitCount: 64, kind: .general)
        }
        list.append(.init(number: Number.programCounter, name: "pc", bitCount: 64, kind: .programCounter))
        list += (0..<32).map { index in
            RegisterDescription(
                number: Number.float + index, name: RegisterNames.float[index], bitCount: 64, kind: .floatingPoint)
        }
        // The GNU debugger wants the floating-point control registers with 32 bits.
        let counters: Set<CSR> = [.cycle, .time, .instret, .mcycle, .minstret]
        let isFloat: (CSR) -> Bool = { $0.rawValue <= CSR.fcsr.rawValue }
        list += CSR.allCases.sorted { $0.rawValue < $1.rawValue }.map { csr in
            RegisterDescription(
                number: Number.control + Int(csr.rawValue), name: "\(csr)", bitCount: isFloat(csr) ? 32 : 64,
                kind: isFloat(csr) ? .floatingPoint : counters.contains(csr) ? .counter : .control)
        }
        list.append(.init(number: Number.privilege, name: "priv", bitCount: 64, kind: .privilege))
        return list
    }()

    public var programCounter: UInt64 { state.pointee.pc }

    public func readRegister(_ number: Int) -> UInt64? {
        switch number {
        case 0..<32: state.pointee.x[number]
        case Number.programCounter: state.pointee.pc
        case Number.float..<(Number.float + 32): state.pointee.f[number - Number.float]
        case Number.control..<Number.privilege: readCSR(UInt16(number - Number.control))
        case Number.privilege: UInt64(state.pointee.privilege)
        default: nil
        }
    }

    public func writeRegister(_ number: Int, _ value: UInt64) -> Bool {
        switch number {
        case 0: return value == 0
        case 1..<32: state.pointee.x[number] = value
        case Number.programCounter:
            // Instructions are aligned to two bytes.
            guard value & 1 == 0 else { return false }
            state.pointee.pc = value
            state.pointee.waiting = 0
        case Number.float..<(Number.float + 32): state.pointee.f[number - Number.float] = value
        case Number.control..<Number.privilege:
            let csr = UInt16(number - Number.control)
            // The two top bits of a number say that the register is read-only (Privileged ISA 2.1).
            guard readCSR(csr) != nil, csr >> 10 != 3 else { return false }
            writeCSR(csr, value)
            stateWasChanged()
        default: return false
        }
        return true
    }

    /// Something outside the instructions changed the state.
    private func stateWasChanged() {
        selectTranslationSets()
        callForAttention()
    }

    public func physicalAddress(ofVirtual address: UInt64) -> GuestPhysicalAddress? {
        var key = dataKey
        key.mxr = true
        key.sum = true
        if key.isGlobal { key.satp = state.pointee.satp }
        return try? walk(address, .read, key, marks: false).physical
    }

    public func pageTableSteps(of address: UInt64) -> [PageTableStep] {
        guard dataKey.privilege != 3, state.pointee.satp >> 60 != 0 else { return [] }
        var steps: [PageTableStep] = []
        var table = (state.pointee.satp & ((1 << 44) - 1)) << 12
        for level in stride(from: 2, through: 0, by: -1) {
            let slot = table &+ ((address >> UInt64(12 + 9 * level)) & 511) * 8
            guard let entry = environment.memory.load(UInt64.self, at: slot) else { break }
            steps.append(PageTableStep(level: level, entryAddress: slot, entry: entry))
            // Valid, and not a leaf.
            guard entry & 0b1111 == 1 else { break }
            table = ((entry >> 10) & ((1 << 44) - 1)) << 12
        }
        return steps
    }

    public func disassemble(at address: UInt64) -> (text: String, byteCount: Int)? {
        func half(_ address: UInt64) -> UInt32? {
            guard let physical = physicalAddress(ofVirtual: address) else { return nil }
            return environment.memory.load(UInt16.self, at: physical).map(UInt32.init)
        }
        guard let low = half(address) else { return nil }
        if low & 3 != 3 { return (Instruction(decoding: low).assemblyText(at: address), 2) }
        guard let high = half(address &+ 2) else { return nil }
        return (Instruction(decoding: high << 16 | low).assemblyText(at: address), 4)
    }

    public func cachedPages(limit: Int) -> [CachedPage] {
        var pages: [CachedPage] = []
        for index in Set([dataSetIndex, fetchSetIndex]).sorted() {
            let entries = translations.entries(of: index)
            for slot in 0..<TranslationEntry.setEntryCount where pages.count < limit {
                guard let page = environment.memory.cachedPage(entries[slot]) else { continue }
                pages.append(page)
            }
        }
        return pages
    }
}

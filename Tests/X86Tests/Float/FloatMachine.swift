// A CPU under test in 64-bit user mode, with the memory of the host's harness for x87 instructions.
import JITEngine
import MachineCore

@testable import X86

final class FloatMachine {
    let memory: GuestMemory
    let cpu: CPU
    /// Executes instructions instead of the interpreter.
    var engine: JITEngine?
    private static let base: UInt64 = 0x1000_0000
    private static let code: UInt64 = 0x1001_0000
    private static let image: UInt64 = 0x1000_1000

    init() throws {
        memory = try GuestMemory(base: Self.base, byteCount: 1 << 20)
        let mode = ClockMode.deterministic(nanosecondsPerInstruction: 1)
        let clock = VirtualClock(state: .init(mode: mode, epochOffset: 0)) { 0 }
        cpu = try CPU(
            index: 0,
            environment: CPUEnvironment(
                memory: memory, bus: Bus(), ports: Bus(), clock: clock, timestampFrequency: 1_000_000_000))
        cpu.state.pointee.cr4 = CR4.fxsave | CR4.extendedState
        cpu.state.pointee.xcr0 = 3
        setMode(.bits64)
    }

    /// 64-bit user mode, 32-bit protected mode or real mode.
    func setMode(_ size: CodeSize) {
        cpu.state.pointee.cr0 = CR0.extensionType | CR0.numericError | (size == .bits16 ? 0 : CR0.protection)
        cpu.state.pointee.efer = size == .bits64 ? EFER.longModeEnable | EFER.longModeActive : 0
        for number in 0..<6 {
            let isCode = number == SegmentRegister.cs
            switch size {
            case .bits16:
                // The code lies beyond what a selector reaches: as after a reset.
                cpu.state.pointee.segments[number] = Segment(
                    base: Self.base + (isCode ? 0x1_0000 : 0), limit: 0xffff, selector: isCode ? 0x1234 : 0x2b)
            case .bits32:
                cpu.state.pointee.segments[number] = Segment(
                    limit: .max, selector: isCode ? 0x33 : 0x2b, attributes: isCode ? 0xc0fb : 0xc0f3)
            case .bits64:
                cpu.state.pointee.segments[number] = Segment(
                    limit: .max, selector: isCode ? 0x33 : 0x2b, attributes: isCode ? 0xa0fb : 0xc0f3)
            }
        }
        cpu.stateWasReplaced()
    }

    func pointer(_ address: UInt64) -> UnsafeMutableRawPointer { memory.hostBase + Int(address - Self.base) }

    func words(_ address: UInt64, _ count: Int) -> [UInt64] {
        (0..<count).map { pointer(address).load(fromByteOffset: $0 * 8, as: UInt64.self) }
    }

    func store(_ words: some Collection<UInt64>, at address: UInt64) {
        for (index, word) in words.enumerated() {
            pointer(address).storeBytes(of: word, toByteOffset: index * 8, as: UInt64.self)
        }
    }

    /// The state's image, as fxsave with REX.W writes it.
    func image() throws -> [UInt64] {
        store([UInt64](repeating: 0, count: 64), at: Self.image)
        try cpu.saveFloatState(.fxsave, at: Self.image, is64Bit: true)
        return words(Self.image, 64)
    }

    func setImage(_ words: some Collection<UInt64>) throws {
        store(words, at: Self.image)
        try cpu.restoreFloatState(.fxrstor, at: Self.image, is64Bit: true)
    }

    /// Executes one instruction of the current mode; gives the vector of the exception that it raised, or nil.
    func execute(_ code: [UInt8]) throws -> UInt8? {
        if let engine { return translate(code, engine) }
        pointer(Self.code).copyMemory(from: code, byteCount: code.count)
        let padded = code + [UInt8](repeating: 0, count: 15 - code.count)
        let mode = cpu.runtime.pointee.mode
        var instruction = try padded.withUnsafeBytes { try Decoder.decode($0, mode.codeSize) }
        instruction.isFlat = mode.isFlat
        instruction.stackWidth = mode.stackWidth
        var interpreter = Interpreter(cpu)
        interpreter.rip = Self.code &- cpu.runtime.pointee.codeBase
        interpreter.next = interpreter.rip + UInt64(instruction.length)
        do throws(FaultTaken) {
            try interpreter.execute(instruction)
            return nil
        } catch {
            return cpu.notedVector
        }
    }

    /// Executes instructions as translated code, followed by a jump to itself that keeps them from being the last ones.
    func translate(_ code: [UInt8], _ engine: JITEngine, instructions: UInt64 = 1) -> UInt8? {
        let jump: [UInt8] = [0xeb, 0xfe]
        pointer(Self.code).copyMemory(from: code + jump, byteCount: code.count + 2)
        memory.noteWrite(at: Self.code, count: UInt64(code.count) + 2)
        cpu.state.pointee.rip = Self.code
        cpu.state.pointee.waiting = 0
        let exceptions = cpu.runtime.pointee.exceptionCount
        _ = engine.run(cpu, budget: instructions + 1, exactly: true)
        return cpu.runtime.pointee.exceptionCount == exceptions && !cpu.isShutDown ? nil : cpu.notedVector
    }

    /// The result of a case, in the harness's form; the word of the signal is the vector, or all ones.
    func run(_ test: FloatCase) throws -> [UInt64] {
        store(test.data, at: HostFloatHarness.data)
        try setImage(test.image)
        cpu.state.pointee.registers[0] = test.accumulator
        cpu.state.pointee.registers[6] = HostFloatHarness.data
        cpu.state.pointee.statusFlags = test.flags & RFlags.status
        cpu.state.pointee.systemFlags = 0x202
        let vector = try execute(test.code)
        var words = try image()
        words += [cpu.state.pointee.registers[0], cpu.state.pointee.statusFlags | 0x202]
        words.append(vector.map { UInt64($0) } ?? .max)
        return words + self.words(HostFloatHarness.data, HostFloatHarness.dataWords)
    }
}

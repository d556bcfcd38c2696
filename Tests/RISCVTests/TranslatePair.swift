// Two equal machines: one is interpreted, the other runs translated blocks.
import Foundation
import IR
import MachineCore
@testable import RISCV
import Testing

/// Runs the same code both ways and compares everything that can be seen.
final class TranslatePair {
    let interpreted: TestMachine
    let translated: TestMachine
    private let devices: [TranslateDevice]
    private var runner: TranslatedRunner
    /// How many blocks ran, and how often each operation was executed in them.
    private(set) var blockCount = 0
    private(set) var executed: [RISCV.Operation: Int] = [:]
    /// Executed as a part of a block with more than one instruction.
    private(set) var executedTogether = 0
    /// The causes of all traps, as in mcause.
    private(set) var causes: Set<UInt64> = []

    static let deviceRange: Range<UInt64> = 0x1000_0000..<0x1000_1000

    init(
        base: UInt64 = TestMachine.code, byteCount: UInt64 = 0x2_0000, servesSupervisorCalls: Bool = false,
        passes: PassList = PassList([])
    ) throws {
        func machine() throws -> TestMachine {
            try TestMachine(base: base, byteCount: byteCount, servesSupervisorCalls: servesSupervisorCalls)
        }
        interpreted = try machine()
        translated = try machine()
        devices = [interpreted, translated].map(TranslateDevice.init)
        runner = TranslatedRunner(translated.hart, passes: passes)
    }

    /// Does the same to both.
    func forBoth(_ action: (TestMachine) -> Void) { [interpreted, translated].forEach(action) }

    // MARK: Running

    /// Runs a block of at most `budget` instructions, and as many instructions on the interpreter.
    /// - Returns: how both ended, or nil when they differ, which is also reported.
    func runBlock(budget: UInt64) throws -> Exit? {
        let before = translated.hart.executedInstructions
        let exit = try runner.run(budget: budget, blocks: 1)
        let count = translated.hart.executedInstructions - before
        note(count)
        // A call of the environment is run but not counted.
        let own = interpreted.hart.interpret(budget: exit == .environmentCall ? count + 1 : count)
        return agrees(own, exit) ? exit : nil
    }

    /// Runs `budget` instructions on both.
    func run(budget: UInt64) throws -> Exit? {
        let exit = try runner.run(budget: budget)
        return agrees(interpreted.hart.interpret(budget: budget), exit) ? exit : nil
    }

    private func note(_ count: UInt64) {
        guard let last = runner.lastBlock, count > 0 else { return }
        blockCount += 1
        if count > 1 { executedTogether += Int(count) }
        var address = last.address
        for _ in 0..<count {
            guard let word = translated.fetchWord(address) else { break }
            let instruction = Instruction(decoding: word)
            executed[instruction.operation, default: 0] += 1
            address += UInt64(instruction.length)
        }
        causes.formUnion([translated[.mcause], translated[.scause]])
    }

    // MARK: Comparing

    private func agrees(_ own: Exit, _ exit: Exit) -> Bool {
        var differences: [String] = []
        if own != exit { differences.append("exit \(own), translated \(exit)") }
        let states = (interpreted.hart.savedState, translated.hart.savedState)
        if states.0 != states.1 { differences += Self.differences(states.0, states.1) }
        let memories = (interpreted.memory, translated.memory)
        if memcmp(memories.0.hostBase, memories.1.hostBase, Int(memories.0.byteCount)) != 0 {
            differences.append("memory")
        }
        if devices[0].log != devices[1].log { differences.append("device accesses") }
        if interpreted.clock.now != translated.clock.now { differences.append("time") }
        if differences.isEmpty { return true }
        report(differences)
        return false
    }

    private static func differences(_ own: Hart.State, _ other: Hart.State) -> [String] {
        zip(Mirror(reflecting: own).children, Mirror(reflecting: other).children).compactMap { own, other in
            let texts = ("\(own.value)", "\(other.value)")
            return texts.0 == texts.1 ? nil : "\(own.label ?? ""): \(texts.0), translated \(texts.1)"
        }
    }

    private func report(_ differences: [String]) {
        var lines = differences
        if let last = runner.lastBlock {
            lines.append("after the block at 0x\(String(last.address, radix: 16)):")
            lines.append(IRText.print(last.block))
        }
        Issue.record("\(lines.joined(separator: "\n"))")
    }
}

extension TestMachine {
    /// The 32 bits at an address where code lies untranslated; at the end of RAM only 16.
    func fetchWord(_ address: UInt64) -> UInt32? {
        memory.load(UInt32.self, at: address) ?? memory.load(UInt16.self, at: address).map(UInt32.init)
    }
}

/// A device that disturbs the hart: it moves an interrupt wire, asks for an exit, and shows the time.
final class TranslateDevice: Device {
    struct Access: Equatable {
        var offset: UInt64
        var value: UInt64
        var width: AccessWidth
        var time: UInt64
    }

    private let machine: Unmanaged<TestMachine>
    private(set) var log: [Access] = []

    init(_ machine: TestMachine) {
        // The machine owns the bus, which owns the device.
        self.machine = .passUnretained(machine)
        machine.bus.attach(self, at: TranslatePair.deviceRange)
    }

    private func note(_ offset: UInt64, _ value: UInt64, _ width: AccessWidth) {
        let time = machine.takeUnretainedValue().clock.now
        log.append(Access(offset: offset, value: value, width: width, time: time))
    }

    /// A read lowers the wire and gives the time.
    func read(at offset: UInt64, width: AccessWidth) -> UInt64 {
        note(offset, 0, width)
        let machine = machine.takeUnretainedValue()
        machine.hart.setInput(Interrupt.machineExternal.rawValue, to: false)
        return machine.clock.now
    }

    /// An odd value raises the wire; an even one asks for an exit.
    func write(_ value: UInt64, at offset: UInt64, width: AccessWidth) {
        note(offset, value, width)
        let hart = machine.takeUnretainedValue().hart
        if value & 1 == 1 {
            hart.setInput(Interrupt.machineExternal.rawValue, to: true)
        } else {
            hart.requestExit()
        }
    }

    func reset() {}
}

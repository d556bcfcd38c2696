// Breakpoints and watchpoints stop a CPU exactly there, on every engine, and cost nothing elsewhere.
import MachineCore
import RISCV
import Testing

@testable import Machine

@Suite(.serialized) struct DebugPointTests {
    /// Counts s0 up to 5,000 at `loop` (0x80000100), storing each value at 0x80004000.
    private static let counting = """
            .option norvc
            li s0, 0
            li s1, 0x80004000
            li t0, 5000
            j loop
            .org 0x100
        loop:
            addi s0, s0, 1
            sd s0, 0(s1)
            ld t1, 0(s1)
            amoadd.d t2, zero, (s1)
            bne s0, t0, loop
            finish 0
        """
    private static let loop: UInt64 = 0x8000_0100
    private static let data: UInt64 = 0x8000_4000

    private func machine(_ engine: String, cpus: Int = 1) throws -> Machine {
        let machine = try BareProgram(Self.counting).machine(cpuCount: cpus)
        try machine.switchEngine(to: engine)
        return machine
    }

    /// Runs to the end; `stopped` looks at each stop, after which the machine goes on.
    private func run(_ machine: Machine, _ stopped: @escaping (InspectableCPU, DebugStop) -> Void) throws -> Int {
        var count = 0
        machine.debugStopped = { [unowned machine] index, stop in
            count += 1
            let cpu = machine.board.cpus[index]
            if let cpu = cpu as? any InspectableCPU { stopped(cpu, stop) }
            cpu.passBreakpoint()
            machine.resume()
        }
        #expect(try machine.run() == .poweredOff(status: 0))
        try machine.close()
        return count
    }

    @Test(arguments: EngineCatalog.names) func everyPassOfABreakpoint(_ engine: String) throws {
        let machine = try machine(engine)
        machine.debugPoints.breakpoints = [Self.loop]
        var expected: UInt64 = 0
        let stops = try run(machine) { cpu, stop in
            #expect(stop == .breakpoint(Self.loop) && cpu.programCounter == Self.loop)
            #expect(cpu.readRegister(8) == expected)
            expected += 1
        }
        #expect(stops == 5000)
    }

    /// The code is hot, compiled and chained when the breakpoint comes.
    @Test(arguments: EngineCatalog.names) func aBreakpointInHotCode(_ engine: String) throws {
        let machine = try machine(engine)
        machine.schedule(at: 15_000) { machine in
            machine.debugPoints.breakpoints = [Self.loop + 4]
        }
        var values: [UInt64] = []
        let stops = try run(machine) { cpu, stop in
            values.append(cpu.readRegister(8) ?? 0)
            if values.count == 3 { machine.debugPoints = DebugPoints() }
        }
        #expect(stops == 3)
        #expect(values.count == 3 && values[0] > 2900 && values[1] == values[0] + 1 && values[2] == values[0] + 2)
    }

    @Test(arguments: EngineCatalog.names) func writesAreWatched(_ engine: String) throws {
        let machine = try machine(engine)
        let point = Watchpoint(address: Self.data + 4, count: 1, accesses: .write)
        machine.debugPoints.watchpoints = [point]
        var places: [UInt64] = []
        let stops = try run(machine) { cpu, stop in
            #expect(stop == .watchpoint(point, address: Self.data))
            places.append(cpu.programCounter)
        }
        // The store and the atomic access, each after it was made.
        #expect(stops == 10_000)
        #expect(places.prefix(4) == [Self.loop + 8, Self.loop + 16, Self.loop + 8, Self.loop + 16])
    }

    @Test(arguments: EngineCatalog.names) func readsAreWatched(_ engine: String) throws {
        let machine = try machine(engine)
        machine.debugPoints.watchpoints = [Watchpoint(address: Self.data, count: 8, accesses: .read)]
        #expect(try run(machine) { _, _ in } == 10_000)
    }

    @Test(arguments: EngineCatalog.names) func neighboursAreNotWatched(_ engine: String) throws {
        let machine = try machine(engine)
        let all: Watchpoint.Accesses = [.read, .write]
        machine.debugPoints.watchpoints = [
            Watchpoint(address: Self.data + 8, count: 8, accesses: all),
            Watchpoint(address: Self.data - 1, count: 1, accesses: all),
        ]
        #expect(try run(machine) { _, _ in } == 0)
    }

    /// Where harts have threads of their own, all of them stop.
    @Test func severalHarts() throws {
        let machine = try machine("jit", cpus: 2)
        machine.debugPoints.breakpoints = [Self.loop]
        var stops = [0, 0]
        machine.debugStopped = { [unowned machine] index, _ in
            stops[index] += 1
            machine.board.cpus[index].passBreakpoint()
            machine.resume()
        }
        #expect(try machine.run() == .poweredOff(status: 0))
        try machine.close()
        // The machine ends when the first of them has finished.
        #expect(stops.max() == 5000)
    }
}

// Stock gdb as the other side: what it prints about the fake machine.
import Debug
import Testing

@Suite struct GDBTests {
    /// Each of `texts` occurs in `output`, one after the other.
    private func expect(_ output: String, contains texts: [String]) {
        var rest = output[...]
        for text in texts {
            guard let range = rest.range(of: text) else {
                Issue.record("'\(text)' is not where it should be in:\n\(output)")
                return
            }
            rest = rest[range.upperBound...]
        }
    }

    @Test func looking() throws {
        let run = try GDBRun()
        let output = try run.output(of: [
            "show architecture", "show osabi", "info registers", "x/4i $pc", "x/i 0x80000020", "info threads",
            "print $mstatus", "maintenance print raw-registers", "x/wx 0",
        ])
        expect(output, contains: [
            "currently \"riscv:rv64\"", "OS ABI is \"auto\" (currently \"none\")",
            "t0             0x0\t0\nt1             0x80001000", "pc             0x80000000",
            "=> 0x80000000:\tadd\tt0,t0,1\n   0x80000004:\tadd\tt0,t0,1\n", "0x80000020:\tsw\tt0,0(t1)",
            "* 1    Thread 1 \"hart 0\" (running)              0x0000000080000000 in ?? ()",
            "  2    Thread 2 \"hart 1\" (waiting <for> \"work\") 0x0000000080000040 in ?? ()",
            "$1 = 6144", "mstatus", "Cannot access memory at address 0x0",
        ])
        #expect(run.requests == [.detach])
        #expect(run.machine.violations == [])
    }

    @Test func writing() throws {
        let run = try GDBRun()
        let output = try run.output(of: [
            "set var *(int*)0x80001004 = 0x1234", "x/2wx 0x80001000", "set $a0 = 0xabcdef", "print/x $a0",
            "set var *(char(*)[5])0x80001008 = \"#$}*\"", "x/4xb 0x80001008", "set $pc = 0x80000008", "stepi",
        ])
        expect(output, contains: [
            "0x80001000:\t0x00000000\t0x00001234", "$1 = 0xabcdef",
            "0x80001008:\t0x23\t0x24\t0x7d\t0x2a", "0x000000008000000c in ?? ()",
        ])
        #expect(run.machine.harts[0].x[10] == 0xabcdef)
        #expect(run.machine.memory[0x1004] == 0x34)
        #expect(run.machine.violations == [])
    }

    @Test func moving() throws {
        let run = try GDBRun()
        let output = try run.output(of: [
            "break *0x80000010", "continue", "stepi", "print $t0", "reverse-stepi", "print $t0", "delete",
            "hbreak *0x80000018", "continue", "stepi 3", "reverse-stepi 5",
            "delete", "continue", "print $t0 > 1000",
        ])
        expect(output, contains: [
            "Thread 1 \"hart 0\" hit Breakpoint 1, 0x0000000080000010 in ?? ()",
            "0x0000000080000014 in ?? ()", "$1 = 5", "hit Breakpoint 1, 0x0000000080000010", "$2 = 4",
            "Hardware assisted breakpoint 2", "hit Breakpoint 2, 0x0000000080000018",
            "0x0000000080000024 in ?? ()",
            "hit Breakpoint 2, 0x0000000080000018",
            "received signal SIGINT, Interrupt.", "$3 = 1",
        ])
        #expect(run.requests.contains(.interrupt))
        #expect(run.requests.contains(.resume(.stepBackwards(thread: 1))))
        #expect(run.machine.violations == [])
    }

    /// "Who wrote this?", forwards and backwards, and the instruction is the right one: gdb shows where
    /// the CPU is after the store, and before it on the way back.
    @Test func watching() throws {
        let run = try GDBRun()
        let output = try run.output(of: [
            "watch *(int*)0x80001000", "continue", "stepi", "continue", "reverse-continue",
            "reverse-continue", "reverse-continue", "rwatch *(int*)0x80001004", "awatch *(int*)0x80001008",
            "continue",
        ])
        expect(output, contains: [
            "Hardware watchpoint 1: *(int*)0x80001000\n\nOld value = 0\nNew value = 8\n0x0000000080000024 in",
            "0x0000000080000028 in",
            "Old value = 8\nNew value = 71\n0x0000000080000024 in",
            "Old value = 71\nNew value = 8\n0x0000000080000020 in",
            "Old value = 8\nNew value = 0\n0x0000000080000020 in",
            "No more reverse-execution history.\n0x0000000080000000 in",
            "Hardware read watchpoint 2", "Hardware access (read/write) watchpoint 3",
        ])
        #expect(run.machine.violations == [])
    }

    @Test func threads() throws {
        let run = try GDBRun()
        let output = try run.output(of: [
            "thread 2", "print $pc", "stepi", "set scheduler-locking on", "stepi", "info threads",
            "thread 1", "print $pc",
        ])
        expect(output, contains: [
            "Switching to thread 2 (Thread 2)", "0x80000040", "0x0000000080000044 in",
            "0x0000000080000048 in", "* 2    Thread 2", "Switching to thread 1 (Thread 1)", "0x80000000",
        ])
        let expected: [GDBSession.Request] = [
            .resume(.step(thread: 2, othersRun: true)), .resume(.step(thread: 2, othersRun: false)), .detach,
        ]
        #expect(run.requests == expected)
    }

    @Test func commands() throws {
        let output = try GDBRun().output(of: [
            "monitor help", "monitor phys 0x80000000 4", "monitor long 20000", "monitor nonsense",
        ])
        expect(output, contains: [
            "phys ADDRESS [COUNT]", "long COUNT", "0x0000000080000000: 93 82 12 00",
            String(repeating: "y", count: 20_000) + "\n", "There is no monitor command 'nonsense'",
        ])
    }

    @Test func endings() throws {
        let ended = try GDBRun()
        expect(try ended.output(of: ["set $t2 = 1", "continue"]), contains: ["exited with code 03]"])
        let killed = try GDBRun()
        expect(try killed.output(of: ["kill"]), contains: ["[Inferior 1 (Remote target) killed]"])
        #expect(killed.requests == [.kill])
        let left = try GDBRun()
        expect(try left.output(of: ["break *0x80000010", "continue", "detach"]), contains: ["detached]"])
        #expect(left.requests.last == .detach)
        #expect(left.machine.breakpoints == [])
    }

    /// A machine without a recording says so.
    @Test func onlyForwards() throws {
        let run = try GDBRun()
        run.machine.supportsReverse = false
        let output = try run.output(of: ["reverse-stepi"])
        expect(output, contains: ["Target remote does not support this command."])
    }
}

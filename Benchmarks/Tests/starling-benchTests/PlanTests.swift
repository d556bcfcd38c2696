// The command line, the list of workloads and what a round consists of.
import Testing

@testable import starling_bench

private func plan(_ arguments: String...) throws -> Plan { try Plan(try Options(arguments: arguments)) }

@Suite struct PlanTests {
    @Test func namesCanTravelInAKernelCommandLine() {
        for workload in Workload.all {
            #expect(workload.name.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "-") })
            #expect(workload.full > 0 && workload.quick ?? 1 > 0)
        }
        #expect(Set(Workload.all.map(\.name)).count == Workload.all.count)
    }

    @Test(arguments: [
        [], ["--quick"], ["--quick", "--only", Workload.all.map(\.name).joined(separator: ",")],
    ])
    func batchesFitIntoAKernelCommandLine(_ arguments: [String]) throws {
        for batch in try Plan(try Options(arguments: arguments)).batches {
            // The kernel's COMMAND_LINE_SIZE on riscv64 is 1024; the rest of the line takes less than 100.
            #expect(batch.items.map(\.word).joined(separator: ",").utf8.count < 900)
        }
    }

    @Test func quickHasAllClassesAndOneBoot() throws {
        let plan = try plan("--quick")
        #expect(Set(plan.workloads.map(\.kind)).count == WorkloadClass.allCases.count)
        #expect(plan.batches.filter { $0.machines.contains(.qemu) }.count == 1)
        #expect(plan.batches.contains { $0.harts == 2 })
    }

    @Test func onlyTakesTheNamedAlone() throws {
        #expect(try plan("--only", "nbody,xz").workloads.map(\.name) == ["xz", "nbody"])
        #expect(try plan("--only", "harts").batches.map(\.title) == ["one hart", "two harts"])
        #expect(try plan("--only", "xz").batches.count == 1)
    }

    @Test(arguments: [
        ["--only", "nonsense"], ["--only", ","], ["--rounds", "0"], ["--rounds", "x"], ["--rounds"], ["word"],
        ["--unknown", "x"], ["--memory", "nan"], ["--timeout", "-1"],
    ])
    func mistakesAreUsageErrors(_ arguments: [String]) {
        #expect { try Options(arguments: arguments) } throws: { ($0 as? BenchError)?.status == 2 }
    }

    @Test func consoleLines() {
        #expect(ConsoleEvent(line: "BENCH-END x 0 12") == .ended(name: "x", status: 0, milliseconds: 12))
        #expect(ConsoleEvent(line: "[ 0.1] words BENCH-BOOT") == .booted)
        #expect(ConsoleEvent(line: "BENCH-END x zero 12") == nil)
        #expect(ConsoleEvent(line: "BENCH-NOTHING") == nil && ConsoleEvent(line: "") == nil)
    }

    @Test func everyWorkloadIsInTheGuestsScript() {
        for workload in Workload.all { #expect(CommandsScript.text.contains("    \(workload.name)) ")) }
        #expect(CommandsScript.text.contains("    \(HartScaling.both)) own core-mix $N 2 ;;"))
    }
}

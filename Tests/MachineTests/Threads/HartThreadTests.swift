// Harts on host threads: atomics, order of memory, code that another hart writes, interrupts.
import Foundation
import MachineCore
import Testing

@testable import Machine

@Suite(.serialized) struct HartThreadTests {
    /// Each hart adds to one counter with each kind of atomic access, and to one under a lock.
    @Test(arguments: [2, 4]) func noIncrementIsLost(_ harts: Int) throws {
        let program = try BareProgram("""
                li s0, 40000
                lla s1, first
                lla s2, second
                lla s3, third
                lla s4, fourth
                lla s5, lock
                li s6, 1
            1:  amoadd.d zero, s6, (s1)
                amoadd.w zero, s6, (s2)
            2:  lr.d t0, (s3)
                addi t0, t0, 1
                sc.d t1, t0, (s3)
                bnez t1, 2b
            3:  amoswap.w.aq t0, s6, (s5)
                bnez t0, 3b
                ld t0, 0(s4)
                addi t0, t0, 1
                sd t0, 0(s4)
                amoswap.w.rl zero, zero, (s5)
                addi s0, s0, -1
                bnez s0, 1b
                signal ready
                bnez a0, 5f
                await ready, \(harts)
                li s0, 40000 * \(harts)
                ld t0, 0(s1)
                bne t0, s0, 4f
                ld t0, 0(s2)
                bne t0, s0, 4f
                ld t0, 0(s3)
                bne t0, s0, 4f
                ld t0, 0(s4)
                bne t0, s0, 4f
                finish 0
            4:  finish 1
            5:  j 5b
            """)
        #expect(try program.run(cpuCount: harts) == .poweredOff(status: 0))
    }

    /// Store buffering: with a full fence between a store and a load of the other's variable, one of two
    /// harts sees the other's store. Each round has variables of its own.
    @Test func fullFencesOrderStoresBeforeLoads() throws {
        let program = try BareProgram("""
                lla s1, stores
                lla s2, stores + 8
                lla s3, loads
                lla s4, ready
                li s5, 0
                li s6, 20000
                beqz a0, 1f
                addi s1, s1, 8
                addi s2, s2, -8
                addi s3, s3, 8
            # Both begin a round together.
            1:  addi s5, s5, 2
                li t0, 1
                amoadd.d.aqrl zero, t0, (s4)
            2:  ld t1, 0(s4)
                bltu t1, s5, 2b
                sd t0, 0(s1)
                fence rw, rw
                ld t2, 0(s2)
                sd t2, 0(s3)
                addi s1, s1, 16
                addi s2, s2, 16
                addi s3, s3, 16
                addi s6, s6, -1
                bnez s6, 1b
                fence rw, rw
                signal first
            3:  bnez a0, 3b
                await first, 2
                lla s3, loads
                li s6, 20000
            4:  ld t0, 0(s3)
                ld t1, 8(s3)
                or t0, t0, t1
                beqz t0, 5f
                addi s3, s3, 16
                addi s6, s6, -1
                bnez s6, 4b
                finish 0
            5:  finish 1
            .bss
            .balign 4096
            stores: .space 16 * 20000
            loads: .space 16 * 20000
            """)
        #expect(try program.run(cpuCount: 2) == .poweredOff(status: 0))
    }

    /// One hart writes an instruction, the other one runs it after a `fence.i`.
    @Test func codeOfAnotherHartIsSeenAfterFenceI() throws {
        let program = try BareProgram("""
                lla s1, first
                lla s2, second
                lla s3, patched
                li s5, 0
                li s6, 2000
                li s7, 1
                bnez a0, 3f
            # addi a1, zero, ROUND
            1:  addi s5, s5, 1
                slli t0, s5, 20
                ori t0, t0, 0x593
                sw t0, 0(s3)
                fence w, w
                sd s5, 0(s1)
            2:  ld t0, 0(s2)
                bltu t0, s5, 2b
                bltu s5, s6, 1b
                finish 0
            3:  addi s5, s5, 1
            4:  ld t0, 0(s1)
                bltu t0, s5, 4b
                fence.i
                li s8, 20
            5:  jal patched
                bne a1, s5, 6f
                addi s8, s8, -1
                bnez s8, 5b
                fence rw, w
                sd s5, 0(s2)
                j 3b
            6:  finish 1
            .balign 64
            .option norvc
            patched: li a1, 0
                ret
            """)
        #expect(try program.run(cpuCount: 2) == .poweredOff(status: 0))
    }

    /// Two harts wake each other out of `wfi`.
    @Test func interruptsWakeSleepingHarts() throws {
        let program = try BareProgram("""
                li s1, 0x02000000
                slli t0, a0, 2
                add s2, s1, t0
                xori t0, t0, 4
                add s1, s1, t0
                li s3, 8
                csrw mie, s3
                li s4, 1
                li s6, 3000
                bnez a0, 2f
            1:  sw s4, 0(s1)
            2:  wfi
                csrr t0, mip
                andi t0, t0, 8
                beqz t0, 2b
                sw zero, 0(s2)
                addi s6, s6, -1
                bnez s6, 1b
                sw s4, 0(s1)
                bnez a0, 3f
                finish 0
            3:  j 3b
            """)
        #expect(try program.run(cpuCount: 2) == .poweredOff(status: 0))
    }

    // MARK: Stopping

    private let spinning = "1: addi s1, s1, 1\n j 1b\n"

    @Test func noHartRunsAfterRunHasReturned() throws {
        let machine = try BareProgram(spinning).machine(cpuCount: 4)
        #expect(try machine.run(instructionLimit: 3_000_000) == .instructionLimit)
        #expect(machine.instructionsExecuted >= 3_000_000)
        let executed = machine.instructionsExecuted
        Thread.sleep(forTimeInterval: 0.02)
        #expect(machine.instructionsExecuted == executed)
        #expect(try machine.run(instructionLimit: 1_000_000) == .instructionLimit)
        #expect(machine.instructionsExecuted >= executed + 1_000_000)
        try machine.close()
    }

    @Test func aRequestFromOutsideStopsSpinningHarts() throws {
        let machine = try BareProgram(spinning).machine(cpuCount: 2)
        let remote = machine.remote
        let stopper = Thread {
            Thread.sleep(forTimeInterval: 0.05)
            remote.stop()
        }
        stopper.start()
        #expect(try machine.run() == .stopped)
        try machine.close()
    }

    @Test func sleepingHartsWithoutInputAreIdleForever() throws {
        let machine = try BareProgram("1: wfi\n j 1b\n").machine(cpuCount: 2)
        machine.remote.endInput()
        // Without an enabled interrupt.
        #expect(try machine.run() == .idleForever)
        try machine.close()
    }

    /// A reset through the power device, by one hart while the other spins; RAM keeps the count.
    @Test func aResetStartsAllHartsAgain() throws {
        let program = try BareProgram("""
            1:  bnez a0, 1b
                li s1, 0x80800000
                ld t0, 0(s1)
                addi t0, t0, 1
                sd t0, 0(s1)
                li t1, 5
                beq t0, t1, 3f
                li t0, 0x100000
                li t1, 0x7777
                sw t1, 0(t0)
            2:  j 2b
            3:  finish 0
            """)
        #expect(try program.run(cpuCount: 3) == .poweredOff(status: 0))
    }
}

// Single steps of a paused machine.
import MachineCore

extension Machine {
    /// Executes one instruction of CPU `index`, or enters the handler of an interrupt that is due first. The
    /// machine is paused; the other CPUs stand still. A CPU that waits for an interrupt goes to the
    /// next moment at which something happens.
    /// - Returns: the watchpoint that the instruction met.
    func step(cpu index: Int) -> DebugStop? {
        let cpu = board.cpus[index]
        if cpu.isWaiting, let deadline = nextDeadline() { context.clock.skip(to: deadline) }
        context.timers.fire(until: context.clock.now)
        cpu.passBreakpoint()
        let before = cpu.executedInstructions
        let exit = cpu.interpret(budget: 1)
        finishSlice(of: cpu, before, exit)
        board.poll()
        return exit == .debugStop ? cpu.debugStop : nil
    }
}

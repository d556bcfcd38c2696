// The calls that change what the machine does: hart state, system reset; and the debug console.
import MachineCore
import RISCV

extension SupervisorBinaryInterface {
    /// Chapter 9. A started hart runs in supervisor mode with translation and interrupts off.
    func hartState(_ call: SupervisorCall) -> SupervisorResult? {
        switch call.function {
        case 0: return startHart(call)
        case 1:
            setStatus(.stopped, of: call.hart.index)
            call.hart.finishEnvironmentCallInstruction()
            return nil
        case 2:
            guard let target = hart(call.arguments[0]) else { return .failure(.invalidParameter) }
            return .success(status(of: target.index).rawValue)
        case 3: return suspend(call)
        default: return .failure(.notSupported)
        }
    }

    private func hart(_ number: UInt64) -> Hart? { number < UInt64(harts.count) ? harts[Int(number)] : nil }

    private func startHart(_ call: SupervisorCall) -> SupervisorResult {
        guard let target = hart(call.arguments[0]) else { return .failure(.invalidParameter) }
        if status(of: target.index) != .stopped { return .failure(.alreadyAvailable) }
        let entry = call.arguments[1]
        guard entry & 1 == 0, resources.context.memory.range.contains(entry) else {
            return .failure(.invalidAddress)
        }
        start(target, at: entry, argument: call.arguments[2])
        return .success()
    }

    /// Default retentive suspend is a `wfi`; default non-retentive suspend resumes elsewhere.
    private func suspend(_ call: SupervisorCall) -> SupervisorResult? {
        let hart = call.hart
        switch call.arguments[0] {
        case 0:
            hart.completeEnvironmentCall(error: 0, value: 0)
            hart.waitForInterrupt()
        case 0x8000_0000:
            let entry = call.arguments[1]
            guard entry & 1 == 0, resources.context.memory.range.contains(entry) else {
                return .failure(.invalidAddress)
            }
            hart.finishEnvironmentCallInstruction()
            hart.enterSupervisor(at: entry, argument: call.arguments[2])
            hart.waitForInterrupt()
        default:
            return .failure(.invalidParameter)
        }
        setStatus(.suspended, of: hart.index)
        return nil
    }

    /// Chapter 10: shutdown, cold and warm reboot. The machine acts on it before the next instruction.
    func systemReset(_ call: SupervisorCall) -> SupervisorResult? {
        guard call.function == 0 else { return .failure(.notSupported) }
        let type = UInt32(truncatingIfNeeded: call.arguments[0])
        let reason = UInt32(truncatingIfNeeded: call.arguments[1])
        switch type {
        // Reason 1 is "system failure".
        case 0: resources.control.request(.powerOff(status: reason == 1 ? 1 : 0))
        case 1, 2: resources.control.request(.reset)
        default: return .failure(.invalidParameter)
        }
        call.hart.finishEnvironmentCallInstruction()
        return nil
    }

    /// Chapter 12. Works on the serial line; reading shares its input with the UART.
    func debugConsole(_ call: SupervisorCall) -> SupervisorResult {
        let memory = resources.context.memory
        let count = min(call.arguments[0], 1 << 16)
        switch call.function {
        case 0:
            guard call.arguments[2] == 0, let bytes = memory.bytes(at: call.arguments[1], count: Int(count)) else {
                return .failure(.invalidParameter)
            }
            resources.console.output(bytes)
            return .success(count)
        case 1:
            guard call.arguments[2] == 0, memory.hostPointer(to: call.arguments[1], count: count) != nil else {
                return .failure(.invalidParameter)
            }
            let bytes = resources.console.take(Int(count))
            _ = memory.write(bytes, at: call.arguments[1])
            return .success(UInt64(bytes.count))
        case 2:
            resources.console.output([UInt8(truncatingIfNeeded: call.arguments[0])])
            return .success()
        default:
            return .failure(.notSupported)
        }
    }
}

// A hart's state and its trip through saved form.
import MachineCore
import StateCodec
import Testing

@testable import RISCV

@Suite struct HartStateTests {
    /// A state in which every field differs from the power-on state.
    private func fullState() -> Hart.State {
        var state = Hart.State.powerOn
        for register in 1..<32 { state.x[register] = UInt64(register) &* 0x1234_5678_9abc_def1 }
        for register in 0..<32 { state.f[register] = UInt64(register) &* 0xfeed_5678_9abc_def1 &+ 3 }
        state.pc = 0x8000_0002
        state.privilege = .supervisor
        state.waiting = true
        state.executed = 99
        state.reservationAddress = 0x1000
        state.reservationValue = 5
        state.floatFlags = 21
        state.floatRounding = 4
        state.interruptLines = 0x800
        for index in state.pmpConfiguration.indices { state.pmpConfiguration[index] = 0x1f }
        for index in state.pmpAddress.indices { state.pmpAddress[index] = UInt64(index) + 1 }
        return state
    }

    @Test func aSavedStateComesBackWhole() throws {
        let machine = try TestMachine()
        let state = fullState()
        let bytes = try StateEncoder().encode(state)
        try machine.hart.restore(StateDecoder().decode(Hart.State.self, from: bytes))
        #expect(machine.hart.savedState == state)
        #expect(machine.hart.savedState != .powerOn)
    }

    @Test(arguments: [
        "registers", "x0", "pc", "flags", "rounding", "control", "lines", "protection", "satp", "mpp",
    ])
    func impossibleStatesAreRefused(_ damage: String) throws {
        let machine = try TestMachine()
        let before = machine.hart.savedState
        var state = fullState()
        switch damage {
        case "registers": state.x.removeLast()
        case "x0": state.x[0] = 1
        case "pc": state.pc |= 1
        case "flags": state.floatFlags = 32
        case "rounding": state.floatRounding = 8
        case "control": state.control.removeLast()
        case "lines": state.interruptLines = 1
        case "protection": state.pmpAddress.removeLast()
        // mstatus is the first control register, satp the last but one.
        case "satp": state.control[state.control.count - 2] = 9 << 60
        default: state.control[0] |= 2 << 11
        }
        #expect(throws: StateError.self) { try machine.hart.restore(state) }
        #expect(machine.hart.savedState == before)
    }
}

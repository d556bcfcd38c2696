// The floating-point unit's registers: on and off, dirty, flags and rounding modes.
@testable import RISCV
import Testing

@Suite struct CSRFloatTests {
    private static let initial: UInt64 = 1 << 13
    private static let clean: UInt64 = 2 << 13

    private static let floatEncodings = (EncodingTable.full + EncodingTable.compressed).filter { encoding in
        (EncodingTable.single + EncodingTable.double).contains { $0.operation == encoding.operation }
    }

    /// An instruction of `encoding` that would work with the unit on: x6 to memory, valid rounding.
    private func instruction(_ encoding: Encoding) -> UInt32 {
        var random = RandomNumbers(seed: UInt64(encoding.match))
        while true {
            var bits = encoding.filled(&random)
            if encoding.width == 32 { bits = bits & ~(31 << 15) | 6 << 15 }
            let decoded = Instruction(decoding: bits)
            if decoded.operation == encoding.operation && decoded.rounding < 5 { return bits }
        }
    }

    /// With the unit off, everything that touches it is illegal, in every mode.
    @Test func unitOff() throws {
        let machine = try TestMachine()
        machine.openProtection()
        #expect(Self.floatEncodings.count > 60)
        for encoding in Self.floatEncodings {
            for privilege in [Privilege.machine, .user] {
                let word = instruction(encoding)
                #expect(machine.execute(word, in: privilege) == .trap(cause: 2, value: UInt64(word)))
            }
        }
        for number: UInt16 in 1...3 {
            let word = Assembly.csrrs(5, number, 0)
            #expect(machine.execute(word) == .trap(cause: 2, value: UInt64(word)))
        }
        #expect(machine[.mstatus] & MachineStatus.fs == 0)
    }

    /// What writes a float register makes the state dirty; stores and moves out do not.
    @Test func dirtyTracking() throws {
        let reads: Set<Operation> = [.fsw, .fsd, .fmv_x_w, .fmv_x_d, .fclass_s, .fclass_d]
        for encoding in Self.floatEncodings where encoding.width == 32 {
            let machine = try TestMachine()
            machine.setStatus(Self.initial)
            machine[6] = TestMachine.data + 2048
            #expect(machine.execute(instruction(encoding)) == .done, "\(encoding.operation)")
            let isDirty = machine[.mstatus] & MachineStatus.fs == MachineStatus.fs
            #expect(isDirty == !reads.contains(encoding.operation), "\(encoding.operation)")
            #expect((machine[.mstatus] >> 63 == 1) == isDirty)
            #expect((machine[.sstatus] >> 63 == 1) == isDirty)
        }
    }

    @Test func registerWritesAreDirty() throws {
        for number: UInt16 in 1...3 {
            let machine = try TestMachine()
            machine.setStatus(Self.clean)
            #expect(machine.execute(Assembly.csrrs(5, number, 0)) == .done)
            #expect(machine[.mstatus] & MachineStatus.fs == Self.clean)
            #expect(machine.execute(Assembly.csrrwi(0, number, 1)) == .done)
            #expect(machine[.mstatus] & MachineStatus.fs == MachineStatus.fs)
        }
    }

    @Test func composition() throws {
        let machine = try TestMachine()
        machine[.fcsr] = 0xb5
        #expect(machine[.frm] == 5 && machine[.fflags] == 0x15)
        machine[.frm] = 2
        #expect(machine[.fcsr] == 0x55)
        machine[.fflags] = 0xffff_ffe8
        #expect(machine[.fcsr] == 0x48)
    }

    /// Modes 5 and 6 are reserved; 7 in the instruction asks frm, where 5 to 7 are reserved.
    @Test func reservedRoundingModes() throws {
        let machine = try TestMachine()
        machine.setStatus(MachineStatus.fs)
        for encoding in Self.floatEncodings where encoding.mask(of: "m") != 0 {
            let base = instruction(encoding) & ~(7 << 12)
            for mode: UInt32 in 0..<8 {
                let word = base | mode << 12
                let illegal = Outcome.trap(cause: 2, value: UInt64(word))
                for dynamic: UInt64 in 0..<8 {
                    machine[.frm] = dynamic
                    let isLegal = mode < 5 || (mode == 7 && dynamic < 5)
                    #expect(machine.execute(word) == (isLegal ? .done : illegal))
                }
            }
        }
    }

    /// Flags are sticky and come from the operation: 1/0, 1/3, 0/0.
    @Test func stickyFlags() throws {
        let machine = try TestMachine()
        machine.setStatus(MachineStatus.fs)
        let fdiv = Assembly.r(0x53, 7, 0x0d, 1, 2, 3)
        let operands: [(Double, Double, UInt64)] = [(1, 0, 8), (1, 3, 9), (0, 0, 0x19), (1, 1, 0x19)]
        for (a, b, flags) in operands {
            machine.hart.state.pointee.f[2] = a.bitPattern
            machine.hart.state.pointee.f[3] = b.bitPattern
            #expect(machine.execute(fdiv) == .done)
            #expect(machine[.fflags] == flags)
        }
    }
}

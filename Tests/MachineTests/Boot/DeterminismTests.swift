// Deterministic mode: equal runs have equal states, and a saved state continues as the original did.
import Foundation
import MachineCore
import StateCodec
import Testing
import VirtRISCV

@testable import Machine

@Suite(.serialized) struct DeterminismTests {
    /// A booting guest with two harts, a disk and a console.
    private func makeMachine(
        _ guest: DebianGuest, _ board: BoardModel, restoring saved: MachineState? = nil
    ) throws -> Machine {
        var configuration = MachineConfiguration(name: "test", program: .linux(guest.linux()))
        configuration.board = board
        configuration.cpuCount = 2
        configuration.memoryByteCount = 256 << 20
        configuration.clock = .deterministic(nanosecondsPerInstruction: 10)
        configuration.disks = [DiskConfiguration(path: try guest.makeDisk())]
        return try Machine(configuration, restoring: saved, log: { _ in }, consoleOutput: { _ in })
    }

    @Test(arguments: BoardModel.allCases) func twoBootsEndInTheSameState(_ board: BoardModel) throws {
        let guest = try DebianGuest(board)
        var hashes: [StateHash] = []
        for _ in 0..<2 {
            let machine = try makeMachine(guest, board)
            #expect(try machine.run(instructionLimit: 900_000_000) == .instructionLimit)
            hashes.append(try machine.stateHash())
            // The hash sees a single instruction more.
            #expect(try machine.run(instructionLimit: 1) == .instructionLimit)
            #expect(try machine.stateHash() != hashes.last)
            try machine.close()
        }
        #expect(hashes[0] == hashes[1])
    }

    @Test(arguments: BoardModel.allCases) func aSavedStateContinuesAsTheOriginal(_ board: BoardModel) throws {
        let guest = try DebianGuest(board)
        let original = try makeMachine(guest, board)
        _ = try original.run(instructionLimit: 700_000_000)
        let saved = try original.savedState()
        let copy = try makeMachine(guest, board, restoring: try saved.encodedAndDecoded())
        copy.context.memory.hostBase.copyMemory(
            from: original.context.memory.hostBase, byteCount: Int(original.context.memory.byteCount))
        #expect(try copy.stateHash() == original.stateHash())
        for _ in 0..<3 {
            _ = try original.run(instructionLimit: 30_000_001)
            _ = try copy.run(instructionLimit: 30_000_001)
            #expect(try copy.stateHash() == original.stateHash())
        }
        try original.close()
        try copy.close()
    }
}

extension MachineState {
    /// The state after a trip through its encoded form.
    fileprivate func encodedAndDecoded() throws -> MachineState {
        var copy = self
        copy.tree = try StateTree(decoding: tree.encoded())
        return copy
    }
}

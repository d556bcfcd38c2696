// The table of operations and the numbers of floating-point operations are consistent.
import MachineCore
import Testing

@testable import IR

@Suite struct TableTests {
    @Test func rowsStandAtTheirRawValues() {
        #expect(IROp.table.map(\.op) == IROp.allCases)
        #expect(IROp.allCases.map { Int($0.rawValue) } == Array(IROp.allCases.indices))
    }

    @Test func namesAreUniqueWords() {
        let names = IROp.table.map { "\($0.name)" }
        #expect(Set(names).count == names.count)
        #expect(names.allSatisfy { $0.allSatisfy { $0 == "." || ("a"..."z").contains($0) } })
    }

    @Test func recordsAreSmall() {
        #expect(MemoryLayout<IRInstruction>.size == 32)
        #expect(MemoryLayout<IRInstruction>.stride == 32)
    }

    @Test func floatCodesAreIndices() {
        let table = FloatOperation.irTable
        for (index, row) in table.enumerated() {
            #expect(Int(row.operation.irCode) == index)
            #expect(FloatOperation(irCode: UInt16(index)) == row.operation)
            #expect(FloatOperation.irCode(named: row.name) == UInt16(index))
        }
        #expect(Set(table.map(\.operation)).count == table.count)
        #expect(FloatOperation(irCode: UInt16(table.count)) == nil)
        // Twelve on one format, a conversion to it, and eight to and from integers, for two formats.
        #expect(table.count == 2 * (12 + 1 + 8))
    }

    @Test func resultsAndEffectsFitTogether() {
        for row in IROp.table {
            if row.effects.contains(.terminates) { #expect(row.result == nil, "\(row.name)") }
            let touchesField = !row.effects.isDisjoint(with: [.readsField, .writesField])
            // A vector lies in two fields, so that it counts as all of the state.
            let touchesVector = row.detail == .vectorWidth
            #expect((touchesField || touchesVector) == (row.immediate == .state), "\(row.name)")
            if row.effects.isEmpty, row.op != .instructionStart { #expect(row.result != nil, "\(row.name)") }
        }
    }
}

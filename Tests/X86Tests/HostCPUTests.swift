// User-mode integer instructions, against the host's own CPU.
import Foundation
import MachineCore
import Testing

@testable import X86

@Suite struct HostCPUTests {
    @Test func integerInstructionsDoWhatTheHostDoes() throws {
        var random = SplitMix(seed: 5)
        let cases = (0..<500_000).compactMap { _ in InstructionCase(&random) }
        let results = try HostCPU.run(cases)
        let machine = try UserMachine()
        var differences: [String] = []
        var compared: [X86.Operation: Int] = [:]
        var faults = 0
        for (index, test) in cases.enumerated() {
            let host = Array(results[index * HostCPUHarness.resultWords..<(index + 1) * HostCPUHarness.resultWords])
            // Beyond the data page the CPU under test has other memory than the host's process.
            guard host[17] == 0 || host[17] == 4 || host[17] == 8 else { continue }
            let own = machine.run(test)
            compared[test.instruction.operation, default: 0] += 1
            if host[17] != 0 { faults += 1 }
            if let text = test.difference(own, host) { differences.append(text) }
        }
        let count = differences.count
        #expect(count == 0, "\(differences.prefix(30).joined(separator: "\n"))")
        #expect(faults > 100)
        let missing = InstructionCase.operations.filter { compared[$0, default: 0] < 20 }
        #expect(missing.isEmpty, "too rarely compared: \(missing)")
    }
}

// The snapshot conformance of a virtio function: the same test for every kind of device.
import Devices
import Foundation
import MachineCore
import Testing

/// Runs `expectSnapshotConformance` on a function whose driver does `work`; a restored function gets
/// RAM as it was when it was saved, and resources of its own.
func expectVirtioConformance<Model: VirtioDevice>(
    of model: Model.Type, resources: () -> Model.Resources,
    work: (VirtioTestMachine<Model>, Model.Resources) throws -> Void,
    sourceLocation: SourceLocation = #_sourceLocation
) throws {
    var made: [(machine: VirtioTestMachine<Model>, resources: Model.Resources)] = []
    func entry(
        _ part: VirtioPCIFunction<Model>
    ) throws -> (machine: VirtioTestMachine<Model>, resources: Model.Resources) {
        try #require(made.first { $0.machine.function === part })
    }
    try expectSnapshotConformance(
        powerOn: VirtioPCIFunction<Model>.State.powerOn,
        make: { (state: VirtioPCIFunction<Model>.State) -> VirtioPCIFunction<Model> in
            let resources = resources()
            let machine = try VirtioTestMachine<Model>(resources, state: state, copying: made.last?.machine)
            made.append((machine, resources))
            return machine.function
        },
        mutate: { (part: VirtioPCIFunction<Model>) in
            let (machine, resources) = try entry(part)
            if machine.driver.common == 0 { machine.bringUp() }
            try work(machine, resources)
        },
        observe: { (part: VirtioPCIFunction<Model>) -> [UInt64] in
            let machine = try entry(part).machine
            var seen = stride(from: 0 as UInt64, to: 0x40, by: 4).map { machine.readCommon($0, .word) }
            seen += (0x14...0x15 as ClosedRange<UInt64>).map { machine.readCommon($0, .byte) }
            for offset in 0..<UInt64(Model.configurationByteCount) {
                seen.append(machine.read(machine.driver.deviceConfiguration + offset, .byte))
            }
            seen += stride(from: 0 as UInt64, to: 0x100, by: 4).map { machine.readConfiguration($0) }
            seen.append(machine.interruptIsHigh ? 1 : 0)
            return seen
        }, sourceLocation: sourceLocation)
}

/// Makes a value of a type whose fields tests can not write, from its encoded form.
func encodedAndDecoded<Source: Encodable, Target: Decodable>(
    _ source: Source, as type: Target.Type
) throws -> Target {
    try JSONDecoder().decode(type, from: JSONEncoder().encode(source))
}

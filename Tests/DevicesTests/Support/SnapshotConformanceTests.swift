// Proves that the conformance test finds parts that break the rules.
import MachineCore
import Testing

struct SnapshotConformanceTests {
    /// A part with a register that is not in its state.
    private final class Forgetful: Snapshotting {
        struct State: Codable, Equatable, Sendable { var kept = 0 }

        static let stateVersion: StateVersion = 1
        var state: State
        var forgotten = 0

        init(_ resources: Void, restoring state: State) throws(StateError) { self.state = state }
    }

    private static func check(mutate: @escaping (Forgetful) -> Void) throws {
        try expectSnapshotConformance(
            powerOn: .init(), make: { try Forgetful((), restoring: $0) }, mutate: mutate,
            observe: { [UInt64($0.state.kept), UInt64($0.forgotten)] })
    }

    @Test func acceptsAPartThatKeepsItsState() throws {
        try Self.check { $0.state.kept += 1 }
    }

    @Test func findsStateOutsideTheState() {
        withKnownIssue { try Self.check { $0.state.kept += 1; $0.forgotten += 1 } }
    }

    @Test func findsAMutationWithoutEffect() {
        withKnownIssue { try Self.check { _ in } }
    }
}

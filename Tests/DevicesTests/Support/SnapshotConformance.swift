// The one-line conformance test of every part that holds guest-visible state.
import MachineCore
import Testing

#if canImport(StateCodec)
import StateCodec
#else
import Foundation
#endif

/// Proves that the state of a part is all of it: save, mutate, encode, restore, compare.
///
/// 1. A part made with `state` has exactly that state: restoring does not change anything.
/// 2. `mutate` changes the state, so the comparisons below are able to fail.
/// 3. The mutated state survives encoding, and a new part made from it has an equal state.
/// 4. `observe` (register reads, which may have side effects) gives the same on both, and leaves
///    both in the same state: nothing that a guest can see is kept outside `state`.
/// 5. A second `mutate` takes both to the same state as well.
///
/// - Parameters:
///   - state: the state to begin with, usually that of power-on.
///   - make: builds a part with the state and with resources of its own, at equal virtual times.
///   - mutate: changes the part through its registers.
///   - observe: what a guest reads. Offsets and widths are the caller's choice.
func expectSnapshotConformance<Part: Snapshotting>(
    powerOn state: Part.State,
    make: (Part.State) throws -> Part,
    mutate: (Part) throws -> Void,
    observe: (Part) throws -> [UInt64] = { _ in [] },
    sourceLocation: SourceLocation = #_sourceLocation
) throws {
    let original = try make(state)
    #expect(original.state == state, "restoring changes the state", sourceLocation: sourceLocation)
    try mutate(original)
    let saved = original.state
    #expect(saved != state, "the mutation does not show in the state", sourceLocation: sourceLocation)

    let decoded = try encodedAndDecoded(saved)
    #expect(decoded == saved, "encoding loses state", sourceLocation: sourceLocation)
    let restored = try make(decoded)
    #expect(restored.state == saved, "restoring changes the state", sourceLocation: sourceLocation)

    let seen = try observe(original)
    #expect(try observe(restored) == seen, "the guest sees a difference", sourceLocation: sourceLocation)
    #expect(restored.state == original.state, "reading has other effects", sourceLocation: sourceLocation)

    try mutate(original)
    try mutate(restored)
    #expect(restored.state == original.state, "running on has other effects", sourceLocation: sourceLocation)
}

/// The value after a way through its encoded form.
func encodedAndDecoded<Value: Codable>(_ value: Value) throws -> Value {
    #if canImport(StateCodec)
    try StateDecoder().decode(Value.self, from: StateEncoder().encode(value))
    #else
    try JSONDecoder().decode(Value.self, from: JSONEncoder().encode(value))
    #endif
}

// The contract of everything that holds guest-visible state.

/// The version of a part's encoded state; raised when its fields change meaning.
public typealias StateVersion = UInt16

/// A part of the machine whose guest-visible state is one plain value.
///
/// The stored `state` is the only copy; live resources (files, wires, timers) come in as
/// constructor arguments, and whatever is derived from state (timers, wire levels, caches) is
/// made again by the initializer. There is one way to build a part: a new machine restores the
/// power-on state.
public protocol Snapshotting: AnyObject {
    /// Plain data: all that the guest can see of this part.
    associatedtype State: Codable & Equatable & Sendable
    /// The live things that the part works with.
    associatedtype Resources

    /// The version of `State`.
    static var stateVersion: StateVersion { get }

    /// The state now.
    var state: State { get }

    /// Builds the part with `state`. State comes from files: it is checked here.
    /// - Throws: `StateError` when `state` can not be one of this part's states.
    init(_ resources: Resources, restoring state: State) throws(StateError)
}

/// State that a part refuses to take.
public struct StateError: Error, Equatable, Sendable, CustomStringConvertible {
    /// The part, for instance `plic`.
    public let part: String
    /// What is wrong with the state.
    public let reason: String

    /// Says that `part` can not take a state because of `reason`.
    public init(part: String, reason: String) {
        self.part = part
        self.reason = reason
    }

    public var description: String { "the saved state of \(part) is not valid: \(reason)" }
}

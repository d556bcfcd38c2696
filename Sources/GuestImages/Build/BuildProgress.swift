// What a build tells while it runs.

/// Where a build is.
public struct BuildProgress: Equatable, Sendable {
    /// The number of the step, from 1 to `stepCount`.
    public var step: Int
    /// How many steps there are.
    public var stepCount: Int
    /// The step's name, for instance `download`.
    public var name: String
    /// What the step does now, for instance the package at work; nil at the start of a step.
    public var detail: String?
    /// How much of the step is done, from 0 to 1, where that is known.
    public var fraction: Double?
}

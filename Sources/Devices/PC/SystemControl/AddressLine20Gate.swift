// The gate of address line 20: two devices open it.
import MachineCore

/// Joins the wires of those who can open the A20 gate: it is open while one of them asks for it. It has no
/// state of its own, because both drive their wires when they are made.
public final class AddressLine20Gate: InterruptSink {
    /// What asks for an open gate.
    public enum Input: Int, CaseIterable, Sendable {
        /// System control port A.
        case systemControl
        /// The keyboard controller's output port.
        case keyboardController
    }

    private var levels = [Bool](repeating: false, count: Input.allCases.count)
    private let handler: (Bool) -> Void

    /// - Parameter handler: told of each change: whether addresses keep their bit 20. First told by the
    ///   first device that drives its wire.
    public init(handler: @escaping (Bool) -> Void) { self.handler = handler }

    /// Whether addresses keep their bit 20.
    public var isOpen: Bool { levels.contains(true) }

    /// The wire for `input`.
    public func line(_ input: Input) -> InterruptLine { InterruptLine(to: self, input: input.rawValue) }

    public func setInput(_ input: Int, to level: Bool) {
        guard levels.indices.contains(input), levels[input] != level else { return }
        levels[input] = level
        handler(isOpen)
    }
}

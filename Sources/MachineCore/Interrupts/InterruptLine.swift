// A wire from a device to an interrupt controller, or from a controller to a CPU.

/// The receiving side of interrupt wires.
public protocol InterruptSink: AnyObject {
    /// The wire at `input` now has this level. Called for every change, and possibly without one.
    func setInput(_ input: Int, to level: Bool)
}

/// The sending side of one wire. The level itself is state of the receiver.
public struct InterruptLine {
    private let sink: any InterruptSink
    private let input: Int

    /// A wire to `input` of `sink`.
    public init(to sink: any InterruptSink, input: Int) {
        self.sink = sink
        self.input = input
    }

    /// Drives the wire to `level`.
    public func set(_ level: Bool) {
        sink.setInput(input, to: level)
    }
}

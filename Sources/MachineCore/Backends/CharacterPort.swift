// A byte stream between a device (serial line, console) and the outside of the machine.

/// Both directions of a serial line. Output leaves at once; input waits until the device has room.
/// Used on the runner thread only.
public final class CharacterPort {
    /// Where the device's output goes.
    public var output: ([UInt8]) -> Void
    /// Set by the device: called when input was offered.
    public var inputArrived: (() -> Void)?

    private var pending: [UInt8] = []
    private var taken = 0
    private let capacity: Int

    /// - Parameters:
    ///   - capacity: how many bytes of input wait at most; more are refused.
    ///   - output: takes what the device sends.
    public init(capacity: Int = 1 << 16, output: @escaping ([UInt8]) -> Void = { _ in }) {
        self.capacity = capacity
        self.output = output
    }

    /// Bytes that wait for the device.
    public var pendingCount: Int { pending.count - taken }

    /// Input that waits for the device, to be saved and restored with its state.
    public var waiting: [UInt8] {
        get { Array(pending[taken...]) }
        set {
            pending = newValue
            taken = 0
            if !newValue.isEmpty { inputArrived?() }
        }
    }

    /// Offers input to the device; returns how many bytes were accepted (from the front).
    @discardableResult
    public func offer(_ bytes: [UInt8]) -> Int {
        let accepted = min(bytes.count, capacity - pendingCount)
        pending.append(contentsOf: bytes.prefix(accepted))
        if accepted > 0 { inputArrived?() }
        return accepted
    }

    /// The device takes up to `maximum` bytes.
    public func take(_ maximum: Int) -> [UInt8] {
        let count = min(maximum, pendingCount)
        guard count > 0 else { return [] }
        let bytes = Array(pending[taken..<(taken + count)])
        taken += count
        if taken == pending.count {
            pending.removeAll(keepingCapacity: true)
            taken = 0
        }
        return bytes
    }
}

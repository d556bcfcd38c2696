// The operation numbers of the IR's `float`, taken apart without building an enum.
import IR
import MachineCore
import SoftFloat

/// The code of a floating-point operation.
struct FloatCode {
    let code: UInt16

    init(_ code: UInt16) { self.code = code }

    /// The operands and the result, or the integer's counterpart, are singles.
    var isSingle: Bool { code < Self.perFormat }
    /// Takes an integer operand.
    var takesInteger: Bool { index >= 13 && index % 2 == 1 }

    var index: UInt16 { code % Self.perFormat }

    private static let perFormat = FloatOperation.add(.double).irCode
}

// What an operation obeys and what it raises: control word, exceptions, and results of the exceptional cases.
import SoftFloat

/// Bits of the x87 status word (Intel SDM volume 1, 8.1.3).
enum FloatStatus {
    static let invalid: UInt16 = 1
    static let denormal: UInt16 = 2
    static let divideByZero: UInt16 = 4
    static let overflow: UInt16 = 8
    static let underflow: UInt16 = 0x10
    static let inexact: UInt16 = 0x20
    static let stackFault: UInt16 = 0x40
    /// An exception that is not masked waits (ES).
    static let summary: UInt16 = 0x80
    static let condition0: UInt16 = 0x100
    static let condition1: UInt16 = 0x200
    static let condition2: UInt16 = 0x400
    static let top: UInt16 = 0x3800
    static let condition3: UInt16 = 0x4000
    static let busy: UInt16 = 0x8000

    static let exceptions: UInt16 = 0x3f
    static let conditions: UInt16 = 0x4700
    /// The result of a comparison.
    static let comparison: UInt16 = 0x4500
}

/// Bits of the x87 control word (Intel SDM volume 1, 8.1.5).
enum FloatControl {
    static let alwaysSet: UInt16 = 0x40
    /// Those that can be written.
    static let writable: UInt16 = 0x1f3f
    static let initial: UInt16 = 0x37f
}

/// Precision and exponents of a result.
struct FloatRange {
    /// Bits of the significand.
    var precision: Int
    /// The exponents of normal numbers, with the bias of the extended format.
    var least: Int
    var greatest: Int

    static let extended = FloatRange(precision: 64, least: 1, greatest: 0x7ffe)
    static let double = FloatRange(precision: 53, least: 0x3fff - 1022, greatest: 0x3fff + 1023)
    static let single = FloatRange(precision: 24, least: 0x3fff - 126, greatest: 0x3fff + 127)
}

/// The arithmetic unit during one operation.
struct FloatContext {
    let control: UInt16
    /// Bits of the status word that the operation sets.
    var raised: UInt16 = 0

    init(control: UInt16) { self.control = control }

    var rounding: RoundingMode {
        switch control >> 10 & 3 {
        case 0: .nearestEven
        case 1: .down
        case 2: .up
        default: .towardZero
        }
    }

    /// What arithmetic results are rounded to: the precision can be lowered, the exponents stay.
    var range: FloatRange {
        switch control >> 8 & 3 {
        case 0: FloatRange(precision: 24, least: 1, greatest: 0x7ffe)
        case 2: FloatRange(precision: 53, least: 1, greatest: 0x7ffe)
        default: .extended
        }
    }

    func isMasked(_ exception: UInt16) -> Bool { control & exception != 0 }

    /// An exception that stops the operation before it has a result was raised, and is not masked.
    var isBlocked: Bool {
        let early = FloatStatus.invalid | FloatStatus.denormal | FloatStatus.divideByZero
        return raised & ~control & early != 0
    }

    /// An exception because of which a result does not go to memory was raised, and is not masked.
    var blocksStore: Bool {
        isBlocked || raised & ~control & (FloatStatus.overflow | FloatStatus.underflow) != 0
    }

    mutating func raise(_ bits: UInt16) { raised |= bits }

    mutating func invalid() -> Extended80 {
        raise(FloatStatus.invalid)
        return .indefinite
    }

    /// An operand was a register that is empty.
    mutating func stackUnderflow() -> Extended80 {
        raise(FloatStatus.invalid | FloatStatus.stackFault)
        return .indefinite
    }

    /// The register to push to is in use.
    mutating func stackOverflow() -> Extended80 {
        raise(FloatStatus.invalid | FloatStatus.stackFault | FloatStatus.condition1)
        return .indefinite
    }

    mutating func noteDenormal(_ operand: FloatOperand) {
        if operand.kind == .denormal { raise(FloatStatus.denormal) }
    }

    mutating func noteDenormals(_ a: FloatOperand, _ b: FloatOperand) {
        noteDenormal(a)
        noteDenormal(b)
    }

    /// The result of an operation on a NaN or on what is no number of the format; nil for other operands.
    mutating func special(_ a: FloatOperand) -> Extended80? {
        switch a.kind {
        case .unsupported: return invalid()
        case .signalingNaN:
            raise(FloatStatus.invalid)
            return a.value.quieted
        case .quietNaN: return a.value
        default: return nil
        }
    }

    /// The result of an operation with such an operand (Intel SDM volume 1, table 4-7).
    @inline(__always)
    mutating func special(_ a: FloatOperand, _ b: FloatOperand) -> Extended80? {
        if isOrdinary(a.kind) && isOrdinary(b.kind) { return nil }
        return chosen(a, b)
    }

    @inline(__always)
    private func isOrdinary(_ kind: Extended80.Kind) -> Bool {
        switch kind {
        case .zero, .denormal, .normal, .infinity: true
        default: false
        }
    }

    private mutating func chosen(_ a: FloatOperand, _ b: FloatOperand) -> Extended80 {
        if a.kind == .unsupported || b.kind == .unsupported { return invalid() }
        if a.kind == .signalingNaN || b.kind == .signalingNaN { raise(FloatStatus.invalid) }
        guard a.isNaN && b.isNaN else { return a.isNaN ? a.value.quieted : b.value.quieted }
        // Of a signaling and a quiet one the quiet one counts, of two alike the larger significand.
        if a.kind != b.kind { return a.kind == .quietNaN ? a.value : b.value }
        if a.value.significand != b.value.significand {
            return a.value.significand > b.value.significand ? a.value.quieted : b.value.quieted
        }
        return a.isNegative ? b.value.quieted : a.value.quieted
    }
}

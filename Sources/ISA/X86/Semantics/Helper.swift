// The rare and complex operations that all instantiations call: `CPU.help` does them.

/// A helper of the instruction set. What `a` and `b` are is said at each.
enum Helper: UInt16 {
    /// Divides RDX:RAX by `a`; `b` is 1 for signed numbers.
    case divide128
    /// Compares and exchanges 16 bytes at linear address `a`.
    case compareAndExchange16
    /// Gathers or spreads the bits of `a` by the mask `b`.
    case extractBits, depositBits
    /// The checksum in the low half of `a`, taken on over the bytes of `b`; their number is the high half.
    case checksum
    /// A decimal adjustment; `a` is the operation, `b` its immediate value.
    case decimal
    /// A string operation, repeated or on ports; `a` is a `StringOperation`. Gives the next RIP.
    case string
    /// Reads or writes a port: `a` is its number and, from bit 16 on, the width; `b` the value.
    case readPort, writePort
    /// Loads a segment register: `a` is its number, `b` the selector.
    case loadSegment
    /// A far jump, call or return: `a` packs what it is (`FarTransfer`), `b` is the offset. Gives the next RIP.
    case farTransfer
    /// Returns from a handler; `a` is the operand size and, from bit 8 on, the length. Gives the next RIP.
    case interruptReturn
    /// The flags as `pushf` shows them.
    case readFlags
    /// Writes the flags as `popf` with operand size `b` does.
    case writeFlags
    /// Sets (`a` is 1) or clears IF.
    case setInterruptFlag
    /// `a` is an `Operation` of the system group, `b` its operand. Gives a result or the next RIP.
    case system
    /// Reads or writes a control (`a` below 16) or debug register.
    case readControl, writeControl
    /// An operation on x87 registers or their environment; `a` packs the instruction, `b` is the operand or its
    /// address.
    case float
    /// An operation on vectors; `a` packs the instruction, `b` is an address or an integer operand.
    case vector
    /// Raises what an operation on x87 or vectors raises where it is switched off.
    case checkVector, checkFloat
}

/// What a repeated string operation is, packed into the operand of a helper.
struct StringOperation: RawRepresentable {
    let rawValue: UInt64
    init(rawValue: UInt64) { self.rawValue = rawValue }

    init(_ i: Instruction) {
        rawValue = UInt64(i.operation.rawValue) | UInt64(i.a.width) << 16 | UInt64(i.addressWidth) << 24
            | UInt64(i.segment) << 32 | UInt64(i.prefixes.intersection(.anyRepeat).rawValue) << 40
            | UInt64(i.length) << 48 | UInt64(i.codeSize.rawValue) << 56
    }

    var operation: Operation { Operation(rawValue: UInt16(truncatingIfNeeded: rawValue)) ?? .ud2 }
    var width: UInt8 { UInt8(truncatingIfNeeded: rawValue >> 16) }
    var addressWidth: UInt8 { UInt8(truncatingIfNeeded: rawValue >> 24) }
    var segment: Int { Int(UInt8(truncatingIfNeeded: rawValue >> 32)) }
    var prefixes: Prefixes { Prefixes(rawValue: UInt8(truncatingIfNeeded: rawValue >> 40)) }
    var length: UInt64 { UInt64(UInt8(truncatingIfNeeded: rawValue >> 48)) }
    var is64Bit: Bool { UInt8(truncatingIfNeeded: rawValue >> 56) == CodeSize.bits64.rawValue }
}

/// A transfer to another code segment, packed into the operand of a helper.
struct FarTransfer: RawRepresentable {
    enum Kind: UInt64 { case jump, call, returning }

    let rawValue: UInt64
    init(rawValue: UInt64) { self.rawValue = rawValue }

    /// - Parameter extra: for returns the bytes to take off the stack.
    init(_ kind: Kind, width: UInt8, length: UInt8, extra: UInt64 = 0) {
        rawValue = kind.rawValue << 16 | UInt64(width) << 24 | UInt64(length) << 32 | extra << 40
    }

    /// The selector is added to the packed value, since it is known only when the operation runs.
    var selector: UInt16 { UInt16(truncatingIfNeeded: rawValue) }
    var kind: Kind { Kind(rawValue: rawValue >> 16 & 0xff) ?? .jump }
    var width: UInt8 { UInt8(truncatingIfNeeded: rawValue >> 24) }
    var length: UInt64 { UInt64(UInt8(truncatingIfNeeded: rawValue >> 32)) }
    var extra: UInt64 { rawValue >> 40 }
}

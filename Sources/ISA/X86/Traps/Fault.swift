// Exceptions, by the numbers that instruction semantics raise them with.

/// A guest exception is on its way; which one is in `CPURuntime`. Free of allocation.
struct FaultTaken: Error {}

/// Vectors of exceptions (Intel SDM volume 3, table 6-1), with marks in the bits above.
enum Fault {
    /// An error code goes with it: the value that is raised.
    static let hasErrorCode: UInt64 = 0x100
    /// An instruction asked for it: the handler returns behind the instruction, whose length is the value.
    static let software: UInt64 = 0x200
    /// As `software`, but no privilege is needed.
    static let privilegedSoftware: UInt64 = 0x400
    /// An address that is not canonical: in the stack segment it is a stack fault.
    static let isAddress: UInt64 = 0x800

    static let divideError: UInt64 = 0
    static let debug: UInt64 = 1
    static let nonmaskable: UInt64 = 2
    static let breakpoint: UInt64 = 3
    static let overflow: UInt64 = 4
    static let boundRange: UInt64 = 5
    static let invalidOpcode: UInt64 = 6
    static let deviceNotAvailable: UInt64 = 7
    static let doubleFault: UInt64 = 8 | hasErrorCode
    static let invalidTSS: UInt64 = 10 | hasErrorCode
    static let segmentNotPresent: UInt64 = 11 | hasErrorCode
    static let stack: UInt64 = 12 | hasErrorCode
    static let generalProtection: UInt64 = 13 | hasErrorCode
    static let page: UInt64 = 14 | hasErrorCode
    static let float: UInt64 = 16
    static let alignment: UInt64 = 17 | hasErrorCode
    static let vectorFloat: UInt64 = 19
}

/// An event that a handler is entered for.
struct TrapEvent {
    enum Kind {
        /// From outside: an interrupt.
        case external
        /// An instruction could not be carried out, or asked to be told that it was.
        case exception
        /// `int n`, `int3` or `into`.
        case software
        /// `int1`.
        case privilegedSoftware
    }

    let vector: UInt8
    let kind: Kind
    /// Pushed for the handler.
    var errorCode: UInt64?
    /// The offset at which the handler's `iret` goes on.
    let returnOffset: UInt64
    /// RF is set in the flags that are pushed, so that an instruction that failed does not meet its breakpoint twice.
    var resumes = false

    /// Bit 0 of the error codes of what goes wrong on the way: no instruction asked for this event.
    var externalBit: UInt64 { kind == .software ? 0 : 1 }
    /// Needs a gate that the code's privilege may use.
    var checksGatePrivilege: Bool { kind == .software }
}

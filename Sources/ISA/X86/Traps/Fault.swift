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

    static let divideError: UInt64 = 0
    static let debug: UInt64 = 1
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

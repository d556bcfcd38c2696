// The one table of the operations' properties.

extension IROp {
    /// All properties, indexed by raw value.
    public static let table: [Properties] = leaves + arithmetic + conditions + flags + vectors + effectful + terminators

    private typealias Op = Properties

    private static let leaves: [Properties] = [
        // op                   name                 operands result immediate  detail  width  effects
        Op(.instructionStart,   "instruction",         .none, nil,  .relative, .length, .none, []),
        Op(.constant,           "constant",            .none, .i64, .bits,     .none,   .none, []),
        Op(.constantCondition,  "constant.condition",  .none, .i1,  .truth,    .none,   .none, []),
        Op(.programCounter,     "address",             .none, .i64, .relative, .none,   .none, []),
        Op(.loadState,          "load.state",          .none, .i64, .state,    .none,   .any,  .readsField),
        Op(.storeState,         "store.state",         .v,    nil,  .state,    .none,   .any,  .writesField),
    ]

    private static let arithmetic: [Properties] = [
        // op                     name                  operands result immediate detail width effects
        Op(.add,                  "add",                    .vv, .i64, .none, .none, .none, []),
        Op(.subtract,             "subtract",               .vv, .i64, .none, .none, .none, []),
        Op(.and,                  "and",                    .vv, .i64, .none, .none, .none, []),
        Op(.or,                   "or",                     .vv, .i64, .none, .none, .none, []),
        Op(.xor,                  "xor",                    .vv, .i64, .none, .none, .none, []),
        Op(.shiftLeft,            "shift.left",             .vv, .i64, .none, .none, .none, []),
        Op(.shiftRightLogical,    "shift.right.logical",    .vv, .i64, .none, .none, .none, []),
        Op(.shiftRightArithmetic, "shift.right.arithmetic", .vv, .i64, .none, .none, .none, []),
        Op(.multiply,             "multiply",               .vv, .i64, .none, .none, .none, []),
        Op(.multiplyHighUnsigned, "multiply.high.unsigned", .vv, .i64, .none, .none, .none, []),
        Op(.multiplyHighSigned,   "multiply.high.signed",   .vv, .i64, .none, .none, .none, []),
        Op(.divideUnsigned,       "divide.unsigned",        .vv, .i64, .none, .none, .none, []),
        Op(.divideSigned,         "divide.signed",          .vv, .i64, .none, .none, .none, []),
        Op(.remainderUnsigned,    "remainder.unsigned",     .vv, .i64, .none, .none, .none, []),
        Op(.remainderSigned,      "remainder.signed",       .vv, .i64, .none, .none, .none, []),
        Op(.countLeadingZeros,    "count.leading.zeros",    .v,  .i64, .none, .none, .none, []),
        Op(.countTrailingZeros,   "count.trailing.zeros",   .v,  .i64, .none, .none, .none, []),
        Op(.countOnes,            "count.ones",             .v,  .i64, .none, .none, .none, []),
        Op(.reverseBytes,         "reverse.bytes",          .v,  .i64, .none, .none, .none, []),
        Op(.signExtend,           "sign.extend",            .v,  .i64, .none, .none, .any,  []),
        Op(.zeroExtend,           "zero.extend",            .v,  .i64, .none, .none, .any,  []),
    ]

    private static let conditions: [Properties] = [
        // op               name         operands result immediate detail width effects
        Op(.isEqual,        "equal",         .vv,  .i1,  .none, .none, .none, []),
        Op(.isLessSigned,   "less.signed",   .vv,  .i1,  .none, .none, .none, []),
        Op(.isLessUnsigned, "less.unsigned", .vv,  .i1,  .none, .none, .none, []),
        Op(.not,            "not",           .c,   .i1,  .none, .none, .none, []),
        Op(.select,         "select",        .cvv, .i64, .none, .none, .none, []),
    ]

    private static let flags: [Properties] = [
        // op            name            operands result immediate detail       width effects
        Op(.statusFlags, "status.flags", .vv,     .i64,  .none,    .flags,         .any, []),
        Op(.flagsHold,   "flags.hold",   .vv,     .i1,   .none,    .flagCondition, .any, []),
    ]

    private static let vectors: [Properties] = [
        // op            name            operands result immediate detail       width effects
        Op(.vector,      "vector",       .v,      .i64,  .bits,    .vector,      .none, .vectorCompute),
        Op(.loadVector,  "load.vector",  .v,      nil,   .state,   .vectorWidth, .none, .vectorRead),
        Op(.storeVector, "store.vector", .v,      nil,   .state,   .vectorWidth, .none, .vectorWrite),
    ]

    private static let effectful: [Properties] = [
        // op                name            operands result immediate detail width effects
        Op(.load,            "load",              .v,    .i64, .none, .none,   .any,  .memoryRead),
        Op(.store,           "store",             .vv,   nil,  .none, .none,   .any,  .memoryWrite),
        Op(.atomicUpdate,    "atomic",            .vv,   .i64, .none, .atomic, .wide, .memoryUpdate),
        Op(.compareAndStore, "compare.and.store", .cvvv, .i1,  .none, .none,   .any,  .memoryUpdate),
        Op(.fence,           "fence",             .none, nil,  .none, .fence,  .none, .fence),
        Op(.float,           "float",             .vvvv, .i64, .none, .float,  .none, .accruesFlags),
        Op(.unboxSingle,     "unbox.single",      .v,    .i64, .none, .none,   .none, []),
        Op(.raiseIf,         "raise.if",          .cv,   nil,  .bits, .none,   .none, .interrupts),
        Op(.exitIf,          "exit.if",           .c,    nil,  .relative, .none, .none, .exits),
        Op(.exitToValueIf,   "exit.value.if",     .cv,   nil,  .none, .none,   .none, .exits),
        Op(.callHelper,      "helper",            .vv,   .i64, .none, .helper, .none, .everything),
    ]

    private static let terminators: [Properties] = [
        // op            name      operands result immediate detail width effects
        Op(.jump,        "jump",       .none, nil, .relative, .none, .none, .leaves),
        Op(.jumpToValue, "jump.value", .v,    nil, .none,     .none, .none, .leaves),
        Op(.branch,      "branch",     .c,    nil, .targets,  .none, .none, .leaves),
        Op(.exit,        "exit",       .none, nil, .relative, .none, .none, .leaves),
        Op(.exitToValue, "exit.value", .v,    nil, .none,     .none, .none, .leaves),
        Op(.raise,       "raise",      .v,    nil, .bits,     .none, .none, .raises),
    ]
}

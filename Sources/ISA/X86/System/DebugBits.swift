// The bits of the debug registers that control and report.

/// DR6 (Intel SDM volume 3, 17.2.3).
enum DR6 {
    static let access: UInt64 = 1 << 13
    static let singleStep: UInt64 = 1 << 14
    static let writable: UInt64 = 0xe00f
    static let fixed: UInt64 = 0xffff_0ff0
}

/// DR7 (Intel SDM volume 3, 17.2.4).
enum DR7 {
    static let generalDetect: UInt64 = 1 << 13
    static let writable: UInt64 = 0xffff_23ff
    static let fixed: UInt64 = 0x400
}

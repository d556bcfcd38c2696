// The ways in which objdump 2.40 may say something else than the decoder, and why.
@testable import X86

enum ObjdumpDifference {
    /// objdump writes prefixes that it finds no use for as words of their own.
    private static let prefixWords: Set<Substring> = [
        "lock", "rep", "repz", "repnz", "data16", "data32", "addr16", "addr32", "cs", "ds", "es", "ss", "fs", "gs",
        "bnd", "notrack", "xacquire", "xrelease", "{vex}",
    ]

    /// Extensions that the machine does not have: AVX and later, 3DNow!, SSE4a, SHA, MPX, CET, VMX, SVM,
    /// SGX, VIA's Padlock, key locker and the like.
    private static let foreign: [String] = [
        "v", "pf", "k", "sha", "bnd", "gf2p8", "xcrypt", "xsha", "aesenc128", "aesenc256", "aesdec128", "aesdec256",
        "aesencwide", "aesdecwide", "encl", "inv", "aeskeygen", "cmp", "t", "{", "wru", "wrs", "rdpid", "u", "llwp",
        "slwp",
    ]
    private static let foreignNames: Set<Substring> = [
        "femms", "pi2fd", "pi2fw", "pavgusb", "pmulhrw", "pswapd", "getsec", "extrq", "insertq", "movntss", "movntsd",
        "xsavec", "xsavec64", "xsaves", "xsaves64", "xrstors", "xrstors64", "aadd", "axor", "aor", "aand", "movdiri",
        "movdir64b", "enqcmd", "enqcmds", "ptwrite", "xtest", "xbegin", "xend", "xabort", "serialize", "loadiwkey",
        "encodekey128", "encodekey256", "clwb", "clgi", "stgi", "skinit", "xstore-rng", "montmul", "rdpkru", "wrpkru",
        "umwait", "umonitor", "tpause", "monitorx", "mwaitx", "clzero", "rdpru", "mcommit", "pconfig", "wrmsrns",
        "hreset", "rstorssp", "saveprevssp", "setssbsy", "clrssbsy", "incsspd", "incsspq", "rdsspd", "rdsspq",
        "endbr32", "endbr64", "wbnoinvd", "cldemote", "clui", "stui", "testui", "uiret", "senduipi", "psmash",
        "pvalidate", "rmpadjust", "rmpupdate", "seamcall", "seamops", "seamret", "tdcall", "xsusldtrk", "xresldtrk",
        "rdmsrlist", "wrmsrlist", "pbndkb", ".byte", "frstpm(287", "prefetchit0", "prefetchit1",
        "ldtilecfg", "sttilecfg",
    ]
    /// In 32-bit code these are AMD's alone, and the machine has them in 64-bit code only.
    private static let only64: Set<Substring> = [
        "syscall", "sysret", "sysretd", "swapgs", "rdfsbase", "rdgsbase", "wrfsbase", "wrgsbase",
    ]

    /// - Parameters:
    ///   - own: our length; 0 when we refuse the bytes.
    ///   - theirs: objdump's length.
    static func explains(
        _ own: Int, _ theirs: Int, _ text: Substring, _ bytes: [UInt8], _ address: Int, _ size: CodeSize
    ) -> Bool {
        var words = text.split(separator: " ")
        let locks = words.contains("lock")
        while let first = words.first, prefixWords.contains(first) || first.hasPrefix("rex") { words.removeFirst() }
        // Prefixes without an instruction behind them: the rest comes in the next line.
        guard let name = words.first else { return true }
        let code = bytes[address..<min(address + 15, bytes.count)].drop { isPrefix($0, size) }
        if own == 0 {
            return locks || isForeign(name, size) || namesNoRegister(text) || hasUselessPrefix(text)
        }
        // objdump shows the waiting forms of x87 operations as one instruction.
        if code.first == 0x9b { return true }
        return text.contains("(bad)") && isUndocumented(code)
    }

    private static func isForeign(_ name: Substring, _ size: CodeSize) -> Bool {
        if size != .bits64 && only64.contains(name) { return true }
        return foreignNames.contains(name) || foreign.contains { name.hasPrefix($0) }
    }

    /// A segment, control or test register that does not exist, or `mov cs`.
    private static func namesNoRegister(_ text: Substring) -> Bool {
        if text.contains("?") || text.contains("mov    cs,") || text.contains("mov cs,") { return true }
        if text.contains("tr") { return true }
        return ["cr1", "cr5", "cr6", "cr7", "cr9"].contains { text.contains($0) }
    }

    /// A prefix that chooses between operations, where there is nothing to choose: objdump passes over it.
    private static func hasUselessPrefix(_ text: Substring) -> Bool {
        ["rep", "data16", "data32"].contains { text.contains($0) }
    }

    /// Encodings that processors have and no manual names (`salc`, repetitions of x87 operations, fences
    /// with any low field), operands that only MPX would refuse, and prefixes that are passed over.
    private static func isUndocumented(_ code: ArraySlice<UInt8>) -> Bool {
        guard let first = code.first else { return false }
        if first == 0xd6 || (0xd8...0xdf).contains(first) { return true }
        let second = code.dropFirst().first ?? 0
        return first == 0x0f && [0x09, 0x1a, 0x1b, 0xae, 0xbc, 0xbd].contains(second)
    }

    private static func isPrefix(_ byte: UInt8, _ size: CodeSize) -> Bool {
        if size == .bits64 && byte & 0xf0 == 0x40 { return true }
        return [0x26, 0x2e, 0x36, 0x3e, 0x64, 0x65, 0x66, 0x67, 0xf0, 0xf2, 0xf3].contains(byte)
    }
}

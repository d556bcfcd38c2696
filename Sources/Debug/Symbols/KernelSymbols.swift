// A kernel's symbols, as text says them.

/// What `nm`, a `System.map` and `/proc/kallsyms` say: an address, the kind of the symbol as a letter, a name, and
/// perhaps a module in brackets (nm(1), proc_kallsyms(5)).
public struct KernelSymbols: Equatable, Sendable {
    /// A symbol with its address.
    public struct Symbol: Equatable, Sendable {
        /// Where it is.
        public var address: UInt64
        /// It is code.
        public var isCode: Bool
        /// Other files may use it.
        public var isGlobal: Bool
        /// Its name.
        public var name: String
    }

    /// By ascending address; at least one.
    public let symbols: [Symbol]

    /// The largest text that is read, in bytes: a kernel with all its modules has some 15 MiB.
    public static let maximumByteCount = 128 << 20
    private static let maximumNameByteCount = 1024

    /// Reads such a text.
    /// - Throws: `KernelSymbolsError`.
    public init(parsing bytes: [UInt8]) throws(KernelSymbolsError) {
        var symbols: [Symbol] = []
        var hasHiddenAddresses = false
        for (index, line) in bytes.split(separator: UInt8(ascii: "\n")).enumerated() {
            guard let symbol = Self.symbol(line) else { throw .malformed(line: index + 1) }
            // Code and data; absolute values and undefined names are of no use to a debugger.
            guard let kind = symbol.kind, "TtWwDdBbRrVvSsGg".utf8.contains(kind) else { continue }
            if symbol.address == 0 { hasHiddenAddresses = true } else { symbols.append(Symbol(symbol, kind)) }
        }
        guard !symbols.isEmpty else { throw hasHiddenAddresses ? .hidden : .empty }
        self.symbols = symbols.sorted { ($0.address, $0.name) < ($1.address, $1.name) }
    }

    fileprivate struct Line {
        var address: UInt64
        var kind: UInt8?
        var name: String
    }

    private static func symbol(_ line: ArraySlice<UInt8>) -> Line? {
        let words = line.split { $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\t") }
        // An undefined symbol has no address.
        if words.count == 2, words[0].count == 1 { return Line(address: 0, kind: nil, name: "") }
        guard (3...4).contains(words.count), words[1].count == 1, words[2].count <= maximumNameByteCount,
            let address = UInt64(String(decoding: words[0], as: UTF8.self), radix: 16)
        else { return nil }
        return Line(address: address, kind: words[1].first, name: String(decoding: words[2], as: UTF8.self))
    }
}

extension KernelSymbols.Symbol {
    fileprivate init(_ line: KernelSymbols.Line, _ kind: UInt8) {
        let isLower = (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(kind)
        self.init(
            address: line.address, isCode: "TtWw".utf8.contains(kind), isGlobal: !isLower, name: line.name)
    }
}

/// Why a text has no symbols.
public enum KernelSymbolsError: Error, Equatable, Sendable, CustomStringConvertible {
    /// A line is not what `nm` prints.
    case malformed(line: Int)
    /// There are none.
    case empty
    /// All addresses are 0, as those are for whom the kernel hides them.
    case hidden

    public var description: String {
        switch self {
        case .malformed(let line):
            "line \(line) is no symbol: give what the guest has in /proc/kallsyms, a System.map, or what nm prints"
        case .empty:
            "there are no symbols in it: give what the guest has in /proc/kallsyms, a System.map, or what nm prints"
        case .hidden:
            "all its addresses are 0: read /proc/kallsyms as root, after `sysctl kernel.kptr_restrict=0`"
        }
    }
}

// Cuts a stream of bytes into lines.

/// Collects bytes until a line is whole. Lines longer than the limit are cut.
struct LineSplitter {
    private var pending: [UInt8] = []
    private static let limit = 64 << 10

    /// Takes more bytes and hands on each line that they complete.
    mutating func add(_ bytes: ArraySlice<UInt8>, _ onLine: (String) -> Void) {
        for byte in bytes {
            if byte == UInt8(ascii: "\n") || pending.count >= Self.limit { finish(onLine) }
            if byte != UInt8(ascii: "\n") { pending.append(byte) }
        }
    }

    /// Hands on what is left after the last line end.
    mutating func finish(_ onLine: (String) -> Void) {
        guard !pending.isEmpty else { return }
        onLine(String(decoding: pending, as: UTF8.self))
        pending.removeAll(keepingCapacity: true)
    }
}

/// The end of a program's output, for its error message.
struct LastLines {
    private var splitter = LineSplitter()
    private var kept: [String] = []
    private static let count = 8

    mutating func add(_ bytes: ArraySlice<UInt8>) {
        splitter.add(bytes) { Self.keep($0, in: &kept) }
    }

    /// The last lines that say something.
    var lines: [String] {
        var rest = splitter
        var result = kept
        rest.finish { Self.keep($0, in: &result) }
        return result
    }

    private static func keep(_ line: String, in lines: inout [String]) {
        let text = line.prefix(400)
        guard text.contains(where: { !$0.isWhitespace }), !text.hasPrefix("dlstatus:") else { return }
        lines.append(String(text))
        if lines.count > count { lines.removeFirst() }
    }
}

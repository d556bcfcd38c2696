// "Did you mean": the known name that is nearest to a mistyped one.

/// Finds near names.
public enum NearestName {
    /// The known name that needs the fewest edits to become `name`, if that is few enough to be a slip.
    public static func of(_ name: String, among known: [String]) -> String? {
        guard name.utf8.count <= 64 else { return nil }
        let distances = known.map { (name: $0, distance: distance(Array(name.utf8), Array($0.utf8))) }
        guard let best = distances.min(by: { $0.distance < $1.distance }) else { return nil }
        return best.distance <= max(1, min(name.utf8.count, best.name.utf8.count) / 3) ? best.name : nil
    }

    /// ` (did you mean 'x'?)`, or a list of what there is.
    static func hint(for name: String, among known: [String]) -> String {
        if let near = of(name, among: known) { return "did you mean '\(near)'?" }
        return "choose one of: \(known.joined(separator: ", "))"
    }

    /// Insertions, deletions, replacements and swaps of neighbours (optimal string alignment), with case
    /// ignored.
    private static func distance(_ first: [UInt8], _ second: [UInt8]) -> Int {
        let (first, second) = (first.map(lowercase), second.map(lowercase))
        var rows = [Array(0...second.count)]
        for (i, byte) in first.enumerated() {
            var row = [i + 1]
            for (j, other) in second.enumerated() {
                var best = min(rows[i][j + 1] + 1, row[j] + 1, rows[i][j] + (byte == other ? 0 : 1))
                if i > 0 && j > 0 && byte == second[j - 1] && first[i - 1] == other {
                    best = min(best, rows[i - 1][j - 1] + 1)
                }
                row.append(best)
            }
            rows.append(row)
        }
        return rows[first.count][second.count]
    }

    private static func lowercase(_ byte: UInt8) -> UInt8 {
        (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte) ? byte + 32 : byte
    }
}

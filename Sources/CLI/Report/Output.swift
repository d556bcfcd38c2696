// Data on standard output.
import Foundation
import HostOS

/// What a command was asked for.
enum Output {
    /// Writes a line.
    static func write(_ text: String) { _ = StandardStream.output.write(Array((text + "\n").utf8)) }

    /// Writes a value as JSON with sorted keys.
    static func write(json value: some Encodable) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        write(String(decoding: try encoder.encode(value), as: UTF8.self))
    }

    /// Writes rows in aligned columns; the first row is the heading.
    static func write(table rows: [[String]]) {
        guard let heading = rows.first else { return }
        let widths = heading.indices.map { column in rows.map { $0[column].count }.max() ?? 0 }
        for (number, row) in rows.enumerated() {
            let cells = zip(row, widths).map { $0.padding(toLength: $1, withPad: " ", startingAt: 0) }
            let line = cells.joined(separator: "  ")
            let end = line.lastIndex { $0 != " " }.map { line.index(after: $0) } ?? line.startIndex
            write(number == 0 ? Style.output.bold(String(line[..<end])) : String(line[..<end]))
        }
    }
}

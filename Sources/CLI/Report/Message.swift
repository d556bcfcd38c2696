// What Starling itself says to people, on standard error.
import Foundation
import HostOS

/// Lines on standard error, so that standard output is the guest's or the data's alone.
enum Message {
    /// Says one line.
    static func say(_ text: String) { write("starling: \(singleLine(text))") }

    /// Says why the command fails.
    static func fail(_ text: String) {
        write(Style.errors.red("starling:") + " \(singleLine(text))")
    }

    /// Writes lines as they are.
    static func write(_ text: String) {
        // A terminal in raw mode does not return the carriage by itself.
        let end = Terminal.isInRawMode ? "\r\n" : "\n"
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false).joined(separator: end)
        _ = StandardStream.errors.write(Array((lines + end).utf8))
    }

    /// One line without control characters, whatever names and files it quotes.
    static func singleLine(_ text: String) -> String {
        let lines = text.split(whereSeparator: \.isNewline).map { $0.trimmingCharacters(in: .whitespaces) }
        let scalars = lines.joined(separator: " ").unicodeScalars.map { scalar in
            scalar.properties.generalCategory == .control ? "\u{fffd}" : scalar
        }
        return String(String.UnicodeScalarView(scalars))
    }
}

// Colour, where it is wanted.
import Foundation
import HostOS

/// Colours text for one stream: only on a terminal that knows colours, and not with NO_COLOR
/// (no-color.org).
struct Style {
    private let isColoured: Bool

    static let errors = Style(.errors)
    static let output = Style(.output)

    private init(_ stream: StandardStream) {
        let environment = ProcessInfo.processInfo.environment
        isColoured =
            stream.isTerminal && (environment["NO_COLOR"] ?? "").isEmpty && environment["TERM"] != "dumb"
    }

    func red(_ text: String) -> String { paint(text, "31") }
    func green(_ text: String) -> String { paint(text, "32") }
    func bold(_ text: String) -> String { paint(text, "1") }

    private func paint(_ text: String, _ code: String) -> String {
        isColoured ? "\u{1b}[\(code)m\(text)\u{1b}[0m" : text
    }
}

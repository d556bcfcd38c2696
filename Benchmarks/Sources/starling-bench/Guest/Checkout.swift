// Where this checkout is: the benchmark is a tool of the sources and runs from them.
import Foundation

enum Checkout {
    /// The folder `Benchmarks`.
    static let benchmarks = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent()

    /// The release build of the command.
    static let starling = benchmarks.deletingLastPathComponent().appendingPathComponent(
        ".build/release/starling")
}

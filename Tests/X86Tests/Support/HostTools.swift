// Runs the host's gcc and objdump in a folder of their own.
import Foundation

/// A temporary folder, and programs that work in it.
struct HostTools {
    struct Failure: Error, CustomStringConvertible {
        let description: String
    }

    private let folder: URL

    init() throws {
        folder = FileManager.default.temporaryDirectory.appending(path: "x86-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    }

    func remove() { try? FileManager.default.removeItem(at: folder) }

    func path(_ name: String) -> String { folder.appending(path: name).path }

    func write(_ bytes: [UInt8], to name: String) throws { try Data(bytes).write(to: folder.appending(path: name)) }

    func write(_ text: String, to name: String) throws { try write(Array(text.utf8), to: name) }

    func read(_ name: String) throws -> [UInt8] { Array(try Data(contentsOf: folder.appending(path: name))) }

    /// Runs `program` of `package` with standard input and output in files.
    func run(
        _ program: String, package: String, _ arguments: [String], input: String? = nil, output: String? = nil
    ) throws {
        guard FileManager.default.isExecutableFile(atPath: program) else {
            throw Failure(description: "\(program) is missing: install the package \(package)")
        }
        let process = Process()
        process.executableURL = URL(fileURLWithPath: program)
        process.arguments = arguments
        process.currentDirectoryURL = folder
        if let input { process.standardInput = try FileHandle(forReadingFrom: folder.appending(path: input)) }
        if let output {
            try write([], to: output)
            process.standardOutput = try FileHandle(forWritingTo: folder.appending(path: output))
        }
        try process.run()
        process.waitUntilExit()
        guard process.terminationReason == .exit, process.terminationStatus == 0 else {
            throw Failure(description: "\(program) failed with \(process.terminationStatus)")
        }
    }
}

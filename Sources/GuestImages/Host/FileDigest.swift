// SHA-256 of files, by the host's sha256sum.
import Foundation

/// Checksums of file contents.
enum FileDigest {
    /// The SHA-256 of each file, in the order given, as 64 lower-case hexadecimal digits.
    /// - Throws: `ImageError.programFailed` when a file cannot be read.
    static func sha256(of files: [URL]) throws -> [String] {
        try digests(of: files.map(\.path), program: "sha256sum", digits: 64)
    }

    /// The MD5 of each file, which dpkg records for configuration files; not for security.
    static func md5(of files: [URL]) throws -> [String] {
        try digests(of: files.map(\.path), program: "md5sum", digits: 32)
    }

    /// Programs take a limited amount of arguments (128 KiB is always safe).
    private static let batch = 256

    private static func digests(of paths: [String], program: String, digits: Int) throws -> [String] {
        var result: [String] = []
        let runner = ProgramRunner(log: nil)
        for start in stride(from: 0, to: paths.count, by: batch) {
            let part = Array(paths[start..<min(start + batch, paths.count)])
            // With --zero names are printed as they are, without escapes.
            let output = try runner.output(program, ["--zero", "--"] + part)
            let lines = output.split(separator: 0)
            guard lines.count == part.count else {
                throw ImageError.programFailed(
                    program: program, status: 0, lastLines: ["unexpected output"], log: "-")
            }
            result += lines.map { String(decoding: $0.prefix(digits), as: UTF8.self) }
        }
        return result
    }
}

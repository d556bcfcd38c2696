// A package that a build needs, as the signed index describes it.

/// One line of `apt-get --print-uris`: `'<uri>' <file> <size> SHA256:<digest>`.
struct PlannedPackage: Codable, Equatable {
    /// The name of the file in the download folder, `<name>_<version>_<architecture>.deb`, with the
    /// colon of an epoch as `%3a`.
    var file: String
    var name: String
    var version: String
    var architecture: String
    var byteCount: UInt64
    var sha256: String

    /// Reads a line; nil for lines that are no download.
    /// - Throws: `ImageError.badDownload` for a download without SHA-256 or with an odd file name.
    init?(line: String) throws {
        guard line.hasPrefix("'"), let quote = line.dropFirst().firstIndex(of: "'") else { return nil }
        let fields = line[line.index(after: quote)...].split(separator: " ").map(String.init)
        guard let file = fields.first else { return nil }
        let parts = file.split(separator: "_", omittingEmptySubsequences: false).map(String.init)
        let mark = "SHA256:"
        guard fields.count >= 3, let size = UInt64(fields[1]), fields[2].hasPrefix(mark),
            parts.count == 3, parts[2].hasSuffix(".deb"), !file.contains("/")
        else { throw ImageError.badDownload(file: file) }
        self.file = file
        name = parts[0]
        version = Self.unescape(parts[1])
        architecture = String(parts[2].dropLast(".deb".count))
        byteCount = size
        sha256 = String(fields[2].dropFirst(mark.count))
    }

    private static func unescape(_ text: String) -> String {
        text.replacing("%3a", with: ":").replacing("%3A", with: ":")
    }

    /// The package as the manifest lists it.
    var packageVersion: PackageVersion {
        PackageVersion(name: name, version: version, architecture: architecture)
    }
}

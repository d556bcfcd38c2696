// Packages that tests make on the spot.
import Foundation

@testable import GuestImages

extension PlannedPackage {
    /// Builds a package into the downloads of `store`.
    /// - Parameters:
    ///   - files: their contents by path; one below `etc/pam.d` becomes a configuration file.
    ///   - links: targets of symbolic links by path.
    init(
        building name: String, files: [String: String], links: [String: String] = [:],
        in scratch: ScratchFolder, _ store: ImageStore
    ) throws {
        let tree = "packages/\(name)"
        for (path, text) in files { try scratch.write("\(tree)/\(path)", text) }
        let control =
            "Package: \(name)\nVersion: 1\nArchitecture: all\nMaintainer: T <t@mail.example>\n"
            + "Description: test\n"
        try scratch.write("\(tree)/DEBIAN/control", control)
        let configuration = files.keys.filter { $0.hasPrefix("etc/pam.d/") }.sorted()
        if !configuration.isEmpty {
            let lines = configuration.map { "/\($0)\n" }.joined()
            try scratch.write("\(tree)/DEBIAN/conffiles", lines)
        }
        let root = scratch.url.appendingPathComponent(tree)
        for (path, target) in links {
            try HostFiles.makeFolder(root.appendingPathComponent(target))
            try FileManager.default.createSymbolicLink(
                atPath: root.appendingPathComponent(path).path, withDestinationPath: target)
        }
        let file = "\(name)_1_all.deb"
        let deb = store.downloads.appendingPathComponent(file)
        try ProgramRunner(log: nil).run(
            "dpkg-deb", ["--root-owner-group", "-Zgzip", "--build", root.path, deb.path])
        // Nobody looks at the checksum.
        let size = HostFiles.byteCount(of: deb) ?? 0
        let line = "'http://mirror.example/\(file)' \(file) \(size) SHA256:00"
        guard let package = try PlannedPackage(line: line) else { throw ImageError.badDownload(file: file) }
        self = package
    }
}

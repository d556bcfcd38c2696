// dpkg's and apt's record of what is in the root file system.
import Foundation

/// Writes `/var/lib/dpkg` with every package as unpacked, so that `dpkg -l` shows them and
/// `dpkg --configure -a` in the guest runs their maintainer scripts (dpkg(1), "package states").
struct PackageDatabase {
    let recipe: ImageRecipe
    let packages: [PlannedPackage]
    /// The folder of the step "unpack".
    let unpacked: URL

    private static let folder = "/var/lib/dpkg"

    func write(to overlay: inout Overlay, _ context: BuildContext, scratch: URL) throws {
        var status = ""
        var triggers = TriggerTable()
        for (index, package) in packages.enumerated() {
            context.report(package.name, Double(index) / Double(packages.count))
            let folder = UnpackStep.control(of: package.name, unpacked)
            let control = try HostFiles.text(folder.appendingPathComponent("control"))
            let conffiles = try conffiles(of: package, in: folder, context, scratch: scratch)
            status +=
                try Self.statusEntry(control: control, conffiles: conffiles, package: package.name) + "\n"
            try addInfo(of: package, control: control, from: folder, to: &overlay)
            if let text = try? HostFiles.text(folder.appendingPathComponent("triggers")) {
                triggers.add(text, package: package.name)
            }
        }
        try overlay.addFile("\(Self.folder)/status", status)
        try overlay.addFile("\(Self.folder)/available", "")
        try overlay.addFile("\(Self.folder)/info/format", "1\n")
        try overlay.addFile("\(Self.folder)/triggers/File", triggers.files)
        for (name, interested) in triggers.named.sorted(by: { $0.key < $1.key }) {
            try overlay.addFile("\(Self.folder)/triggers/\(name)", interested)
        }
        try overlay.addFile("/var/lib/apt/extended_states", extendedStates)
    }

    /// A paragraph of the status file: the control file with the state and the configuration files.
    static func statusEntry(control: String, conffiles: [(path: String, md5: String)], package: String) throws
        -> String
    {
        var lines = control.split(separator: "\n").map(String.init)
        guard let first = lines.first, first.hasPrefix("Package:") else {
            throw ImageError.unexpectedPackage(
                package: package, reason: "its control file starts with no name")
        }
        lines.insert("Status: install ok unpacked", at: 1)
        if !conffiles.isEmpty {
            lines.append("Conffiles:")
            lines += conffiles.map { " \($0.path) \($0.md5)" }
        }
        return lines.joined(separator: "\n") + "\n"
    }

    private func conffiles(
        of package: PlannedPackage, in folder: URL, _ context: BuildContext, scratch: URL
    ) throws -> [(path: String, md5: String)] {
        let list = folder.appendingPathComponent("conffiles")
        guard HostFiles.byteCount(of: list) != nil else { return [] }
        // Lines with a flag before the path name files that an upgrade removes.
        let paths = try HostFiles.text(list).split(separator: "\n").map(String.init).filter {
            $0.hasPrefix("/")
        }
        guard !paths.isEmpty else { return [] }
        try UnpackStep.extract(paths, of: package.name, into: scratch, context)
        return Array(zip(paths, try FileDigest.md5(of: paths.map { scratch.appendingPathComponent($0) })))
    }

    private func addInfo(
        of package: PlannedPackage, control: String, from folder: URL, to overlay: inout Overlay
    ) throws {
        let isSame = control.split(separator: "\n").contains("Multi-Arch: same")
        let stem = "\(Self.folder)/info/\(package.name)" + (isSame ? ":\(package.architecture)" : "")
        for member in try HostFiles.names(in: folder) where member != "control" {
            let url = folder.appendingPathComponent(member)
            let isScript = ["preinst", "postinst", "prerm", "postrm", "config"].contains(member)
            let data = try HostFiles.translating(url.path) { try Data(contentsOf: url) }
            try overlay.addFile("\(stem).\(member)", data, mode: isScript ? 0o755 : 0o644)
        }
        let list = try HostFiles.text(UnpackStep.list(of: package.name, unpacked))
        try overlay.addFile("\(stem).list", list)
    }

    /// What nobody asked for by name is there only because others need it.
    private var extendedStates: String {
        packages.filter { !recipe.packages.contains($0.name) }.map {
            "Package: \($0.name)\nArchitecture: \(recipe.architecture)\nAuto-Installed: 1\n\n"
        }.joined()
    }
}

/// The triggers that packages are interested in (deb-triggers(5)).
struct TriggerTable {
    /// The lines of dpkg's table of file triggers.
    private(set) var files = ""
    /// For each trigger by name, the lines of those interested.
    private(set) var named: [String: String] = [:]

    mutating func add(_ text: String, package: String) {
        for line in text.split(separator: "\n") {
            let words = line.prefix { $0 != "#" }.split(whereSeparator: \.isWhitespace).map(String.init)
            guard words.count == 2, words[0].hasPrefix("interest") else { continue }
            let entry = package + (words[0] == "interest-noawait" ? "/noawait" : "")
            if words[1].hasPrefix("/") {
                files += "\(words[1]) \(entry)\n"
            } else if !words[1].contains("/") {
                named[words[1], default: ""] += "\(entry)\n"
            }
        }
    }
}

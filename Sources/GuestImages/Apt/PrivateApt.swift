// apt with a state of its own, for another architecture, without root.
import Foundation

/// Runs the host's apt-get with its own lists, cache and dpkg status. The host's settings (proxies,
/// certificates, logins of mirrors) still hold; its packages are neither seen nor changed.
struct PrivateApt {
    let architecture: String
    /// A folder with `.sources` files.
    let sources: URL
    /// Where the indexes of the archive are.
    let lists: URL
    /// Where apt keeps what it can make again; must exist.
    let cache: URL
    let runner: ProgramRunner

    /// The name of the stand-in package below.
    static let standIn = "starling-guest"

    /// Kernel packages ask for a tool that makes an initramfs; this builder is that tool.
    private var status: String {
        """
        Package: \(Self.standIn)
        Status: install ok installed
        Maintainer: Starling <root@localhost>
        Architecture: all
        Version: 1
        Provides: linux-initramfs-tool
        Description: makes the initramfs of guest images

        """
    }

    private var configuration: String {
        """
        #clear APT::Update::Pre-Invoke;
        #clear APT::Update::Post-Invoke;
        #clear APT::Update::Post-Invoke-Success;
        #clear DPkg::Pre-Install-Pkgs;
        #clear APT::Architectures;
        #clear DPkg::Pre-Invoke;
        #clear DPkg::Post-Invoke;
        APT::Architecture "\(architecture)";
        APT::Architectures { "\(architecture)"; };
        APT::Default-Release "";
        APT::Install-Recommends "false";
        APT::Install-Suggests "false";
        APT::Get::AllowUnauthenticated "false";
        APT::Update::Error-Mode "any";
        APT::Sandbox::User "root";
        APT::Keep-Downloaded-Packages "true";
        Acquire::Languages "none";
        Acquire::ForceHash "SHA256";
        Acquire::Retries "3";
        Dir::Etc::SourceList "/dev/null";
        Dir::Etc::SourceParts "\(sources.path)";
        Dir::Etc::Preferences "/dev/null";
        Dir::Etc::PreferencesParts "/dev/null";
        Dir::State "\(cache.path)/state";
        Dir::State::Lists "\(lists.path)";
        Dir::State::Status "\(cache.path)/state/status";
        Dir::Cache "\(cache.path)";
        Dir::Cache::pkgcache "pkgcache.bin";
        Dir::Cache::srcpkgcache "srcpkgcache.bin";
        Dir::Log "\(cache.path)";

        """
    }

    /// Writes the configuration and makes the folders that apt expects.
    func prepare() throws {
        for folder in [lists.appendingPathComponent("partial"), cache.appendingPathComponent("state")] {
            try HostFiles.makeFolder(folder)
        }
        try HostFiles.write(Data(configuration.utf8), to: configurationFile)
        try HostFiles.write(Data(status.utf8), to: cache.appendingPathComponent("state/status"))
    }

    private var configurationFile: URL { cache.appendingPathComponent("apt.conf") }
    private var common: [String] { ["-c", configurationFile.path] }

    /// Fetches the indexes; apt checks their signatures.
    func update() throws {
        try runner.run("apt-get", common + ["-q", "update"])
    }

    /// What an installation of `packages` on an empty system would download.
    func plan(_ packages: [String]) throws -> [PlannedPackage] {
        let empty = cache.appendingPathComponent("no-archives")
        try HostFiles.makeFolder(empty.appendingPathComponent("partial"))
        let output = try runner.output(
            "apt-get",
            common + ["-o", "Dir::Cache::archives=\(empty.path)", "-qq", "-y", "--print-uris", "install"]
                + packages)
        return try String(decoding: output, as: UTF8.self).split(separator: "\n")
            .compactMap { try PlannedPackage(line: String($0)) }
    }

    /// Downloads them into `folder`, going on with what is there. `progress` hears the fraction done.
    func download(_ packages: [String], into folder: URL, progress: (Double) -> Void) throws {
        try HostFiles.makeFolder(folder.appendingPathComponent("partial"))
        let arguments =
            common + ["-o", "Dir::Cache::archives=\(folder.path)", "-o", "APT::Status-Fd=1"]
            + ["-q", "-y", "--download-only", "install"] + packages
        for attempt in 1... {
            do {
                return try runner.run("apt-get", arguments) { Self.readProgress($0, progress) }
            } catch ImageError.programFailed(_, _, let lines, _)
                where attempt < Self.lockAttempts
                && lines.contains(where: { $0.contains("Could not get lock") })
            {
                // The apt-get of a builder that was killed ends by itself soon.
                sleep(1)
            }
        }
    }

    /// How many seconds another apt-get may hold the download folder.
    private static let lockAttempts = 30

    /// `dlstatus:<number of the item>:<percent>:<text>`
    private static func readProgress(_ line: String, _ progress: (Double) -> Void) {
        let fields = line.split(separator: ":")
        guard fields.count >= 3, fields[0] == "dlstatus", let percent = Double(fields[2]) else { return }
        progress(min(max(percent / 100, 0), 1))
    }
}

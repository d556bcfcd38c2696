// The steps that talk to the archive, with a stand-in for apt-get.
import Foundation
import Testing

@testable import GuestImages

@Suite struct FetchStepsTests {
    private let scratch: ScratchFolder
    private let context: BuildContext

    /// The stand-in answers from files of the scratch folder: `refused` lists suites that do not work,
    /// `says` is what it prints then, `uris` and `uris-kernel` are plans, `archive/` holds packages.
    private static let aptGet = #"""
        #!/bin/sh
        here=HERE
        parts=$(sed -n 's/^Dir::Etc::SourceParts "\(.*\)";$/\1/p' "$2")
        case "$*" in
            *" update")
                echo update >>"$here/calls"
                for suite in $(cat "$here/refused" 2>/dev/null); do
                    grep -qx "Suites: $suite" "$parts"/* && { cat "$here/says" >&2; exit 100; }
                done ;;
            *--print-uris*linux-image*) cat "$here/uris-kernel" ;;
            *--print-uris*) cat "$here/uris" ;;
            *--download-only*)
                echo download >>"$here/calls"
                if [ -e "$here/busy" ]; then
                    rm "$here/busy"
                    echo "E: Could not get lock archives/lock" >&2
                    exit 100
                fi
                for word in "$@"; do
                    case $word in Dir::Cache::archives=*) archives=${word#*=} ;; esac
                done
                echo dlstatus:1:50:half
                cp -n "$here"/archive/* "$archives" ;;
        esac
        exit 0

        """#

    init() throws {
        scratch = try ScratchFolder()
        let programs = scratch.url.appendingPathComponent("programs")
        let script = Self.aptGet.replacing("HERE", with: scratch.url.path)
        try scratch.write("programs/apt-get", script, mode: 0o755)
        try scratch.write(
            "apt/sources.list",
            """
            deb http://mirror.example/debian bookworm main
            deb http://mirror.example/debian bookworm-updates main
            deb http://mirror.example/debian-security bookworm-security main
            """)
        var host = BuildHost()
        host.aptFolder = scratch.url.appendingPathComponent("apt")
        host.keyrings = [try scratch.write("keys.gpg", "").path]
        host.searchPath = [programs.path] + host.searchPath
        let store = ImageStore(root: scratch.url.appendingPathComponent("home"))
        context = BuildContext(
            recipe: try smallRecipe(), store: store, host: host, work: store.workFolder(of: "small"))
        try HostFiles.makeFolder(store.downloads)
    }

    private func run(
        _ step: any BuildStep, _ report: @escaping (String?, Double?) -> Void = { _, _ in }
    ) throws {
        let folder = context.folder(of: step.name)
        try HostFiles.remove(folder)
        try HostFiles.makeFolder(folder)
        var reporting = context
        reporting.report = report
        try step.run(reporting, into: folder)
    }

    private func suites() throws -> [String] {
        let parts = context.folder(of: UpdateStep.name).appendingPathComponent(UpdateStep.parts)
        return try HostFiles.names(in: parts).map(UpdateStep.suite)
    }

    @Test func sourcesNameTheArchitectureAndTheKeys() throws {
        try run(SourcesStep())
        let parts = context.folder(of: SourcesStep.name).appendingPathComponent(SourcesStep.parts)
        #expect(
            try HostFiles.names(in: parts) == [
                "100-trixie.sources", "101-trixie-updates.sources", "102-trixie-security.sources",
            ])
        let text = try HostFiles.text(parts.appendingPathComponent("100-trixie.sources"))
        #expect(text.contains("Architectures: riscv64\nSigned-By: \(context.host.keyrings[0])\n"))
        let guest = context.folder(of: SourcesStep.name).appendingPathComponent(SourcesStep.guestFile)
        #expect(try AptSourceParser.deb822(HostFiles.text(guest)).count == 3)
    }

    @Test func aRecipeOfAnotherArchitectureAsksForNothingElse() throws {
        let other = BuildContext(
            recipe: try smallRecipe(of: amd64), store: context.store, host: context.host,
            work: context.store.workFolder(of: "other"))
        let folder = other.folder(of: SourcesStep.name)
        try HostFiles.makeFolder(folder)
        try SourcesStep().run(other, into: folder)
        let parts = folder.appendingPathComponent(SourcesStep.parts)
        let names = try HostFiles.names(in: parts)
        #expect(names.map(UpdateStep.suite) == ["bookworm", "bookworm-updates", "bookworm-security"])
        for name in names {
            let text = try HostFiles.text(parts.appendingPathComponent(name))
            #expect(text.contains("Architectures: amd64\n"))
        }
        try UpdateStep.apt(other).prepare()
        let configuration = try HostFiles.text(other.folder(of: "apt-cache/apt.conf"))
        #expect(configuration.contains("APT::Architectures { \"amd64\"; };"))
        #expect(!configuration.contains("riscv64"))
    }

    @Test func allSuitesThatWorkAreUsed() throws {
        try run(SourcesStep())
        try run(UpdateStep())
        #expect(try suites() == ["trixie", "trixie-updates", "trixie-security"])
        #expect(try HostFiles.text(scratch.url.appendingPathComponent("calls")) == "update\n")
    }

    @Test func aSuiteThatDoesNotWorkIsLeftOutAndToldOf() throws {
        try run(SourcesStep())
        try scratch.write("refused", "trixie-updates")
        try scratch.write("says", "E: File has unexpected size. Mirror sync in progress?\n")
        var told: [String] = []
        try run(UpdateStep()) { text, _ in told += [text].compactMap(\.self) }
        #expect(try suites() == ["trixie", "trixie-security"])
        #expect(told == ["trixie-updates is not usable on this mirror now: going on without it"])
    }

    @Test func withoutTheReleaseThereIsNoBuild() throws {
        try run(SourcesStep())
        try scratch.write("refused", "trixie")
        try scratch.write("says", "E: Failed to fetch\n")
        let error = #expect(throws: ImageError.self) { try run(UpdateStep()) }
        guard case .programFailed("apt-get", 100, ["E: Failed to fetch"], _) = error else {
            Issue.record("unexpected \(String(describing: error))")
            return
        }
    }

    @Test func missingKeysAreSaidToBeMissing() throws {
        try run(SourcesStep())
        try scratch.write("refused", "trixie")
        try scratch.write("says", "W: GPG error: the public key is missing: NO_PUBKEY 0123456789ABCDEF\n")
        let expected = ImageError.missingArchiveKeys(suite: "trixie", keyring: context.host.keyrings[0])
        #expect(throws: expected) { try run(UpdateStep()) }
    }

    @Test func aHostWithoutKeyringIsTold() throws {
        var host = context.host
        host.keyrings = ["/nonexistent.gpg"]
        let blind = BuildContext(
            recipe: context.recipe, store: context.store, host: host, work: context.work)
        #expect(throws: ImageError.noKeyring(searched: ["/nonexistent.gpg"])) {
            try SourcesStep().inputs(blind)
        }
    }

    // MARK: download

    /// A package of the archive; returns its line of the plan.
    private func addPackage(_ file: String, _ contents: String) throws -> String {
        let url = try scratch.write("archive/\(file)", contents)
        let digest = try FileDigest.sha256(of: [url])[0]
        return "'http://mirror.example/\(file)' \(file) \(contents.utf8.count) SHA256:\(digest)\n"
    }

    private func prepareArchive() throws {
        let root = try addPackage("bash_5.2_riscv64.deb", "a shell")
        let kernel = try addPackage("linux-image-6.0-riscv64_6.0-1_riscv64.deb", "a kernel")
        let meta = try addPackage("linux-image-riscv64_6.0-1_riscv64.deb", "meta")
        try scratch.write("uris", root)
        try scratch.write("uris-kernel", root + meta + kernel)
        try run(SourcesStep())
        try run(UpdateStep())
    }

    private var downloaded: URL { context.store.downloads.appendingPathComponent("bash_5.2_riscv64.deb") }

    @Test func theKernelIsApartFromTheRootFileSystem() throws {
        try prepareArchive()
        var fractions: [Double] = []
        try run(DownloadStep()) { _, fraction in fractions += [fraction].compactMap(\.self) }
        let plan = try DownloadStep.plan(context)
        #expect(plan.rootPackages.map(\.name) == ["bash"])
        #expect(plan.kernel.name == "linux-image-6.0-riscv64")
        #expect(fractions == [0, 0.5])
        #expect(DownloadStep().isIntact(context))
    }

    @Test func aDamagedFileOnTheDiskIsFetchedAgain() throws {
        try prepareArchive()
        try Data("A shell".utf8).write(to: downloaded)
        try run(DownloadStep())
        #expect(try HostFiles.text(downloaded) == "a shell")
        try Data("A shell".utf8).write(to: downloaded)
        #expect(!DownloadStep().isIntact(context))
    }

    @Test func aFileThatStaysWrongIsRefused() throws {
        try prepareArchive()
        try scratch.write("archive/bash_5.2_riscv64.deb", "A shell")
        #expect(throws: ImageError.badDownload(file: "bash_5.2_riscv64.deb")) { try run(DownloadStep()) }
    }

    @Test func aDownloadThatAnotherOneHoldsUpWaits() throws {
        try prepareArchive()
        try scratch.write("busy", "")
        try run(DownloadStep())
        let calls = try HostFiles.text(scratch.url.appendingPathComponent("calls"))
        #expect(calls == "update\ndownload\ndownload\n")
    }
}

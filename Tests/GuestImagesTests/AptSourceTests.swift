// Sources of the host, in both formats, turned to another release.
import Foundation
import Testing

@testable import GuestImages

@Suite struct AptSourceTests {
    private static let deb822 = """
        # the mirror of the office
        Types: deb deb-src
        URIs: http://mirror.example/debian
        Suites: bookworm bookworm-updates bookworm-backports
        Components: main contrib
        Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg

        Types: deb
        URIs: http://security.example/debian-security
        Suites: bookworm-security
        Components:
          main
        # a comment inside a stanza
          non-free
        Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg

        Enabled: no
        Types: deb
        URIs: http://off.example/debian
        Suites: bookworm
        Components: main

        Types: deb
        URIs: https://packages.example/linux/debian
        Suites: bookworm
        Components: main
        Signed-By: /usr/share/keyrings/vendor.gpg

        Types: deb-src
        URIs: http://source.example/debian
        Suites: bookworm
        Components: main
        """

    private func translate(_ sources: [AptSource]) throws -> [String] {
        try DebianArchive.sources(for: "trixie", from: sources, folder: "/etc/apt").map {
            "\($0.uris.joined(separator: " ")) \($0.suites.joined(separator: " ")) "
                + $0.components.joined(separator: " ")
        }
    }

    @Test func deb822SourcesKeepTheirMirror() throws {
        #expect(
            try translate(AptSourceParser.deb822(Self.deb822)) == [
                "http://mirror.example/debian trixie main",
                "http://mirror.example/debian trixie-updates main",
                "http://security.example/debian-security trixie-security main",
            ])
    }

    @Test func oneLineSourcesWithOptions() throws {
        let text = """
            # deb http://comment.example/debian bookworm main
            deb [arch=amd64 signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] \
            http://user:secret@mirror.example:8080/debian/ bookworm main non-free # the mirror
            deb-src http://mirror.example/debian bookworm main
            deb [signed-by=/etc/apt/keyrings/other.asc] https://apt.example/stable/debian bookworm main
            deb https://apt.example/vendor bookworm-vendor main
            deb cdrom:[Debian 12]/ bookworm main
            deb http://old.example/debian-security bullseye/updates main
            """
        let sources = AptSourceParser.oneLine(text)
        #expect(try translate(sources) == ["http://user:secret@mirror.example:8080/debian/ trixie main"])
    }

    @Test func withoutKeyFilesTheArchiveIsKnownByItsFolder() throws {
        let sources = AptSourceParser.oneLine(
            """
            deb http://apt.example/vendor stable main
            deb http://mirror.example/debian stable main
            deb http://mirror.example/debian stable-updates main
            deb http://mirror.example/debian stable main contrib
            deb http://old.example/debian-security buster/updates main
            """)
        #expect(
            try translate(sources) == [
                "http://mirror.example/debian trixie main",
                "http://mirror.example/debian trixie-updates main",
                "http://old.example/debian-security trixie-security main",
            ])
    }

    @Test func anEmbeddedKeyIsNoKeyFile() throws {
        let sources = AptSourceParser.deb822(
            """
            Types: deb
            URIs: mirror+http://lists.example/mirrors/debian
            Suites: stable
            Components: main
            Signed-By:
             -----BEGIN PGP PUBLIC KEY BLOCK-----
             .
             abcd
            """)
        #expect(try translate(sources) == ["mirror+http://lists.example/mirrors/debian trixie main"])
    }

    @Test func otherDistributionsOfferNoDebian() {
        let sources = AptSourceParser.oneLine("deb http://archive.example/other noble main universe")
        #expect(throws: ImageError.noDebianSource(folder: "/etc/apt")) { _ = try translate(sources) }
    }

    @Test func filesOfAFolderAreReadLikeAptDoes() throws {
        let scratch = try ScratchFolder()
        try scratch.write("sources.list", "deb http://first.example/debian bookworm main\n")
        try scratch.write("sources.list.d/b.sources", Self.deb822)
        try scratch.write("sources.list.d/a.list", "deb http://second.example/debian bookworm main\n")
        try scratch.write("sources.list.d/c.list.disabled", "deb http://third.example/debian bookworm main\n")
        let sources = try AptSourceParser.sources(in: scratch.url)
        #expect(
            sources.flatMap(\.uris).prefix(3) == [
                "http://first.example/debian", "http://second.example/debian", "http://mirror.example/debian",
            ])
        #expect(!sources.flatMap(\.uris).contains("http://third.example/debian"))
    }

    @Test func aHostWithoutSourcesIsNoSurprise() throws {
        let scratch = try ScratchFolder()
        #expect(try AptSourceParser.sources(in: scratch.url).isEmpty)
    }

    @Test(arguments: [
        "deb", "deb [", "deb [arch=amd64", "deb [] ", "deb http://x.example/debian", ":",
        "Types: deb\n continued",
        " leading", "Types: deb\nURIs:\nSuites: \n", "deb822 \u{0} garbage", "Types deb",
    ])
    func nonsenseGivesNoSources(text: String) {
        #expect(AptSourceParser.oneLine(text).isEmpty)
        #expect(AptSourceParser.deb822(text).isEmpty)
    }

    @Test func aptReadsWhatIsWritten() throws {
        let source = AptSource(
            types: ["deb"], uris: ["http://mirror.example/debian"], suites: ["trixie"], components: ["main"],
            signedBy: nil)
        let text = source.stanza(architecture: "riscv64", signedBy: "/keys.gpg")
        let scratch = try ScratchFolder()
        try scratch.write("parts/one.sources", text)
        // apt itself tells what it would fetch from there.
        let fetches = try oracle(
            "apt-get",
            [
                "-o", "Dir::Etc::SourceList=/dev/null", "-o",
                "Dir::Etc::SourceParts=\(scratch.url.path)/parts",
                "-o", "Dir::State=\(scratch.url.path)", "--print-uris", "update",
            ])
        #expect(fetches.contains("'http://mirror.example/debian/dists/trixie/InRelease'"))
        #expect(
            fetches.contains("'http://mirror.example/debian/dists/trixie/main/binary-riscv64/Packages.xz'"))
        #expect(!fetches.contains("amd64"))
    }

    @Test func loginsOfTheMirrorStayOnTheHost() {
        let source = AptSource(
            types: ["deb"], uris: ["https://user:p@ss@mirror.example/debian", "http://plain.example/a@b"],
            suites: ["trixie"], components: ["main"], signedBy: nil)
        #expect(
            SourcesStep.withoutLogin(source).uris
                == ["https://mirror.example/debian", "http://plain.example/a@b"])
    }

    @Test func suitesOfSourceFiles() {
        #expect(UpdateStep.suite(of: "100-trixie.sources") == "trixie")
        #expect(UpdateStep.suite(of: "101-trixie-security.sources") == "trixie-security")
    }
}

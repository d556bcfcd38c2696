// Lines of apt-get --print-uris.
import Testing

@testable import GuestImages

@Suite struct PlannedPackageTests {
    @Test func aDownload() throws {
        let line =
            "'http://mirror.example/pool/a%2b/mount_2.41-0%2bdeb13u1_riscv64.deb' "
            + "mount_1%3a2.41-0+deb13u1_riscv64.deb 169368 SHA256:00ff"
        let package = try #require(try PlannedPackage(line: line))
        #expect(package.file == "mount_1%3a2.41-0+deb13u1_riscv64.deb")
        #expect(package.name == "mount")
        #expect(package.version == "1:2.41-0+deb13u1")
        #expect(package.architecture == "riscv64")
        #expect(package.byteCount == 169_368)
        #expect(package.sha256 == "00ff")
    }

    @Test(arguments: ["", "Reading package lists...", "'unfinished", "''"])
    func otherLinesAreNone(line: String) throws {
        #expect(try PlannedPackage(line: line) == nil)
    }

    @Test(arguments: [
        "'u' a_1_all.deb 12 MD5Sum:00", "'u' a_1_all.deb", "'u' a_1_all.deb x SHA256:00",
        "'u' ../a_1_all.deb 12 SHA256:00", "'u' a_all.deb 12 SHA256:00",
    ])
    func oddDownloadsAreRefused(line: String) {
        #expect(throws: ImageError.self) { _ = try PlannedPackage(line: line) }
    }
}

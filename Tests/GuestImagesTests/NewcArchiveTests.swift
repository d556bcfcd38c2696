// The archive writer against cpio.
import Foundation
import Testing

@testable import GuestImages

@Suite struct NewcArchiveTests {
    private func sample() -> [UInt8] {
        var archive = NewcArchive()
        archive.addFolder("dev")
        archive.addDevice("dev/console", permissions: 0o600, major: 5, minor: 1)
        archive.addFile("init", permissions: 0o755, contents: Array("#!/bin/sh\n".utf8))
        archive.addFile("odd", contents: [1, 2, 3, 4, 5])
        archive.addFile("empty", contents: [])
        archive.addLink("sh", to: "bin/busybox")
        return archive.finish()
    }

    @Test func cpioListsIt() throws {
        let scratch = try ScratchFolder()
        let file = scratch.url.appendingPathComponent("a.cpio")
        try Data(sample()).write(to: file)
        let listing = try oracle(
            "cpio", ["--list", "--verbose", "--numeric-uid-gid", "--quiet", "--file", file.path])
        let lines = listing.split(separator: "\n").map { $0.split(separator: " ").map(String.init) }
        // mode, links, owner, group, size or device numbers, three words of date, name
        let seen = lines.map { words in
            let date = words[0].hasPrefix("c") ? 6..<9 : 5..<8
            return (words[..<date.lowerBound] + words[date.upperBound...]).joined(separator: " ")
        }
        #expect(
            seen == [
                "drwxr-xr-x 2 0 0 0 dev", "crw------- 1 0 0 5, 1 dev/console", "-rwxr-xr-x 1 0 0 10 init",
                "-rw-r--r-- 1 0 0 5 odd", "-rw-r--r-- 1 0 0 0 empty", "lrwxrwxrwx 1 0 0 11 sh -> bin/busybox",
            ])
    }

    @Test func cpioUnpacksTheSameBytes() throws {
        let scratch = try ScratchFolder()
        let file = scratch.url.appendingPathComponent("a.cpio")
        try Data(sample()).write(to: file)
        let command = "cd \"$0\" && cpio --extract --quiet --file a.cpio init odd sh"
        try ProgramRunner(log: nil).run("sh", ["-c", command, scratch.url.path])
        #expect(try Data(contentsOf: scratch.url.appendingPathComponent("odd")) == Data([1, 2, 3, 4, 5]))
        #expect(FileManager.default.isExecutableFile(atPath: scratch.url.appendingPathComponent("init").path))
        let link = scratch.url.appendingPathComponent("sh").path
        #expect(try FileManager.default.destinationOfSymbolicLink(atPath: link) == "bin/busybox")
    }

    @Test func theSameEntriesGiveTheSameBytes() {
        #expect(sample() == sample())
        #expect(sample().count % 512 == 0)
    }
}

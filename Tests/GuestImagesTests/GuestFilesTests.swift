// The files that the builder writes for the guest.
import Foundation
import Testing

@testable import GuestImages

@Suite struct GuestFilesTests {
    @Test func accountsAreLockedButRoot() throws {
        let accounts = Accounts(
            passwdMaster:
                "root:*:0:0:root:/root:/bin/bash\ndaemon:*:1:1:daemon:/usr/sbin:/usr/sbin/nologin\nbroken\n",
            groupMaster: "root:*:0:\nshadow:*:42:\n")
        #expect(
            accounts.passwd
                == "root:x:0:0:root:/root:/bin/bash\ndaemon:x:1:1:daemon:/usr/sbin:/usr/sbin/nologin\n")
        #expect(accounts.shadow.hasPrefix("root::"))
        #expect(accounts.shadow.contains("\ndaemon:*:"))
        #expect(accounts.shadow.split(separator: "\n").allSatisfy { $0.filter { $0 == ":" }.count == 8 })
        #expect(accounts.group == "root:x:0:\nshadow:x:42:\n")
        #expect(accounts.groupShadow == "root:*::\nshadow:*::\n")
    }

    @Test func dpkgReadsTheStatusFile() throws {
        let control =
            "Package: hello\nVersion: 1:2-3\nArchitecture: all\nMaintainer: A <a@mail.example>\n"
            + "Description: x\n y\n"
        let entry = try PackageDatabase.statusEntry(
            control: control, conffiles: [("/etc/hello", "0123456789abcdef0123456789abcdef")],
            package: "hello")
        let scratch = try ScratchFolder()
        try scratch.write("status", entry + "\n")
        try scratch.write("available", "")
        for folder in ["info", "updates"] {
            try HostFiles.makeFolder(scratch.url.appendingPathComponent(folder))
        }
        let format = "${Package} ${Version} ${db:Status-Status}${Conffiles}"
        let shown = try oracle(
            "dpkg-query", ["--admindir", scratch.url.path, "--show", "--showformat", format])
        #expect(shown == "hello 1:2-3 unpacked /etc/hello 0123456789abcdef0123456789abcdef")
    }

    @Test func aControlFileWithoutANameIsRefused() {
        #expect(throws: ImageError.self) {
            try PackageDatabase.statusEntry(control: "Version: 1\n", conffiles: [], package: "x")
        }
    }

    @Test func triggersGoWhereDpkgLooksForThem() {
        var table = TriggerTable()
        table.add("# comment\ninterest-noawait /usr/lib/a\nactivate b\ninterest c # why\n", package: "one")
        table.add("interest-await /usr/lib/a\ninterest-noawait c\ninterest ../../evil\n", package: "two")
        #expect(table.files == "/usr/lib/a one/noawait\n/usr/lib/a two\n")
        #expect(table.named == ["c": "one\ntwo/noawait\n"])
    }

    @Test func namesOfTarBecomeNamesOfDpkg() {
        #expect(
            UnpackStep.dpkgList(tarNames: Array("./\n./usr/\n./usr/a b\n".utf8)) == "/.\n/usr\n/usr/a b\n")
    }

    @Test func modulesLoadAfterWhatTheyNeed() throws {
        let table = ModuleTable(
            modulesDep: """
                kernel/fs/ext4/ext4.ko.xz: kernel/lib/crc16.ko.xz kernel/fs/jbd2.ko.xz kernel/lib/base.ko.xz
                kernel/fs/jbd2.ko.xz: kernel/lib/base.ko.xz
                kernel/lib/crc16.ko.xz:
                kernel/lib/base.ko.xz:
                kernel/drivers/virtio-rng.ko.xz:
                nonsense
                """)
        let order = try table.loadOrder(of: ["virtio_rng", "ext4", "jbd2"], package: "p")
        #expect(
            order == [
                "kernel/drivers/virtio-rng.ko.xz", "kernel/lib/base.ko.xz", "kernel/fs/jbd2.ko.xz",
                "kernel/lib/crc16.ko.xz", "kernel/fs/ext4/ext4.ko.xz",
            ])
        #expect(throws: ImageError.unexpectedPackage(package: "p", reason: "it has no module 'xfs'")) {
            try table.loadOrder(of: ["xfs"], package: "p")
        }
    }

    @Test(arguments: RecipeCatalog.all) func shellsAcceptTheScripts(of recipe: ImageRecipe) throws {
        let scratch = try ScratchFolder()
        let programs = GuestScripts.all(board: recipe.board).filter(\.isProgram)
        for (index, text) in (programs.map(\.contents) + [InitramfsScript.contents]).enumerated() {
            #expect(text.hasPrefix("#!/"))
            let file = try scratch.write("script\(index)", text)
            try ProgramRunner(log: nil).run("sh", ["-n", file.path])
        }
    }
}

// What the recipes say, and that the images that exist stay what they are.
import Foundation
import Testing

@testable import GuestImages

@Suite struct RecipeTests {
    private func recipe(_ name: String) throws -> ImageRecipe { try RecipeCatalog.recipe(named: name) }

    private func digest(_ data: Data) throws -> String {
        let scratch = try ScratchFolder()
        let file = scratch.url.appendingPathComponent("data")
        try data.write(to: file)
        return try FileDigest.sha256(of: [file])[0]
    }

    private func encoded(_ recipe: ImageRecipe) throws -> Data {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return try encoder.encode(recipe)
    }

    @Test func thePCHasItsKernelAndItsDrivers() throws {
        let recipe = try recipe(amd64)
        #expect(recipe.board == "pc" && recipe.architecture == "amd64" && recipe.suite == "bookworm")
        #expect(recipe.kernelPackage == "linux-image-amd64")
        // The transport before the disk on it, the disk and its checksums before the file system.
        #expect(
            recipe.initramfsModules == ["virtio_pci", "virtio-rng", "virtio_blk", "crc32c_generic", "ext4"])
        #expect(recipe.moduleFolders.contains("drivers/net/virtio_net.ko"))
        #expect(!recipe.moduleFolders.contains { $0.hasSuffix(".xz") })
        let words = try self.recipe(riscv64).kernelCommandLine
        #expect(recipe.kernelCommandLine == "\(words) mitigations=off")
    }

    @Test func bothSystemsHoldTheSamePrograms() throws {
        let (pc, board) = (Set(try recipe(amd64).packages), Set(try recipe(riscv64).packages))
        #expect(pc.subtracting(board) == ["usr-is-merged"])
        #expect(board.subtracting(pc) == ["login.defs"])
    }

    @Test func noTwoDisksHaveTheSameIdentity() {
        let all = RecipeCatalog.all
        #expect(Set(all.map(\.fileSystemUUID)).count == all.count)
    }

    /// The digest is that of the recipe in the manifest of an image that the first release of the builder
    /// made. Whoever means to change the recipe gives the new digest here, and users get a new image.
    @Test func theRecipeForRISCVMakesNoImageObsolete() throws {
        let data = try encoded(try recipe(riscv64))
        #expect(try digest(data) == "b6977bf57a119e18edb2f965c8ba6769a5e694f61dab5627001dec8841fd340d")
        #expect(ImageBuilder.revision == 1)
    }

    /// The digests are those of the files in the root disk of that image. A change that is meant raises
    /// `ImageBuilder.revision`, as the recipe does not show it.
    @Test(arguments: [
        ("/etc/inittab", "9b55f6f6db45f71c9788223d4549bd6bb4d8b8a7905225e72b77e065009a19dc"),
        ("/usr/lib/starling/sysinit", "2ea8646ad8e8a8a1355e9049297bd5fe199837b550f69add9ae5dbca28ac99d4"),
        ("/usr/lib/starling/console", "bbef9f139a5b0f6e664ac7e82ea20d4244c17beef3495e61c2ef58d94306b280"),
        ("/usr/lib/starling/shutdown", "f360a64e162577b068d3f0cf9cca9169f730d6559a18902c1c5f92098e8cb161"),
    ])
    func theScriptsForRISCVStay(path: String, expected: String) throws {
        let files = GuestScripts.all(board: try recipe(riscv64).board)
        let file = try #require(files.first { $0.path == path })
        #expect(try digest(Data(file.contents.utf8)) == expected)
        #expect(files.count == 4)
    }

    @Test func recipesOfOlderManifestsAreRead() throws {
        var recipe = try recipe(amd64)
        recipe.mergedFolders = nil
        let text = String(decoding: try encoded(recipe), as: UTF8.self)
        #expect(!text.contains("mergedFolders"))
        #expect(try JSONDecoder().decode(ImageRecipe.self, from: Data(text.utf8)) == recipe)
    }

    /// The last lines of the console's script with a stand-in for busybox, in the host's shell.
    private func powerOff(board: String, status: Int) throws -> (arguments: String, bytes: [UInt8]) {
        let scratch = try ScratchFolder()
        let stub = #"busybox() { echo "$*" >arguments; if [ "$1" = dd ]; then cat >bytes; fi; }"#
        let lines = [
            "cd '\(scratch.url.path)'", stub, "status=\(status)", PowerOffScript(board: board).contents,
        ]
        try ProgramRunner(log: nil).run("sh", ["-e", "-c", lines.joined(separator: "\n")])
        let bytes = try? Data(contentsOf: scratch.url.appendingPathComponent("bytes"))
        let arguments = try HostFiles.text(scratch.url.appendingPathComponent("arguments"))
        return (arguments, Array(bytes ?? Data()))
    }

    // 10 ends lines, 37 is a percent sign, 92 a backslash: none of them means anything here.
    @Test(arguments: [0, 1, 7, 10, 37, 92, 127, 128, 255]) func theStatusLeavesTheGuest(status: Int) throws {
        let pc = try powerOff(board: "pc", status: status)
        #expect(pc.arguments == "dd of=/dev/port bs=1 seek=\(0xf4) conv=notrunc\n")
        #expect(pc.bytes == [UInt8(status)])
        let finisher = try powerOff(board: "virt-riscv", status: status)
        let value = status == 0 ? 0x5555 : status << 16 | 0x3333
        #expect(finisher.arguments == "devmem 0x100000 32 0x\(String(value, radix: 16))\n")
    }
}

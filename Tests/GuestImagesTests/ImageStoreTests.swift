// The store of built images, and its manifests.
import Foundation
import Testing

@testable import GuestImages

@Suite struct ImageStoreTests {
    /// A store with one built image.
    private func built() throws -> (FakeBuild, Image) {
        let build = try FakeBuild()
        return (build, try build.run())
    }

    private func rewriteManifest(_ image: Image, _ change: (inout [String: Any]) -> Void) throws {
        let url = image.folder.appendingPathComponent(ImageStore.manifestName)
        let parsed = try JSONSerialization.jsonObject(with: Data(contentsOf: url))
        var fields = try #require(parsed as? [String: Any])
        change(&fields)
        try JSONSerialization.data(withJSONObject: fields).write(to: url)
    }

    @Test func anEmptyStoreHasNoImages() throws {
        let scratch = try ScratchFolder()
        let store = ImageStore(root: scratch.url.appendingPathComponent("nothing here"))
        #expect(try store.list().isEmpty)
        #expect(throws: ImageError.noSuchImage(name: "x", store: store.root.path)) {
            try store.image(named: "x")
        }
        #expect(throws: ImageError.noSuchImage(name: "x", store: store.root.path)) { try store.remove("x") }
    }

    @Test func aBuiltImageIsFoundWithAllItsFacts() throws {
        let (build, image) = try built()
        #expect(try build.store.list() == [image])
        #expect(try build.store.image(named: "small") == image)
        #expect(image.manifest.board == "virt-riscv")
        #expect(image.manifest.suites == ["trixie"])
        #expect(image.manifest.packages == [PackageVersion(name: "k", version: "1", architecture: "all")])
        // The checksum against a second implementation.
        let sum = try oracle("openssl", ["dgst", "-sha256", "-r", image.kernel.path])
        #expect(sum.hasPrefix(image.manifest.kernel.sha256))
        try build.store.verify(image)
    }

    @Test func manifestsSurviveTheRoundTrip() throws {
        let (_, image) = try built()
        let data = try JSONEncoder().encode(image.manifest)
        #expect(try JSONDecoder().decode(ImageManifest.self, from: data) == image.manifest)
    }

    @Test func removingTakesEverything() throws {
        let (build, image) = try built()
        try build.store.remove("small")
        #expect(!FileManager.default.fileExists(atPath: image.folder.path))
        #expect(try FileManager.default.contentsOfDirectory(atPath: build.store.images.path).isEmpty)
        #expect(try build.store.list().isEmpty)
    }

    @Test func aChangedByteIsNoticed() throws {
        let (build, image) = try built()
        var bytes = try Data(contentsOf: image.disk)
        bytes[3] ^= 1
        try bytes.write(to: image.disk)
        #expect(throws: ImageError.damagedImage(name: "small", problems: ["root.ext4 has changed"])) {
            try build.store.verify(image)
        }
    }

    @Test func aShortOrMissingFileIsNoticedAtOnce() throws {
        let (build, image) = try built()
        try Data().write(to: image.kernel)
        try FileManager.default.removeItem(at: image.initrd)
        let size = image.manifest.kernel.byteCount
        let problems = ["kernel has 0 bytes instead of \(size)", "initrd is missing"]
        let expected = ImageError.damagedImage(name: "small", problems: problems)
        #expect(throws: expected) { try build.store.image(named: "small") }
        #expect(throws: expected) { try build.store.verify(image) }
        #expect(try build.store.list().isEmpty)
        #expect(try build.store.listBroken().map(\.name) == ["small"])
    }

    @Test(arguments: ["", ".", "..", ".building-small", "a/b", "../small", "-x", "a b", "ä", "a\0b"])
    func namesThatCouldLeaveTheStoreAreRefused(name: String) throws {
        let (build, _) = try built()
        #expect(throws: ImageError.badName(name)) { try build.store.image(named: name) }
        #expect(throws: ImageError.badName(name)) { try build.store.remove(name) }
    }

    @Test func hostileManifestsAreRefused() throws {
        let (build, image) = try built()
        func refused(_ part: String, _ change: (inout [String: Any]) -> Void) throws {
            try rewriteManifest(image, change)
            let error = #expect(throws: ImageError.self) { try build.store.image(named: "small") }
            #expect("\(try #require(error))".contains(part))
        }
        try refused("bad file name") { fields in
            fields["kernel"] = ["name": "../../../etc/passwd", "sha256": "00", "byteCount": 1]
        }
        try refused("cannot be read") { $0["kernel"] = ["name": "kernel", "sha256": "00", "byteCount": -1] }
        try refused("format is 2") { $0["formatVersion"] = 2 }
        try refused("cannot be read") { $0["formatVersion"] = nil }
    }

    @Test func brokenManifestsAreRefused() throws {
        let (build, image) = try built()
        let url = image.folder.appendingPathComponent(ImageStore.manifestName)
        for text in ["", "{", "[]", "null", String(repeating: "[", count: 20_000)] {
            try Data(text.utf8).write(to: url)
            #expect(throws: ImageError.self) { try build.store.image(named: "small") }
        }
        try Data(count: ImageStore.manifestLimit + 1).write(to: url)
        #expect(
            throws: ImageError.badManifest(
                path: url.path, reason: "it has \(ImageStore.manifestLimit + 1) bytes")
        ) {
            try build.store.image(named: "small")
        }
    }

    @Test func anImageUnderAnotherNameIsRefused() throws {
        let (build, image) = try built()
        try HostFiles.rename(image.folder, to: build.store.folder(of: "other"))
        #expect(throws: ImageError.self) { try build.store.image(named: "other") }
    }
}

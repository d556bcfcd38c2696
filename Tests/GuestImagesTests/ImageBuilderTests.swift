// Builds that fail, are killed, go on, and are not needed.
import Foundation
import Testing

@testable import GuestImages

@Suite struct ImageBuilderTests {
    private static let names = ["update", "download", "kernel", "initramfs", "disk"]

    private struct Failure: Error {}

    private func visible(_ build: FakeBuild) throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: build.store.images.path).filter {
            !$0.hasPrefix(".")
        }
    }

    @Test func stepsRunInOrderAndTellSo() throws {
        let build = try FakeBuild()
        var seen: [String] = []
        try build.run { seen.append("\($0.step)/\($0.stepCount) \($0.name)") }
        #expect(build.log.ran == Self.names)
        #expect(
            seen == ["1/6 update", "2/6 download", "3/6 kernel", "4/6 initramfs", "5/6 disk", "6/6 seal"])
    }

    @Test func aBuiltImageIsReturnedAtOnce() throws {
        var build = try FakeBuild()
        let image = try build.run()
        // Not even the programs are looked for.
        build.host.searchPath = []
        #expect(try build.run() == image)
        #expect(build.log.ran.count == Self.names.count)
    }

    @Test func anotherRecipeOrForceBuildsAgain() throws {
        var build = try FakeBuild()
        try build.run()
        build.recipe.kernelCommandLine += " debug"
        build.log.contents["kernel"] = "a newer kernel"
        let image = try build.run()
        #expect(try String(contentsOf: image.kernel, encoding: .utf8) == "a newer kernel")
        try build.store.verify(image)
        try build.run(force: true)
        #expect(build.log.ran == Self.names + Self.names + Self.names)
        #expect(try visible(build) == ["small"])
    }

    @Test func anImageOfAnOlderBuilderIsBuiltAgain() throws {
        let build = try FakeBuild()
        let image = try build.run()
        let url = image.folder.appendingPathComponent(ImageStore.manifestName)
        let now = "\"builderRevision\" : \(ImageBuilder.revision)"
        let text = try String(contentsOf: url, encoding: .utf8)
        #expect(text.contains(now))
        try Data(text.replacing(now, with: "\"builderRevision\" : 0").utf8).write(to: url)
        #expect(try build.run().manifest.builderRevision == ImageBuilder.revision)
        #expect(build.log.ran == Self.names + Self.names)
    }

    @Test func aFailedBuildShowsNothingAndGoesOn() throws {
        let build = try FakeBuild()
        build.log.failing = ("initramfs", Failure())
        #expect(throws: ImageError.self) { try build.run() }
        #expect(try visible(build).isEmpty)
        let left = try FileManager.default.contentsOfDirectory(
            atPath: build.store.workFolder(of: "small").path)
        #expect(!left.contains { $0.contains("initramfs") })
        build.log.failing = nil
        build.log.ran = []
        let image = try build.run()
        #expect(build.log.ran == ["initramfs", "disk"])
        try build.store.verify(image)
        #expect(!FileManager.default.fileExists(atPath: build.store.workFolder(of: "small").path))
    }

    /// What a killed builder leaves: a half-made folder of a step, no stamp for it.
    @Test func leftoversOfAKilledBuilderAreRemoved() throws {
        let build = try FakeBuild()
        build.log.failing = ("disk", Failure())
        #expect(throws: ImageError.self) { try build.run() }
        let work = build.store.workFolder(of: "small")
        for name in ["disk", "disk.partial-1", "sealed"] {
            let folder = work.appendingPathComponent(name)
            try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
            try Data("half".utf8).write(to: folder.appendingPathComponent(RootDiskStep.file))
        }
        build.log.failing = nil
        build.log.ran = []
        let image = try build.run()
        #expect(build.log.ran == ["disk"])
        #expect(try String(contentsOf: image.disk, encoding: .utf8) == "contents of disk")
    }

    @Test func damagedResultsOfFinishedStepsAreMadeAgain() throws {
        let build = try FakeBuild()
        build.log.failing = ("disk", Failure())
        #expect(throws: ImageError.self) { try build.run() }
        build.log.failing = nil
        build.log.ran = []
        let kernel = build.store.workFolder(of: "small").appendingPathComponent("kernel/kernel")
        try Data("contents of kernes".utf8).write(to: kernel)
        try build.run()
        // The kernel comes out the same, so the initramfs made from it still holds.
        #expect(build.log.ran == ["kernel", "disk"])
    }

    @Test func whatAStepKeepsElsewhereCounts() throws {
        let build = try FakeBuild()
        build.log.failing = ("disk", Failure())
        #expect(throws: ImageError.self) { try build.run() }
        build.log.failing = nil
        build.log.ran = []
        build.log.brokenOutside = ["download"]
        try build.run()
        #expect(build.log.ran == ["download", "disk"])
    }

    @Test func anotherBuilderIsTurnedAway() throws {
        let build = try FakeBuild()
        try HostFiles.makeFolder(build.store.root)
        do {
            let lock = try BuildLock(store: build.store)
            #expect(throws: ImageError.locked(store: build.store.root.path, process: getpid())) {
                try build.run()
            }
            #expect(build.log.ran.isEmpty)
            withExtendedLifetime(lock) {}
        }
        try build.run()
    }

    @Test func missingProgramsAreNamedWithTheirPackages() throws {
        var build = try FakeBuild()
        build.host.searchPath = ["/nonexistent"]
        let error = #expect(throws: ImageError.self) { try build.run() }
        #expect(error == .missingPrograms(RequiredProgram.all))
        let text = "\(try #require(error))"
        #expect(
            text.contains("sudo apt-get install apt coreutils dash dpkg e2fsprogs fakeroot kmod tar xz-utils")
        )
        #expect(!FileManager.default.fileExists(atPath: build.store.root.path))
    }

    @Test func tooLittleSpaceIsSaidBeforeTheFirstStep() throws {
        var build = try FakeBuild()
        build.host.freeByteCount = { _ in 3 << 20 }
        let expected = ImageError.noSpace(path: build.store.root.path, needed: 5 << 20, free: 3 << 20)
        #expect(throws: expected) { try build.run() }
        #expect(build.log.ran.isEmpty)
        // With fewer steps to go less is needed.
        build.host.freeByteCount = { _ in nil }
        build.log.failing = ("kernel", Failure())
        #expect(throws: ImageError.self) { try build.run() }
        build.log.failing = nil
        build.host.freeByteCount = { _ in 3 << 20 }
        try build.run()
    }

    @Test(arguments: [
        ImageError.noSpace(path: "x", needed: nil, free: nil) as any Error, CocoaError(.fileWriteOutOfSpace),
        NSError(domain: NSPOSIXErrorDomain, code: Int(ENOSPC)),
        NSError(
            domain: NSCocoaErrorDomain, code: 512,
            userInfo: [
                NSUnderlyingErrorKey: NSError(domain: NSPOSIXErrorDomain, code: Int(EDQUOT))
            ]),
    ])
    func aFullDiskIsOneErrorAndKeepsFinishedSteps(error: any Error) throws {
        var build = try FakeBuild()
        build.host.freeByteCount = { _ in 9 << 20 }
        build.log.failing = ("disk", error)
        let thrown = #expect(throws: ImageError.self) { try build.run() }
        #expect(thrown == .noSpace(path: build.store.root.path, needed: 1 << 20, free: 9 << 20))
        #expect("\(try #require(thrown))".contains("finished steps are kept"))
        #expect(try visible(build).isEmpty)
        build.log.failing = nil
        build.log.ran = []
        try build.run()
        #expect(build.log.ran == ["disk"])
    }

    @Test func unknownRecipesNameTheKnownOnes() throws {
        let error = #expect(throws: ImageError.self) { try RecipeCatalog.recipe(named: "debian-potato") }
        #expect("\(try #require(error))".contains("debian-trixie-riscv64"))
        #expect(try RecipeCatalog.recipe(named: "debian-trixie-riscv64").suite == "trixie")
    }

    @Test func recipesHaveUsableNamesAndSizes() throws {
        #expect(Set(RecipeCatalog.all.map(\.name)).count == RecipeCatalog.all.count)
        for recipe in RecipeCatalog.all {
            try ImageStore.check(name: recipe.name)
            #expect(recipe.diskByteCount % (1 << 20) == 0)
            #expect(UUID(uuidString: recipe.fileSystemUUID) != nil)
            #expect(Set(recipe.packages).count == recipe.packages.count)
        }
    }
}

// What the tests of the guest images share.
import Foundation

@testable import GuestImages

/// A folder that is removed at the end of the test.
final class ScratchFolder {
    let url: URL

    init() throws {
        let name = "starling-images-\(getpid())-\(UInt64.random(in: 0 ... .max))"
        url = FileManager.default.temporaryDirectory.appendingPathComponent(name, isDirectory: true)
        try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(at: url) }

    /// Writes a file, with the folders above it.
    @discardableResult
    func write(_ path: String, _ text: String, mode: mode_t = 0o644) throws -> URL {
        let file = url.appendingPathComponent(path)
        try FileManager.default.createDirectory(
            at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
        try Data(text.utf8).write(to: file)
        chmod(file.path, mode)
        return file
    }
}

/// Runs a program that the tests use as an oracle and returns what it prints.
func oracle(_ program: String, _ arguments: [String]) throws -> String {
    String(decoding: try ProgramRunner(log: nil).output(program, arguments), as: UTF8.self)
}

/// The recipes that differ in what their packages look like.
let riscv64 = "debian-trixie-riscv64"
let amd64 = "debian-bookworm-amd64"

/// A recipe that needs no archive, otherwise as the one called `base`.
func smallRecipe(of base: String = riscv64) throws -> ImageRecipe {
    var recipe = try RecipeCatalog.recipe(named: base)
    recipe.name = "small"
    recipe.diskByteCount = 64 << 20
    return recipe
}

/// A step for tests: writes one file, and counts how often it ran.
struct FakeStep: BuildStep {
    final class Log: @unchecked Sendable {
        var ran: [String] = []
        /// The step that fails, and how.
        var failing: (name: String, error: any Error)?
        /// What the file of a step holds.
        var contents: [String: String] = [:]
        var brokenOutside: Set<String> = []
    }

    let name: String
    let file: String
    let log: Log
    var spaceNeeded: UInt64 { 1 << 20 }
    var input = "input"

    func inputs(_ context: BuildContext) throws -> [String] { [input] }

    func run(_ context: BuildContext, into folder: URL) throws {
        log.ran.append(name)
        let target = folder.appendingPathComponent(file)
        try HostFiles.makeFolder(target.deletingLastPathComponent())
        try HostFiles.write(Data((log.contents[name] ?? "contents of \(name)").utf8), to: target)
        if let failing = log.failing, failing.name == name { throw failing.error }
    }

    func isIntact(_ context: BuildContext) -> Bool { !log.brokenOutside.contains(name) }

    /// The steps that leave what the end of a build takes.
    static func all(_ log: Log) -> [FakeStep] {
        let plan = """
            {"kernel": {"file": "k_1_all.deb", "name": "k", "version": "1", "architecture": "all", \
            "byteCount": 1, "sha256": "00"}, "rootPackages": []}
            """
        log.contents["download"] = log.contents["download"] ?? plan
        return [
            FakeStep(name: UpdateStep.name, file: "parts/100-trixie.sources", log: log),
            FakeStep(name: DownloadStep.name, file: DownloadStep.planFile, log: log),
            FakeStep(name: KernelStep.name, file: KernelStep.kernelFile, log: log),
            FakeStep(name: InitramfsStep.name, file: InitramfsStep.file, log: log),
            FakeStep(name: RootDiskStep.name, file: RootDiskStep.file, log: log),
        ]
    }
}

/// A builder of one store whose steps are fakes.
struct FakeBuild {
    let scratch: ScratchFolder
    let store: ImageStore
    let log = FakeStep.Log()
    var host = BuildHost()
    var recipe: ImageRecipe

    init() throws {
        recipe = try smallRecipe()
        scratch = try ScratchFolder()
        store = ImageStore(root: scratch.url.appendingPathComponent("home"))
        // Whatever the host has, the fakes need nothing.
        let programs = scratch.url.appendingPathComponent("programs")
        try FileManager.default.createDirectory(at: programs, withIntermediateDirectories: true)
        for program in RequiredProgram.all {
            try scratch.write("programs/\(program.name)", "#!/bin/sh\nexit 0\n", mode: 0o755)
        }
        host.searchPath = [programs.path]
    }

    @discardableResult
    func run(force: Bool = false, _ progress: @escaping (BuildProgress) -> Void = { _ in }) throws -> Image {
        try ImageBuilder.build(
            recipe, into: store, force: force, host: host, steps: FakeStep.all(log), progress: progress)
    }
}

// Makes the guest, or finds the one that was made before.
import Foundation

/// Runs `Guest/build.sh` and keeps its product in the user's cache, under a name that is made of all that
/// goes into it.
struct GuestBuilder {
    /// The folder `Guest` of this package.
    private let sources: URL
    /// The folder for all that can be made again.
    private let cache: URL

    init(cache: URL) {
        sources = Checkout.benchmarks.appendingPathComponent("Guest")
        self.cache = cache
    }

    /// The guest for this kernel; `rebuild` makes it anew, with new packages.
    func guest(kernel: String, rebuild: Bool) throws(BenchError) -> Guest {
        let folder = cache.appendingPathComponent("guest-\(try recipeKey())")
        let complete = folder.appendingPathComponent("complete")
        if rebuild || !FileManager.default.fileExists(atPath: complete.path) {
            try build(folder, rebuild: rebuild)
            try attempt("write \(complete.path)") { try Data().write(to: complete) }
        }
        return Guest(
            kernel: kernel, initrd: folder.appendingPathComponent("riscv64/initrd.gz").path,
            nativeRoot: folder.appendingPathComponent("amd64/root").path)
    }

    private func build(_ folder: URL, rebuild: Bool) throws(BenchError) {
        Progress.say("making the guest in \(folder.path)")
        try removeOld(packagesToo: rebuild)
        let commands = cache.appendingPathComponent("commands.sh")
        try attempt("write \(commands.path)") {
            try Data(CommandsScript.text.utf8).write(to: commands)
        }
        let packages = cache.appendingPathComponent("packages").path
        let guest = folder.appendingPathComponent("riscv64").path
        let host = folder.appendingPathComponent("amd64").path
        try run(["riscv64", guest, packages, commands.path])
        try run(["amd64", host, packages, commands.path, guest + "/root/bench/data"])
    }

    private func run(_ arguments: [String]) throws(BenchError) {
        let script = sources.appendingPathComponent("build.sh").path
        let child = try ChildProcess(["sh", script] + arguments)
        while let line = try child.nextLine(before: monotonicSeconds() + 1800) {
            Progress.say("  \(line.text)")
        }
        let status = child.wait()
        guard status == 0 else {
            throw BenchError(
                "making the guest failed with status \(status); are the host's packages there? "
                    + "`sh scripts/packages.sh bench` installs them")
        }
    }

    /// Guests of other recipes, which nothing will ask for again.
    private func removeOld(packagesToo: Bool) throws(BenchError) {
        try attempt("clean \(cache.path)") {
            for name in try FileManager.default.contentsOfDirectory(atPath: cache.path)
            where name.hasPrefix("guest-") || (packagesToo && name == "packages") {
                try FileManager.default.removeItem(at: cache.appendingPathComponent(name))
            }
        }
    }

    /// FNV-1a over the names and contents of all sources of the guest.
    private func recipeKey() throws(BenchError) -> String {
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        func add(_ bytes: some Sequence<UInt8>) {
            for byte in bytes { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
        }
        add(CommandsScript.text.utf8)
        let names = FileManager.default.subpaths(atPath: sources.path) ?? []
        guard !names.isEmpty else { throw BenchError("the folder \(sources.path) is missing") }
        for name in names.sorted() {
            add(name.utf8)
            add(FileManager.default.contents(atPath: sources.appendingPathComponent(name).path) ?? Data())
        }
        return String(hash, radix: 16)
    }
}

/// Turns an error of Foundation into one of ours.
func attempt(_ what: String, _ body: () throws -> Void) throws(BenchError) {
    do { try body() } catch { throw BenchError("can not \(what): \(error.localizedDescription)") }
}

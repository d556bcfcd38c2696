// What users and their files get wrong: one clear line, the right status, and nothing half-made.
import Foundation
import Testing

struct BadInputTests {
    /// Runs, and expects `status` and one line with all of `words`.
    private func refuses(
        _ arguments: [String], _ home: TestHome, status: Int32, _ words: [String],
        location: SourceLocation = #_sourceLocation
    ) throws {
        let result = try StarlingProcess(arguments, home: home).wait()
        #expect(result.status == status, "\(result.errors)", sourceLocation: location)
        #expect(result.errorLines.count == 1, "\(result.errors)", sourceLocation: location)
        #expect(result.errors.hasPrefix("starling: "), sourceLocation: location)
        #expect(result.output.isEmpty, sourceLocation: location)
        for word in words {
            #expect(result.errors.contains(word), "'\(word)' in: \(result.errors)", sourceLocation: location)
        }
    }

    @Test(arguments: ["start", "show", "console", "rm"]) func unknownMachine(_ command: String) throws {
        try refuses([command, "nobody"], try TestHome(), status: 3, ["no machine 'nobody'", "starling ls"])
    }

    @Test func unknownThingToRun() throws {
        let home = try TestHome()
        try refuses(["run", "nobody"], home, status: 125, ["'nobody'", "starling image ls"])
        try refuses(
            ["run", "debian-trixie-riscv64"], home, status: 125, ["starling image build debian-trixie-riscv64"])
    }

    @Test func unknownImage() throws {
        let home = try TestHome()
        try refuses(["image", "rm", "nobody"], home, status: 3, ["nobody"])
        try refuses(["image", "build", "nobody"], home, status: 3, ["nobody", "debian-trixie-riscv64"])
        try refuses(["create", "x", "--image", "nobody"], home, status: 3, ["starling image build nobody"])
        #expect(home.names(in: "machines").isEmpty)
    }

    @Test func wrongUsage() throws {
        let home = try TestHome()
        try refuses(["flz"], home, status: 2, ["flz", "starling --help"])
        try refuses(["show"], home, status: 2, ["<name>", "starling show --help"])
        try refuses(["image", "build", "--no-such"], home, status: 2, ["starling image build --help"])
        try refuses(["run"], home, status: 125, ["say what to run", "starling run --help"])
        try refuses(["run", "--no-such"], home, status: 125, ["--no-such"])
        try refuses(["run", "a", "--kernel", "b"], home, status: 125, ["not both"])
        try refuses(["run", "--initrd", "b"], home, status: 125, ["--initrd needs --kernel"])
        try refuses(["run", "--bare", "a", "--kernel", "b"], home, status: 125, ["--kernel does not go with --bare"])
        try refuses(["run", "--kernel", "a", "--signature", "b"], home, status: 125, ["--signature needs --bare"])
        try refuses(["create", "x"], home, status: 2, ["--image", "--kernel"])
    }

    @Test func badSizesAndCounts() throws {
        let home = try TestHome()
        let program = try Programs.hanging(home)
        try refuses(["run", "--bare", program, "--memory", "12"], home, status: 125, ["'12'", "512MiB"])
        try refuses(["run", "--bare", program, "--memory", "lots"], home, status: 125, ["'lots'"])
        try refuses(["run", "--bare", program, "--memory", "99999999T"], home, status: 125, ["--memory"])
        try refuses(["run", "--bare", program, "--memory", "1KiB"], home, status: 125, ["1MiB to 1TiB"])
        try refuses(["run", "--bare", program, "--cpus", "9"], home, status: 125, ["1 to 8 CPUs"])
        try refuses(["run", "--bare", program, "--engine", "warp"], home, status: 125, ["'warp'", "precise"])
        try refuses(["create", "x", "--bare", program, "--cpus", "0"], home, status: 2, ["1 to 8 CPUs"])
        #expect(home.names(in: "machines").isEmpty)
    }

    @Test(arguments: ["a b", "../x.starling/y z", "-", "x\u{1b}[31m", String(repeating: "n", count: 65)])
    func badName(_ name: String) throws {
        let home = try TestHome()
        let program = try Programs.hanging(home)
        let result = try starling("create", "--bare", program, "--", name, home: home)
        #expect(result.status == 2, "\(result.errors)")
        #expect(result.errorLines.count == 1)
        #expect(!result.errors.contains("\u{1b}"))
    }

    @Test func kernelOfAnotherKind() throws {
        let home = try TestHome()
        let gzip = try home.file("vmlinuz", Data([0x1f, 0x8b, 8, 0]) + Data(count: 4096))
        try refuses(["run", "--kernel", gzip], home, status: 125, [gzip, "gzip"])
        try refuses(["run", "--kernel", "/bin/ls"], home, status: 125, ["/bin/ls"])
        try refuses(["run", "--bare", "/bin/ls"], home, status: 125, ["x86-64", "riscv64"])
        try refuses(["run", "--bare", "/etc/passwd"], home, status: 125, ["/etc/passwd"])
    }

    @Test func truncatedFiles() throws {
        let home = try TestHome()
        let kernel = try Data(contentsOf: URL(fileURLWithPath: try Programs.kernel(home)))
        let program = try Data(contentsOf: URL(fileURLWithPath: try Programs.hanging(home)))
        try refuses(["run", "--kernel", try home.file("k", kernel.prefix(40))], home, status: 125, ["/k"])
        try refuses(["run", "--kernel", try home.file("e", Data())], home, status: 125, ["/e"])
        for count in [20, 64, 100, program.count - 60] {
            let file = try home.file("p\(count)", program.prefix(count))
            try refuses(["run", "--bare", file], home, status: 125, ["/p\(count)"])
        }
    }

    @Test func missingFiles() throws {
        let home = try TestHome()
        let program = try Programs.hanging(home)
        try refuses(["run", "--kernel", "/nowhere/Image"], home, status: 125, ["kernel", "/nowhere/Image"])
        try refuses(["run", "--bare", "/nowhere/p"], home, status: 125, ["/nowhere/p"])
        try refuses(["run", "--bare", program, "--disk", "/nowhere/d"], home, status: 125, ["/nowhere/d"])
        try refuses(["create", "x", "--firmware", "/nowhere/f"], home, status: 3, ["/nowhere/f"])
        try refuses(["create", "x", "--bare", program, "--disk", "/nowhere/d"], home, status: 3, ["/nowhere/d"])
        #expect(home.names(in: "machines").isEmpty)
    }

    @Test func diskThatIsInUse() throws {
        let home = try TestHome()
        let program = try Programs.hanging(home)
        let disk = try home.disk("d.raw")
        let descriptor = open(disk, O_RDWR | O_CLOEXEC)
        defer { close(descriptor) }
        try #require(flock(descriptor, LOCK_EX) == 0)
        try refuses(
            ["run", "--bare", program, "--disk", disk], home, status: 125, [disk, "\(getpid())", "readOnly"])
    }

    @Test func diskOptions() throws {
        let home = try TestHome()
        let program = try Programs.printing("ok", home)
        let disk = try home.disk("d.raw")
        try refuses(["run", "--bare", program, "--disk", "\(disk),frozen"], home, status: 125, ["'frozen'"])
        try refuses(
            ["run", "--bare", program, "--disk", "\(disk),serial=123456789012345678901"], home, status: 125,
            ["serial"])
        let result = try starling("run", "--bare", program, "--disk", "\(disk),readonly,serial=A1", home: home)
        #expect(result.status == 0)
    }

    @Test func tooLittleMemory() throws {
        let home = try TestHome()
        let initrd = try home.file("initrd", Data(count: 8 << 20))
        try refuses(
            ["run", "--kernel", try Programs.kernel(home), "--initrd", initrd, "--memory", "4MiB"], home,
            status: 125, ["4 MiB of memory", "--memory"])
    }

    @Test func mistakeInMachineFile() throws {
        let home = try TestHome()
        let program = try Programs.hanging(home)
        #expect(try starling("create", "web", "--bare", program, home: home).status == 0)
        let file = home.path("machines/web.starling/machine.yaml")
        let good = try String(contentsOfFile: file, encoding: .utf8)
        try good.replacingOccurrences(of: "memory:", with: "memmory:").write(
            toFile: file, atomically: true, encoding: .utf8)
        let line = try #require(good.split(separator: "\n").firstIndex { $0.hasPrefix("memory:") }) + 1
        for command in ["show", "start"] {
            try refuses([command, "web"], home, status: 2, ["machine.yaml:\(line):1:", "memmory", "memory"])
        }
        try refuses(["run", "web"], home, status: 125, ["machine.yaml:\(line):1:"])
        let list = try starling("ls", home: home)
        #expect(list.status == 0)
        #expect(list.output.contains("broken"))
        #expect(try starling("rm", "web", home: home).status == 0)
    }

    @Test func commandThatIsTooLong() throws {
        let home = try TestHome()
        try FakeImage.make(in: home)
        try refuses(
            ["run", "fake", "--", String(repeating: "x", count: 2000)], home, status: 125, ["too long", "shorten"])
        try refuses(
            ["run", "--kernel", "/etc/passwd", "--append", String(repeating: "x", count: 1024)], home, status: 125,
            ["1024", "1023"])
        #expect(home.names(in: "tmp").isEmpty)
    }
}

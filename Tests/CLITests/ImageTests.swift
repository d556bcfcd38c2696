// Machines made of images.
import Foundation
import Testing

@testable import starling

struct ImageTests {
    @Test func throwAwayMachineLeavesNothing() throws {
        let home = try TestHome()
        try FakeImage.make(in: home)
        let result = try starling("run", "fake", "--append", "extra=1", home: home)
        #expect(result.status == 9, "\(result.errors)")
        // The kernel prints its device tree, with the command line in it.
        #expect(result.output.contains("\(FakeImage.commandLine) extra=1\0"))
        #expect(home.names(in: "tmp").isEmpty && home.names(in: "machines").isEmpty)
    }

    @Test func throwAwayDiskGoesWithAKilledProcess() throws {
        let home = try TestHome()
        try FakeImage.make(in: home)
        let kernel = home.path("images/fake/kernel")
        var bytes = try Data(contentsOf: URL(fileURLWithPath: kernel))
        // The kernel's first instruction becomes an endless loop.
        bytes.replaceSubrange(0..<4, with: [0x6f, 0, 0, 0])
        try bytes.write(to: URL(fileURLWithPath: kernel))
        let run = try StarlingProcess(["run", "fake"], home: home)
        #expect(eventually { holdsRemovedDisk(run.process) })
        kill(run.process, SIGKILL)
        #expect(run.wait().status == 137)
        #expect(home.names(in: "tmp").isEmpty)
    }

    /// The process has a disk open whose name is gone.
    private func holdsRemovedDisk(_ process: pid_t) -> Bool {
        let folder = "/proc/\(process)/fd"
        let files = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
        return files.contains { file in
            let target = try? FileManager.default.destinationOfSymbolicLink(atPath: "\(folder)/\(file)")
            return target?.contains(".raw (deleted)") ?? false
        }
    }

    @Test func commandGoesToTheGuestInTheKernelCommandLine() throws {
        let home = try TestHome()
        try FakeImage.make(in: home)
        // With all characters that base64url has and base64 has not.
        let line = "echo '~~~???>>>' \"ü\"; exit 7"
        let result = try starling("run", "fake", "--", line, home: home)
        let word = try #require(result.output.components(separatedBy: "starling.command=").dropFirst().first)
        let encoded = word.prefix { $0 != "\0" && $0 != " " }
        #expect(encoded.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "-" || $0 == "_") })
        var base64 = encoded.replacingOccurrences(of: "-", with: "+").replacingOccurrences(of: "_", with: "/")
        while base64.utf8.count % 4 != 0 { base64 += "=" }
        #expect(Data(base64Encoded: base64) == Data(line.utf8))
    }

    @Test func severalWordsReachTheGuestAsTheyAre() throws {
        let words = ["printf", "%s|", "a b", "it's", "", "$HOME", "x;y", "*"]
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/bin/bash")
        process.arguments = ["-c", GuestCommand.shellLine(words)]
        let pipe = Pipe()
        process.standardOutput = pipe
        try process.run()
        let output = pipe.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        #expect(String(decoding: output, as: UTF8.self) == "a b|it's||$HOME|x;y|*|")
        #expect(GuestCommand.shellLine(["a; b"]) == "a; b")
    }

    @Test func machineOfAnImageHasItsOwnDisk() throws {
        let home = try TestHome()
        try FakeImage.make(in: home)
        #expect(try starling("create", "web", "--image", "fake", "--memory", "64MiB", home: home).status == 0)
        #expect(home.names(in: "machines/web.starling") == ["machine.yaml", "root.ext4"])
        let result = try starling("run", "web", home: home)
        #expect(result.status == 9)
        #expect(result.output.contains(FakeImage.commandLine))

        let refused = try starling("image", "rm", "fake", home: home)
        #expect(refused.status == 5 && refused.errors.contains("web"))
        #expect(try starling("rm", "web", home: home).status == 0)
        #expect(try starling("image", "rm", "fake", home: home).status == 0)
        #expect(home.names(in: "images").isEmpty)
    }

    @Test func keepMakesAMachineAndRunsIt() throws {
        let home = try TestHome()
        try FakeImage.make(in: home)
        #expect(try starling("run", "fake", "--keep", "web", "--cpus", "2", home: home).status == 9)
        #expect(home.names(in: "machines") == ["web.starling"])
        #expect(try starling("show", "web", home: home).output.contains("cpus: 2"))
        let again = try starling("run", "fake", "--keep", "web", home: home)
        #expect(again.status == 125 && again.errors.contains("web"))
    }

    @Test func imagesAreListed() throws {
        let home = try TestHome()
        try FakeImage.make(in: home)
        _ = try home.file("images/torn/image.json", Data("{".utf8))
        let text = try starling("image", "ls", home: home).output
        #expect(text.contains("fake") && text.contains("ready") && text.contains("broken"))
        let json = try starling("image", "ls", "--json", home: home).output
        let images = try #require(try JSONSerialization.jsonObject(with: Data(json.utf8)) as? [[String: Any]])
        #expect(images.map { $0["name"] as? String } == ["fake", "torn"])
        #expect(images.map { $0["state"] as? String } == ["ready", "broken"])
    }
}

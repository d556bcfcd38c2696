// Sizes, near names, and what a spec becomes.
import Testing
import VirtRISCV

@testable import Machine

@Suite struct SpecValueTests {
    @Test(arguments: [
        ("512MiB", 512 << 20), ("1GiB", 1 << 30), ("2G", 2 << 30), ("4K", 4096), ("16777215TiB", 16_777_215 << 40),
        ("0M", 0), ("0512M", 512 << 20),
    ] as [(String, UInt64)])
    func sizes(_ text: String, _ bytes: UInt64) { #expect(ByteSize(text)?.bytes == bytes) }

    @Test(arguments: [
        "", "512", "MiB", "512MB", "512mib", "512 MiB", " 512MiB", "512MiB ", "-1M", "+1M", "1.5G", "16777216TiB",
        "1i", "1MiBB", "99999999999999999999M", "٣MiB", "1B",
    ])
    func noSizes(_ text: String) { #expect(ByteSize(text) == nil) }

    @Test func sizesReadAsTheyAreWritten() {
        var random = TestRandom(state: 4)
        for _ in 0..<1000 {
            let size = ByteSize(bytes: (random.next() >> random.next() % 50) & ~1023)
            #expect(ByteSize(size.description) == size)
        }
        #expect(ByteSize(bytes: 3 << 30).description == "3GiB")
        #expect(ByteSize(bytes: 1536 << 20).description == "1536MiB")
    }

    @Test func nearNames() {
        let known = ["cpus", "memory", "readOnly", "commandLine"]
        #expect(NearestName.of("cpu", among: known) == "cpus")
        #expect(NearestName.of("cpsu", among: known) == "cpus")
        #expect(NearestName.of("readonly", among: known) == "readOnly")
        #expect(NearestName.of("comandline", among: known) == "commandLine")
        #expect(NearestName.of("disk", among: known) == nil)
        #expect(NearestName.of("", among: known) == nil)
        #expect(NearestName.of(String(repeating: "a", count: 100_000), among: known) == nil)
        #expect(NearestName.of("x", among: []) == nil)
    }

    @Test func configuration() throws {
        let folder = try TemporaryFolder()
        for name in ["k", "i"] { try folder.write(name, Array(name.utf8)) }
        var spec = MachineSpec(boot: .linux(.init(.image("img")), firmware: nil))
        spec.cpus = 3
        spec.memory = ByteSize(mebibytes: 64)
        spec.clock = .deterministic
        spec.disks = [.init(file: "d.raw", readOnly: true, serial: "S"), .init(file: "/abs.raw")]
        let configuration = try spec.configuration(in: folder.path, name: "fallback") { name in
            #expect(name == "img")
            return BootImage(kernel: folder("k"), initrd: folder("i"), commandLine: "from image")
        }
        #expect(configuration.name == "fallback")
        #expect(configuration.cpuCount == 3)
        #expect(configuration.memoryByteCount == 64 << 20)
        #expect(configuration.clock == .deterministic(nanosecondsPerInstruction: 10))
        #expect(configuration.disks == [
            .init(path: folder("d.raw"), readOnly: true, serial: "S"), .init(path: "/abs.raw"),
        ])
        guard case .linux(let program) = configuration.program else {
            Issue.record("not a kernel")
            return
        }
        #expect(program.commandLine == "from image")
        #expect(try program.kernel.read() == Array("k".utf8))
        #expect(try program.initialRAMDisk?.read() == Array("i".utf8))
    }

    @Test func missingBootFiles() throws {
        let folder = try TemporaryFolder()
        let spec = MachineSpec(boot: .bare("prog.elf"))
        do {
            _ = try spec.configuration(in: folder.path, name: "n") { _ in throw MachineError("no image is asked for") }
            Issue.record("a missing file was not noticed")
        } catch {
            #expect("\(error)" == "there is no program at \(folder("prog.elf")): check the path")
        }
    }
}

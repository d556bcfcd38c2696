// What machine.yaml can say, and the message for everything that it can not.
import Foundation
import Testing

@testable import Machine

@Suite struct SpecReadTests {
    private func read(_ yaml: String) throws -> MachineSpec { try MachineSpec(yaml: yaml, path: "m.yaml") }

    private func message(_ yaml: String) -> String {
        do {
            _ = try read(yaml)
            return "no error"
        } catch {
            return "\(error)"
        }
    }

    @Test func defaults() throws {
        let spec = try read("kind: Machine\nboot: { bare: a.elf }\n")
        #expect(spec.name == nil)
        #expect(spec.board == .virtRISCV)
        #expect(spec.cpus == 1)
        #expect(spec.memory == ByteSize(bytes: 512 << 20))
        #expect(spec.engine == "jit")
        #expect(spec.clock == .free)
        #expect(spec.boot == .bare("a.elf"))
        #expect(spec.disks.isEmpty)
    }

    @Test func everyKey() throws {
        let spec = try read(
            """
            # a comment
            kind: Machine
            name: web-1.example
            board: virt-riscv
            cpus: 8
            memory: "2GiB"
            engine: precise
            clock: deterministic
            boot:
              kernel: /boot/Image
              initrd: 'initrd.img'
              commandLine: root=/dev/vda rw quiet x="a b"
              deviceTree: board.dtb
              firmware: fw.bin
            disks:
              - file: root.raw
              - { file: /srv/data.raw, readOnly: true, serial: "DATA 1" }
            """)
        #expect(spec.name == "web-1.example")
        #expect(spec.cpus == 8)
        #expect(spec.memory.bytes == 2 << 30)
        #expect(spec.clock == .deterministic)
        let linux = MachineSpec.Linux(
            .files(kernel: "/boot/Image", initrd: "initrd.img"),
            commandLine: "root=/dev/vda rw quiet x=\"a b\"", deviceTree: "board.dtb")
        #expect(spec.boot == .linux(linux, firmware: "fw.bin"))
        #expect(
            spec.disks == [
                .init(file: "root.raw"), .init(file: "/srv/data.raw", readOnly: true, serial: "DATA 1"),
            ])
    }

    @Test func personalComputer() throws {
        let spec = try read(
            """
            kind: Machine
            board: pc
            boot: { firmware: bios.bin }
            display: vga
            disks:
              - { file: a.raw, connection: sata, serial: S1 }
              - { file: b.iso, readOnly: true, connection: optical }
            identity:
              manufacturer: Example
              serial: "0017"
              uuid: 53746172-6C69-4e67-8178-38362d363401
            """)
        #expect(spec.display == .vga)
        #expect(spec.disks == [.init(file: "a.raw", serial: "S1", connection: .sata), .init(optical: "b.iso")])
        #expect(spec.identity.manufacturer == "Example" && spec.identity.product == "PC")
        #expect(spec.identity.serial == "0017")
        #expect(spec.identity.uuid.prefix(5) == [0x53, 0x74, 0x61, 0x72, 0x6c])
        #expect(try MachineSpec(yaml: spec.yaml, path: "m.yaml") == spec)
    }

    @Test(arguments: [
        "display: vga", "disks: [{ file: a, connection: sata }]", "board: pc\nidentity: { uuid: 1 }",
        "board: pc\nidentity: { uuid: 53746172-6c69-4e67-8178-38362d36340g }", "board: pc\ndisplay: cga",
        "board: pc\nidentity: { product: \"a\\u00e4\" }", "board: pc\nidentity: { color: red }",
        "board: pc\ndisks: [{ file: a, connection: ide }]",
    ])
    func whatAPersonalComputerCanNotBe(_ text: String) {
        #expect(throws: MachineSpecError.self) { try read("kind: Machine\nboot: { firmware: f }\n\(text)\n") }
    }

    @Test func bootVariants() throws {
        #expect(try read("kind: Machine\nboot: { firmware: fw.elf }").boot == .firmware("fw.elf"))
        let image = try read("kind: Machine\nboot: { image: debian-trixie-riscv64 }")
        #expect(image.boot == .linux(.init(.image("debian-trixie-riscv64")), firmware: nil))
        #expect(image.image == "debian-trixie-riscv64")
        let kernel = try read("kind: Machine\nboot: { kernel: '1' }")
        #expect(kernel.boot == .linux(.init(.files(kernel: "1", initrd: nil)), firmware: nil))
    }

    private static func many(_ text: String, _ count: Int) -> String { String(repeating: text, count: count) }

    /// Text after `kind: Machine` in line 1 and `boot: {bare: b}` in line 2, and how the message starts.
    @Test(arguments: [
        ("cpu: 2", "m.yaml:3:1: unknown key 'cpu' in the machine; did you mean 'cpus'?"),
        ("Memory: 1GiB", "m.yaml:3:1: unknown key 'Memory' in the machine; did you mean 'memory'?"),
        ("frobnicate: 1", "m.yaml:3:1: unknown key 'frobnicate' in the machine; choose one of: kind, name, board"),
        ("? [a, b]\n: 1", "m.yaml:3:3: a key of the machine must be a word"),
        ("cpus: 0", "m.yaml:3:7: 'cpus' is 0, but must be 1 to 8"),
        ("cpus: 9", "m.yaml:3:7: 'cpus' is 9, but must be 1 to 8"),
        ("cpus: -1", "m.yaml:3:7: 'cpus' is -1, but must be 1 to 8"),
        ("cpus: 99999999999999999999", "m.yaml:3:7: 'cpus' is not a number: write 1 to 8"),
        ("cpus: four", "m.yaml:3:7: 'cpus' is not a number: write 1 to 8"),
        ("cpus: '4'", "m.yaml:3:7: 'cpus' is not a number: write 1 to 8"),
        ("cpus: [4]", "m.yaml:3:7: 'cpus' must be a number"),
        ("cpus:", "m.yaml:3:6: 'cpus' has no value"),
        ("cpus: ~", "m.yaml:3:7: 'cpus' has no value"),
        ("cpus: 2\ncpus: 3", "m.yaml:3:1: 'cpus' occurs twice"),
        ("memory: 512", "m.yaml:3:9: '512' is not a size: write a number and a unit"),
        ("memory: 512MB", "m.yaml:3:9: '512MB' is not a size"),
        ("memory: 1KiB", "m.yaml:3:9: 'memory' is 1KiB, but must be 1MiB to 1TiB"),
        ("memory: 2TiB", "m.yaml:3:9: 'memory' is 2TiB, but must be 1MiB to 1TiB"),
        ("memory: 1025KiB", "m.yaml:3:9: 'memory' is 1025KiB, but must be 1MiB to 1TiB and a multiple of 4KiB"),
        ("memory: 99999999999999TiB", "m.yaml:3:9: '99999999999999TiB' is not a size"),
        ("board: virt-risc", "m.yaml:3:8: 'virt-risc' is not known as 'board': did you mean 'virt-riscv'?"),
        ("engine: fast", "m.yaml:3:9: 'fast' is not known as 'engine': choose one of: jit, precise"),
        ("clock: fre", "m.yaml:3:8: 'fre' is not known as 'clock': did you mean 'free'?"),
        ("name: a/b", "m.yaml:3:7: 'a/b' can not be a name"),
        ("name: -a", "m.yaml:3:7: '-a' can not be a name"),
        ("name: \"a\\nb\"", "m.yaml:3:7: 'name' contains control characters or several lines"),
        ("name: \(Self.many("a", 65))", "m.yaml:3:7: '\(Self.many("a", 60))…' can not"),
        ("disks: root.raw", "m.yaml:3:8: 'disks' must be a list"),
        ("disks: [ root.raw ]", "m.yaml:3:10: the disk must be a mapping"),
        ("disks: [ { readOnly: true } ]", "m.yaml:3:10: the disk has no 'file'"),
        ("disks: [ { file: '' } ]", "m.yaml:3:18: 'file' is empty"),
        ("disks: [ { file: a, readonly: 1 } ]", "m.yaml:3:21: unknown key 'readonly' in the disk; did you mean 'readO"),
        ("disks: [ { file: a, readOnly: yes } ]", "m.yaml:3:31: 'readOnly' is neither true nor false"),
        ("disks: [ { file: a, serial: 123456789012345678901 } ]", "m.yaml:3:29: a serial is at most 20"),
        ("disks: [ { file: a, serial: ä } ]", "m.yaml:3:29: a serial is at most 20"),
        ("disks: [\(Self.many("{file: a},", 17))]", "m.yaml:3:8: 17 disks are too many: at most 16"),
        ("cpus: 2\n  name: a", "m.yaml:4:7: not valid YAML: mapping values are not allowed"),
        ("name: [", "m.yaml:4:1: not valid YAML"),
        ("name: \"x", "m.yaml:4:1: not valid YAML"),
        ("name: 'x\u{1}'", "m.yaml:3:9: not valid YAML: control characters are not allowed"),
        ("---\nkind: Machine", "m.yaml:3:1: not valid YAML"),
        ("name: &n a", "m.yaml:3:7: anchors (&name) are not supported"),
        ("name: *n", "m.yaml:3:7: not valid YAML: found undefined alias"),
        ("name: &n a\nboard: *n", "m.yaml:4:8: aliases (*n) are not supported"),
        ("<<: { cpus: 2 }", "m.yaml:3:1: unknown key '<<' in the machine"),
    ])
    func mistakes(_ yaml: String, _ start: String) {
        let message = message("kind: Machine\nboot: {bare: b}\n\(yaml)\n")
        #expect(message.hasPrefix(start), "\(message)")
        #expect(!message.contains { $0.isNewline })
    }

    @Test(arguments: [
        ("", "m.yaml:1:1: the file is empty"),
        ("# nothing\n", "m.yaml:1:1: the file is empty"),
        ("- kind: Machine", "m.yaml:1:1: the machine must be a mapping"),
        ("boot: { bare: b }", "m.yaml:1:1: 'kind: Machine' is missing"),
        ("kind: Lab", "m.yaml:1:7: 'Lab' is not known as 'kind'"),
        ("kind: Machine", "m.yaml:1:1: 'boot' is missing"),
        ("kind: Machine\nboot: b", "m.yaml:2:7: 'boot' must be a mapping"),
        ("kind: Machine\nboot: {}", "m.yaml:2:7: 'boot' needs one of: image, kernel, firmware, bare"),
        ("kind: Machine\nboot: { initrd: i }", "m.yaml:2:9: 'initrd' needs 'kernel' or 'image' beside it"),
        ("kind: Machine\nboot: { bare: b, kernel: k }", "m.yaml:2:18: 'kernel' does not go with 'bare'"),
        ("kind: Machine\nboot: { image: i, kernel: k }", "m.yaml:2:19: 'kernel' does not go with 'image'"),
        ("kind: Machine\nboot: { image: ../i }", "m.yaml:2:16: '../i' can not be an image"),
        ("kind: Machine\nboot: { kernal: k }", "m.yaml:2:9: unknown key 'kernal' in 'boot'; did you mean 'kernel'?"),
        ("kind: Machine\r\nboot: { kernal: k }\r\n", "m.yaml:2:9: unknown key 'kernal'"),
        ("kind: Machine\nboot: { bare: ü, kernal: k }", "m.yaml:2:18: unknown key 'kernal'"),
        (
            "kind: Machine\nboot: { kernel: k, commandLine: \(String(repeating: "x", count: 1024)) }",
            "m.yaml:2:33: 'commandLine': the kernel command line has 1024 bytes, but the kernel takes 1023"
        ),
    ])
    func wholeTexts(_ yaml: String, _ start: String) {
        let message = message(yaml)
        #expect(message.hasPrefix(start), "\(message)")
    }

    @Test func fileNamesInMessagesStayOnOneLine() {
        let error = MachineSpecError(path: "a\nb", line: 1, column: 2, message: "m")
        #expect("\(error)" == "a\u{fffd}b:1:2: m")
    }

    /// The examples of the documentation are machines.
    @Test func documentation() throws {
        let root = URL(fileURLWithPath: #filePath).resolvingSymlinksInPath()
            .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        let page = root.appendingPathComponent("Documentation/machine-yaml.md")
        let parts = try String(contentsOf: page, encoding: .utf8).components(separatedBy: "```yaml\n").dropFirst()
        #expect(parts.count == 2)
        for part in parts {
            let example = try #require(part.components(separatedBy: "```").first)
            #expect(throws: Never.self) { try read(example) }
        }
    }

    @Test func files() throws {
        let folder = try TemporaryFolder()
        try folder.write("good.yaml", Array("kind: Machine\nboot: { bare: b }".utf8))
        #expect(try MachineSpec(contentsOf: folder("good.yaml")).boot == .bare("b"))
        try folder.write("latin.yaml", [0x6b, 0xe4, 0x0a])
        try folder.write("large.yaml", [UInt8](repeating: 0x20, count: 1 << 20 + 1))
        let causes = ["latin.yaml": "the file is not UTF-8 text", "large.yaml": "the file is larger than 1 MiB"]
        for (name, cause) in causes {
            do {
                _ = try MachineSpec(contentsOf: folder(name))
                Issue.record("\(name) was read")
            } catch {
                #expect("\(error)".hasPrefix("\(folder(name)):1:1: \(cause)"), "\(error)")
            }
        }
    }
}

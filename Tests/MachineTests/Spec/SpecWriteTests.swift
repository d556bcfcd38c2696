// Writing machine.yaml: what is written reads as the same machine.
import Testing
import Yams

@testable import Machine

@Suite struct SpecWriteTests {
    private static let awkward = [
        "", " ", "a b", " a", "a ", "-", "- a", "?", ": ", "a: b", "a #b", "#a", "'", "\"", "\\", "\\n",
        "%a", "@a", "`a", "!a", "&a", "*a", "|", ">", "{}", "[]", "{a", "a,b", "null", "NULL", "~",
        "true", "Yes", "off", "1", "0x1f", "1e3", ".inf", ".", "..", "---", "...", "--- a", "<<", "=",
        "ä", "日本", "🐧", "e\u{301}", "a\u{feff}", "\u{a0}", "\u{2028}", "\u{85}", "\t", "a\tb", "\n",
        "a\n\nb", "\r", "\0", "\u{7f}", "\u{fffe}", "\u{202e}x", "\u{10ffff}", "\u{d7ff}",
    ]

    /// The parser is the oracle: whatever is quoted must come back.
    @Test(arguments: awkward) func quoting(_ text: String) throws {
        let scalar = YAMLText.scalar(text)
        let node = try Yams.compose(yaml: "key: \(scalar)\nlist:\n  - \(scalar)\n", .basic)
        // As bytes: strings are equal already when they look alike.
        #expect(node?.mapping?["key"]?.scalar.map { Array($0.string.utf8) } == Array(text.utf8))
        #expect(node?.mapping?["list"]?.sequence?.first?.scalar.map { Array($0.string.utf8) } == Array(text.utf8))
    }

    @Test func quotingOfRandomTexts() throws {
        var random = TestRandom(state: 1)
        for _ in 0..<3000 {
            let text = Self.text(&random, printable: false)
            let node = try Yams.compose(yaml: "key: \(YAMLText.scalar(text))\n", .basic)
            #expect(node?.mapping?["key"]?.scalar.map { Array($0.string.utf8) } == Array(text.utf8))
        }
    }

    @Test func randomMachines() throws {
        var random = TestRandom(state: 2)
        for _ in 0..<2000 {
            let spec = Self.spec(&random)
            #expect(try MachineSpec(yaml: spec.yaml, path: "m.yaml") == spec, "\(spec.yaml)")
        }
    }

    @Test func layout() {
        var spec = MachineSpec(boot: .linux(.init(.image("debian"), commandLine: "quiet x=\"1\""), firmware: nil))
        spec.disks = [.init(file: "root.raw", serial: "A 1")]
        #expect(
            spec.yaml == """
                kind: Machine
                board: virt-riscv
                cpus: 1
                memory: 512MiB
                engine: jit
                clock: free
                boot:
                  image: debian
                  commandLine: "quiet x=\\"1\\""
                disks:
                  - file: root.raw
                    readOnly: false
                    serial: "A 1"

                """)
    }

    private static func text(_ random: inout TestRandom, printable: Bool) -> String {
        var text = ""
        for _ in 0..<Int.random(in: 1...12, using: &random) {
            if Int.random(in: 0..<3, using: &random) == 0 {
                text += awkward.randomElement(using: &random) ?? ""
            } else if let scalar = Unicode.Scalar(UInt32.random(in: 0...0x2fff, using: &random)) {
                text.unicodeScalars.append(scalar)
            }
        }
        // The parser drops a byte order mark at the start of a value.
        text = String(text.unicodeScalars.drop { $0 == "\u{feff}" })
        return printable ? SpecText.singleLine(text) : text
    }

    private static func path(_ random: inout TestRandom) -> String {
        let text = text(&random, printable: true)
        return text.isEmpty ? "f" : text
    }

    private static func spec(_ random: inout TestRandom) -> MachineSpec {
        var spec = MachineSpec(boot: boot(&random))
        if Bool.random(using: &random) { spec.name = "n\(random.next())" }
        spec.cpus = Int.random(in: 1...8, using: &random)
        spec.memory = ByteSize(bytes: UInt64.random(in: 256...(1 << 28), using: &random) << 12)
        spec.clock = Bool.random(using: &random) ? .free : .deterministic
        for _ in 0..<Int.random(in: 0...4, using: &random) {
            spec.disks.append(
                .init(
                    file: path(&random), readOnly: Bool.random(using: &random),
                    serial: ["", "1", "true", "a: b", "DISK #1"].randomElement(using: &random) ?? ""))
        }
        return spec
    }

    private static func boot(_ random: inout TestRandom) -> MachineSpec.Boot {
        func maybe(_ random: inout TestRandom) -> String? { Bool.random(using: &random) ? path(&random) : nil }
        switch Int.random(in: 0..<4, using: &random) {
        case 0: return .bare(path(&random))
        case 1: return .firmware(path(&random))
        case 2:
            return .linux(
                .init(.files(kernel: path(&random), initrd: maybe(&random)), commandLine: maybe(&random)),
                firmware: maybe(&random))
        default:
            let linux = MachineSpec.Linux(.image("image-1"), commandLine: maybe(&random), deviceTree: maybe(&random))
            return .linux(linux, firmware: nil)
        }
    }
}

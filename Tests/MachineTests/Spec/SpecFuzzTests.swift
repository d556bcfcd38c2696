// Hostile YAML: no text may crash or hang the reader, and every message is one line.
import Testing

@testable import Machine

@Suite struct SpecFuzzTests {
    private static let seeds = [
        """
        kind: Machine
        name: web
        cpus: 2
        memory: 1GiB
        boot:
          image: debian
          commandLine: "a \\u00e4 b"
        disks:
          - file: root.raw
            serial: 'A''1'

        """,
        """
        kind: Machine
        boot: { kernel: k, initrd: i, commandLine: >-
          folded
          text
         }
        disks: [ { file: a, readOnly: true } ]

        """,
        """
        %YAML 1.1
        %TAG ! tag:example.org,2000:
        ---
        kind: !!str Machine
        boot: !x { bare: &a b }
        name: *a
        ...

        """,
        "? kind\n: Machine\n? - - a\n: ? b\n  : c\nboot: |2\n   literal\n",
    ]
    private static let pieces = [
        "- ", "? ", ": ", "[", "]", "{", "}", ", ", "&a ", "*a", "!!int ", "!<x> ", "|\n", ">+2\n", "'", "\"",
        "\\u12", "\\xff", "%", "---\n", "...\n", "\n", "\r\n", "\r", "\t", "\0", "\u{85}", "\u{2028}", "\u{feff}",
        "#", "<<: *a\n", "~", "- - - - ", "[[[[", "{{{{", "\n          ", "cpus: ", "disks:\n", "\u{fffd}", "🐧",
        "\\", "\"\\U00110000\"", "\"\\ud800\"", "!%ff%fe ",
    ]

    @Test func mutations() {
        var random = TestRandom(state: 3)
        var refused = 0
        for round in 0..<20_000 {
            let text = Self.mutated(Self.seeds[round % Self.seeds.count], &random)
            do {
                let spec = try MachineSpec(yaml: text, path: "m.yaml")
                // What was accepted can be written and read again.
                #expect((try? MachineSpec(yaml: spec.yaml, path: "m.yaml")) == spec)
            } catch {
                refused += 1
                let message = "\(error)"
                let isOneLine = message.unicodeScalars.allSatisfy { $0.properties.generalCategory != .control }
                #expect(message.hasPrefix("m.yaml:") && isOneLine && error.line > 0 && error.column > 0, "\(message)")
            }
        }
        // The mutations are neither all harmless nor all fatal.
        #expect(refused > 5_000 && refused < 20_000, "\(refused) refused")
    }

    private static func mutated(_ seed: String, _ random: inout TestRandom) -> String {
        var scalars = Array(seed.unicodeScalars)
        for _ in 0..<Int.random(in: 1...4, using: &random) {
            let place = Int.random(in: 0...scalars.count, using: &random)
            let end = min(scalars.count, place + Int.random(in: 0...8, using: &random))
            switch Int.random(in: 0..<5, using: &random) {
            case 0: scalars.removeSubrange(place..<end)
            case 1:
                let target = Int.random(in: 0...scalars.count, using: &random)
                scalars.insert(contentsOf: scalars[place..<end], at: target)
            case 2: scalars.insert(Unicode.Scalar(UInt8.random(in: 0...255, using: &random)), at: place)
            default: scalars.insert(contentsOf: (pieces.randomElement(using: &random) ?? "").unicodeScalars, at: place)
            }
        }
        return String(String.UnicodeScalarView(scalars))
    }

    /// Each of these took a parser down, somewhere: stack overflow, endless expansion, quadratic time.
    @Test(arguments: [
        String(repeating: "[", count: 500_000),
        String(repeating: "{a: ", count: 200_000),
        "a: " + String(repeating: "[", count: 500_000),
        String(repeating: "- ", count: 500_000) + "a",
        "\u{feff}" + String(repeating: "- ", count: 500_000) + "a",
        "a:\u{2028}" + String(repeating: "- ", count: 500_000) + "a",
        "a:\r" + String(repeating: "- ", count: 500_000) + "a",
        "a:\u{85}\u{feff}" + String(repeating: "-\t", count: 500_000) + "a",
        String(repeating: "? ", count: 500_000) + "a",
        "? " + String(repeating: ": ", count: 500_000) + "a",
        (0..<1400).map { String(repeating: " ", count: $0) + "a:\n" }.joined(),
    ])
    func depth(_ text: String) {
        #expect(text.utf8.count <= YAMLGuard.maximumByteCount)
        // Refused by this code, before the parser sees it.
        #expect(YAMLGuard.objection(to: text) != nil)
        #expect(throws: MachineSpecError.self) { try MachineSpec(yaml: text, path: "m.yaml") }
    }

    @Test func aliasBombs() {
        var lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"]
        for level in 1...40 {
            let alias = "*a\(level - 1)"
            lines.append("a\(level): &a\(level) [" + Array(repeating: alias, count: 9).joined(separator: ", ") + "]")
        }
        #expect(throws: MachineSpecError.self) { try MachineSpec(yaml: lines.joined(separator: "\n"), path: "m.yaml") }
        // The same with block lists, and as keys, which the parser hashes.
        let blocks = (1...40).map { "a\($0): &a\($0)\n" + String(repeating: "- *a\($0 - 1)\n", count: 9) }
        let keys = (1...40).map { "? &a\($0)\n  - *a\($0 - 1)\n  - *a\($0 - 1)\n: 1" }
        for text in [blocks, keys] {
            let yaml = "a0: &a0 x\n" + text.joined(separator: "\n")
            #expect(throws: MachineSpecError.self) { try MachineSpec(yaml: yaml, path: "m.yaml") }
        }
    }

    /// As large as can be, but flat: an answer comes.
    @Test(arguments: [
        String(repeating: "- a\n", count: 1 << 18),
        (0..<100_000).map { "k\($0): 1\n" }.joined(),
        "kind: \"" + String(repeating: "\\x41", count: 250_000) + "\"",
        "kind: " + String(repeating: "a ", count: 500_000),
        String(repeating: "#\n", count: 500_000),
        String(repeating: "!", count: 1_000_000),
        String(repeating: "&a ", count: 300_000),
        String(repeating: "'", count: 1 << 20),
    ])
    func bulk(_ text: String) {
        #expect(throws: MachineSpecError.self) { try MachineSpec(yaml: text, path: "m.yaml") }
    }

    @Test func size() {
        let text = "kind: Machine\nboot: { bare: b }\n#" + String(repeating: "x", count: 1 << 20)
        #expect(throws: MachineSpecError.self) { try MachineSpec(yaml: text, path: "m.yaml") }
    }

    /// What looks like depth or like aliases and is not.
    @Test(arguments: [
        "name: a\n#" + String(repeating: " - ", count: 200) + "&a *b",
        "name: 'a'\n" + String(repeating: " ", count: 300) + "# a comment far to the right",
    ])
    func harmless(_ text: String) throws {
        let start = "kind: Machine\nboot: { kernel: k, commandLine: a && b * c }\n"
        _ = try MachineSpec(yaml: start + text + "\n", path: "m.yaml")
    }
}

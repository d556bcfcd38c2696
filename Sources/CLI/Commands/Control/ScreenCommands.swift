// `starling screenshot` and `starling type`.
import ArgumentParser
import ControlAPI
import HostOS
import Machine

struct ScreenshotCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "screenshot",
        abstract: "Write what a machine's screen shows as a PNG file.",
        discussion: """
            The machine needs a display: `display: vga` in its machine.yaml (board: pc).

            EXAMPLES:
              starling screenshot office -o office.png

            \(ExitStatus.table)
            """)

    @OptionGroup var machine: RunningMachine

    @Option(name: .shortAndLong, help: ArgumentHelp("The file to write.", valueName: "file"))
    var output: String

    func run() throws {
        let screen = try machine.client().send("GET", "/v1/screen", as: ScreenInfo.self)
        try File.replace(Folder.absolute(output), with: [UInt8](screen.png))
        try machine.show(
            ["width": screen.width, "height": screen.height],
            "\(output): \(screen.width) x \(screen.height) pixels")
    }
}

struct TypeCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "type",
        abstract: "Type text on a machine's keyboard.",
        discussion: """
            The keys are those of a US keyboard, at the pace of a fast typist. \\n is Enter, \\t Tab, \\e Escape
            and \\\\ a backslash. This is the keyboard beside the machine's screen; for the serial console there
            is `starling console`.

            EXAMPLES:
              starling type office 'root\\n'

            \(ExitStatus.table)
            """)

    @OptionGroup var machine: RunningMachine

    @Argument(help: "What to type.")
    var text: String

    func run() throws {
        let keys = try Self.unescaped(text)
        let done = try machine.client().send("POST", "/v1/keyboard", TypeRequest(text: keys), as: Done.self)
        try machine.show(done, "typed \(keys.count) characters")
    }

    private static func unescaped(_ text: String) throws -> String {
        let meanings: [Character: Character] = ["n": "\n", "t": "\t", "e": "\u{1b}", "\\": "\\"]
        var result = ""
        var rest = text[...]
        while let character = rest.popFirst() {
            guard character == "\\" else {
                result.append(character)
                continue
            }
            guard let letter = rest.popFirst(), let meaning = meanings[letter] else {
                throw ValidationError("after a backslash comes n, t, e or another backslash")
            }
            result.append(meaning)
        }
        return result
    }
}

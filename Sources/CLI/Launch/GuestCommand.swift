// The command that a guest runs instead of a shell.
import Foundation

/// The words after `--`. The guest's start-up script finds them in the kernel command line.
enum GuestCommand {
    /// The word for the kernel command line: the shell line in base64url without padding (RFC 4648,
    /// section 5), so that it has no characters that mean something there.
    static func kernelWord(_ words: [String]) -> String {
        let encoded = Data(shellLine(words).utf8).base64EncodedString()
            .replacingOccurrences(of: "+", with: "-").replacingOccurrences(of: "/", with: "_")
            .replacingOccurrences(of: "=", with: "")
        return "starling.command=\(encoded)"
    }

    /// One word is a shell line already; several are quoted, so that the guest's shell takes them as
    /// they are.
    static func shellLine(_ words: [String]) -> String {
        if let only = words.first, words.count == 1 { return only }
        return words.map(quoted).joined(separator: " ")
    }

    private static func quoted(_ word: String) -> String {
        let isPlain = !word.isEmpty && word.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"):
                true
            default: "-_./:=+,@%".utf8.contains(byte)
            }
        }
        return isPlain ? word : "'" + word.replacingOccurrences(of: "'", with: "'\\''") + "'"
    }
}

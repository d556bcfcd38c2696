// The file that --signature writes.
import HostOS
import Machine

/// Signatures in the form in which published RISC-V test suites compare them: one 32-bit word, eight
/// hexadecimal digits, on each line.
enum Signature {
    static func write(_ bytes: [UInt8], to path: String) throws(HostError) {
        var text = ""
        for start in stride(from: 0, to: bytes.count, by: 4) {
            let word = bytes[start..<min(start + 4, bytes.count)].enumerated().reduce(UInt32(0)) {
                $0 | UInt32($1.element) << (UInt32($1.offset) * 8)
            }
            let digits = String(word, radix: 16)
            text += String(repeating: "0", count: 8 - digits.count) + digits + "\n"
        }
        try File.replace(Folder.absolute(path), with: Array(text.utf8))
    }
}

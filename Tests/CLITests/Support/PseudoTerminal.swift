// A terminal for programs that want one.
import Foundation
import Testing

/// A pseudo terminal: the program gets one side, the test types and reads on the other.
final class PseudoTerminal {
    /// The program's side.
    let program: Int32
    private let person: Int32
    private var seen = ""

    init() throws {
        // As posix_openpt and its kin do (pty(7), ioctl_tty(2)); Swift's C library leaves them out.
        person = open("/dev/ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC | O_NONBLOCK)
        try #require(person >= 0)
        var lock: Int32 = 0
        // TIOCSPTLCK and TIOCGPTN.
        try #require(ioctl(person, 0x4004_5431, &lock) == 0)
        var number: Int32 = -1
        try #require(ioctl(person, 0x8004_5430, &number) == 0)
        program = open("/dev/pts/\(number)", O_RDWR | O_NOCTTY | O_CLOEXEC)
        try #require(program >= 0)
    }

    deinit {
        close(program)
        close(person)
    }

    func type(_ bytes: [UInt8]) { _ = write(person, bytes, bytes.count) }
    func type(_ text: String) { type(Array(text.utf8)) }

    /// Reads until `text` has appeared since the last call; false when it does not.
    func shows(_ text: String) -> Bool {
        eventually {
            readSome()
            guard let range = seen.range(of: text) else { return false }
            seen = String(seen[range.upperBound...])
            return true
        }
    }

    /// Everything that came and was not taken by `shows`.
    var rest: String {
        readSome()
        return seen
    }

    private func readSome() {
        var bytes = [UInt8](repeating: 0, count: 4096)
        while true {
            let count = read(person, &bytes, bytes.count)
            guard count > 0 else { return }
            seen += String(decoding: bytes.prefix(count), as: UTF8.self)
        }
    }

    /// Lines are edited and echoed: the state in which a shell leaves a terminal.
    var isCooked: Bool {
        var settings = termios()
        tcgetattr(program, &settings)
        return settings.c_lflag & tcflag_t(ICANON | ECHO | ISIG) == tcflag_t(ICANON | ECHO | ISIG)
    }
}

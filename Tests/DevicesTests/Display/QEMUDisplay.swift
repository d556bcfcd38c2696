// QEMU's VGA beside the one under test: driven through its test protocol, while its CPU stands still.
import Foundation

/// The VGA of `qemu-system-alpha`, whose board shows all of PCI's ports and memory to the test protocol.
/// Debian's package is the one that has the RISC-V machine (qemu-system-misc).
final class QEMUDisplay: DisplayGuest {
    private let process = Process()
    private let input = Pipe()
    private let output = Pipe()
    private let folder: URL
    private let monitorInput: FileHandle
    private let monitorOutput: FileHandle
    private var rest: [UInt8] = []
    private var pending = 0

    /// Where the board (DECchip 21272) has PCI memory and ports.
    private static let memoryBase: UInt64 = 0x800_0000_0000
    private static let portBase: UInt64 = 0x801_fc00_0000

    struct Failure: Error { let text: String }

    init() throws {
        folder = FileManager.default.temporaryDirectory.appendingPathComponent("display-\(UUID())")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        let monitor = folder.appendingPathComponent("monitor").path
        for end in ["in", "out"] where mkfifo("\(monitor).\(end)", 0o600) != 0 {
            throw Failure(text: "can not make a pipe in \(folder.path)")
        }
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = [
            "qemu-system-alpha", "-M", "clipper", "-S", "-display", "none", "-vga", "std", "-serial", "null",
            "-net", "none", "-qtest", "stdio", "-qtest-log", "/dev/null",
            "-chardev", "pipe,id=m,path=\(monitor)", "-mon", "m",
        ]
        process.standardInput = input
        process.standardOutput = output
        process.standardError = FileHandle.nullDevice
        // A QEMU that is not there is an error below, not the end of all tests.
        signal(SIGPIPE, SIG_IGN)
        try process.run()
        // Opened for both directions, so that opening does not wait for the other side.
        monitorInput = FileHandle(fileDescriptor: open("\(monitor).in", O_RDWR), closeOnDealloc: true)
        monitorOutput = FileHandle(fileDescriptor: open("\(monitor).out", O_RDWR), closeOnDealloc: true)
        send("endianness")
        guard !answers().isEmpty else {
            stop()
            throw Failure(text: "install qemu-system-misc: qemu-system-alpha did not start")
        }
        do { try waitForPrompt() } catch {
            stop()
            throw error
        }
    }

    func stop() {
        // Not asked kindly: while its CPU stands still it does not listen.
        if process.isRunning { kill(process.processIdentifier, SIGKILL) }
        process.waitUntilExit()
        try? FileManager.default.removeItem(at: folder)
    }

    // MARK: The test protocol

    private func send(_ command: String) {
        try? input.fileHandleForWriting.write(contentsOf: Data((command + "\n").utf8))
        pending += 1
        // Answers are read from time to time, so that no pipe fills up.
        if pending >= 256 { _ = answers() }
    }

    /// Waits for the answers of all commands; the lines.
    @discardableResult
    private func answers() -> [String] {
        var lines: [String] = []
        while pending > 0 {
            guard let end = rest.firstIndex(of: 0x0a) else {
                let more = output.fileHandleForReading.availableData
                if more.isEmpty { break }
                rest += more
                continue
            }
            lines.append(String(decoding: rest[..<end], as: UTF8.self))
            rest.removeSubrange(...end)
            pending -= 1
        }
        pending = 0
        return lines
    }

    private func value(_ command: String) -> UInt64 {
        answers()
        send(command)
        let number = answers().last?.split(separator: " ").last?.dropFirst(2) ?? ""
        return UInt64(number, radix: 16) ?? ~0
    }

    private static func hexadecimal(_ value: UInt64) -> String { "0x" + String(value, radix: 16) }

    func out(_ port: UInt64, _ value: UInt8) {
        send("writeb \(Self.hexadecimal(Self.portBase + port)) \(value)")
    }
    func `in`(_ port: UInt64) -> UInt8 {
        UInt8(truncatingIfNeeded: value("readb \(Self.hexadecimal(Self.portBase + port))"))
    }
    func writeVBE(_ index: UInt16, _ value: UInt16) {
        send("writew \(Self.hexadecimal(Self.portBase + 0x1ce)) \(index)")
        send("writew \(Self.hexadecimal(Self.portBase + 0x1d0)) \(value)")
    }
    func readVBE(_ index: UInt16) -> UInt16 {
        send("writew \(Self.hexadecimal(Self.portBase + 0x1ce)) \(index)")
        return UInt16(truncatingIfNeeded: value("readw \(Self.hexadecimal(Self.portBase + 0x1d0))"))
    }
    func poke(_ address: UInt64, _ value: UInt8) {
        send("writeb \(Self.hexadecimal(Self.memoryBase + address)) \(value)")
    }
    func peek(_ address: UInt64) -> UInt8 {
        UInt8(truncatingIfNeeded: value("readb \(Self.hexadecimal(Self.memoryBase + address))"))
    }

    // MARK: Pictures

    private func waitForPrompt() throws {
        var text = ""
        while !text.hasSuffix("(qemu) ") {
            let more = monitorOutput.availableData
            if more.isEmpty { throw Failure(text: "QEMU's monitor ended") }
            text += String(decoding: more, as: UTF8.self)
        }
    }

    /// What its screen shows: sizes and RGB.
    func picture() throws -> (width: Int, height: Int, rgb: [UInt8]) {
        answers()
        let file = folder.appendingPathComponent("screen.ppm")
        monitorInput.write(Data("screendump \(file.path)\n".utf8))
        try waitForPrompt()
        let bytes = [UInt8](try Data(contentsOf: file))
        // A portable pixmap: P6, width, height, 255, each followed by one space or line end.
        let header = bytes.split(separator: 0x0a, maxSplits: 3, omittingEmptySubsequences: false)
        guard header.count == 4 else { throw Failure(text: "not a pixmap") }
        let sizes = String(decoding: header[1], as: UTF8.self).split(separator: " ").compactMap { Int($0) }
        guard sizes.count == 2 else { throw Failure(text: "not a pixmap") }
        return (sizes[0], sizes[1], Array(header[3]))
    }
}

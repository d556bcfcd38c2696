// The outside oracles: GNU binutils and GCC for riscv64, and qemu-riscv64.
import Foundation

/// A folder with intermediate files, in which the cross tools run. `remove` deletes it.
struct CrossTools {
    /// Why an oracle can not be used.
    struct Failure: Error, CustomStringConvertible {
        var description: String
    }

    enum Tool: String {
        case assembler = "/usr/bin/riscv64-linux-gnu-as"
        case objcopy = "/usr/bin/riscv64-linux-gnu-objcopy"
        case disassembler = "/usr/bin/riscv64-linux-gnu-objdump"
        case compiler = "/usr/bin/riscv64-linux-gnu-gcc"
        case emulator = "/usr/bin/qemu-riscv64"
    }

    private let folder: URL

    init(_ tools: Tool...) throws {
        for tool in tools where !FileManager.default.isExecutableFile(atPath: tool.rawValue) {
            throw Failure(
                description: "\(tool.rawValue) is missing; install the oracles with: "
                    + "apt-get install qemu-user gcc-riscv64-linux-gnu binutils-riscv64-linux-gnu "
                    + "libc6-dev-riscv64-cross")
        }
        folder = FileManager.default.temporaryDirectory
            .appendingPathComponent("riscv-oracle-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    }

    func remove() { try? FileManager.default.removeItem(at: folder) }

    func url(_ name: String) -> URL { folder.appendingPathComponent(name) }

    func path(_ name: String) -> String { url(name).path }

    func write(_ text: String, to name: String) throws {
        try text.write(to: url(name), atomically: true, encoding: .utf8)
    }

    func write(_ bytes: [UInt8], to name: String) throws { try Data(bytes).write(to: url(name)) }

    func read(_ name: String) throws -> [UInt8] { [UInt8](try Data(contentsOf: url(name))) }

    /// Runs a tool in the folder, with files as standard input and output.
    func run(_ tool: Tool, _ arguments: [String], input: String? = nil, output: String? = nil) throws {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: tool.rawValue)
        process.arguments = arguments
        process.currentDirectoryURL = folder
        process.standardInput =
            try input.map { try FileHandle(forReadingFrom: url($0)) } ?? FileHandle.nullDevice
        if let output {
            try Data().write(to: url(output))
            process.standardOutput = try FileHandle(forWritingTo: url(output))
        }
        try process.run()
        process.waitUntilExit()
        guard process.terminationReason == .exit, process.terminationStatus == 0 else {
            throw Failure(description: "\(tool.rawValue) ended with status \(process.terminationStatus)")
        }
    }
}

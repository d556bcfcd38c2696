// `starling-dev hot-path`: what the compiler really put into the functions that run per instruction.
import ArgumentParser
import Foundation

struct HotPathCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "hot-path",
        abstract: "Shows that hot functions neither allocate, count references nor check exclusivity.",
        discussion: """
            Disassembles a release build with objdump (package binutils) and looks at every call in the \
            functions that execute guest instructions.

            EXAMPLE
              starling-dev hot-path .build/release/starling
            """)

    @Argument(help: "The executable of a release build.") var executable: String

    /// The start of the mangled name of each hot function, and what it is.
    private static let hotFunctions = [
        ("$s5RISCV4HartC7execute", "the interpreter's run loop")
    ]
    /// Parts of names of what a hot function must not call, and why.
    private static let forbidden = [
        ("swift_retain", "counts references"), ("swift_release", "counts references"),
        ("swift_bridgeObject", "counts references"), ("swift_unownedRetain", "counts references"),
        ("swift_alloc", "allocates"), ("swift_slowAlloc", "allocates"), ("malloc", "allocates"),
        ("swift_beginAccess", "checks exclusivity"), ("swift_isUniquely", "checks uniqueness"),
        ("swift_getWitnessTable", "is not specialised"), ("WAl>", "is not specialised"),
        ("swift_once", "makes a global lazily"), ("memcpy", "copies a large value"),
        ("memmove", "copies a large value"),
    ]

    func run() throws {
        var findings = Findings()
        let functions = try disassemble()
        for (prefix, description) in Self.hotFunctions {
            let found = functions.filter { $0.name.hasPrefix(prefix) }
            if found.isEmpty { findings.add("\(description): no function \(prefix)... in \(executable)") }
            for function in found { check(function, description, &findings) }
        }
        try findings.finish("hot-path")
    }

    private struct Function {
        var name: String
        var instructionCount = 0
        var calls: [String] = []
    }

    private func check(_ function: Function, _ description: String, _ findings: inout Findings) {
        print("\(description): \(function.instructionCount) host instructions, \(function.calls.count) call sites")
        for call in function.calls {
            guard let reason = Self.forbidden.first(where: { call.contains($0.0) })?.1 else { continue }
            findings.add("\(description): \(reason): \(call)")
        }
    }

    /// The functions of the executable with the targets of their calls. A call through a register is
    /// one that the compiler could not resolve.
    private func disassemble() throws -> [Function] {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = ["objdump", "-d", "--no-show-raw-insn", executable]
        let pipe = Pipe()
        process.standardOutput = pipe
        try process.run()
        let data = pipe.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else {
            throw ValidationError("objdump failed: install the package binutils, or name a built executable")
        }
        var functions: [Function] = []
        for line in String(decoding: data, as: UTF8.self).split(separator: "\n") {
            if line.hasSuffix(">:"), let start = line.firstIndex(of: "<") {
                functions.append(Function(name: String(line[line.index(after: start)...].dropLast(2))))
            } else if !functions.isEmpty, line.contains(":\t") {
                functions[functions.count - 1].instructionCount += 1
                if let call = line.range(of: "call ") {
                    let target = line[call.upperBound...].trimmingCharacters(in: .whitespaces)
                    let isUnresolved = target.hasPrefix("*")
                    functions[functions.count - 1].calls.append(isUnresolved ? "WAl> through \(target)" : target)
                }
            }
        }
        return functions
    }
}

// `starling-dev lockstep`: compares the fast engine with the precise one, block by block.
import ArgumentParser
import Foundation
import Machine
import MachineCore
import VirtRISCV

struct LockstepCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "lockstep",
        abstract: "Runs a machine on both engines and reports the first difference, with the block's code.")

    @Option(help: "A Linux kernel.") var kernel: String?
    @Option(help: "Its initial RAM disk.") var initrd: String?
    @Option(help: "Its command line.") var append = "console=ttyS0"
    @Option(help: "A disk, which is only read.") var disk: String?
    @Option(help: "A bare program instead.") var bare: String?
    @Option(help: "Instructions to run.") var instructions: UInt64 = 50_000_000
    @Option(help: "Memory in MiB.") var memory: UInt64 = 512
    @Option(help: "Instructions between comparisons, instead of one block.") var stride: UInt64?
    @Option(help: "Instructions between comparisons of RAM.") var memoryStride: UInt64 = 1 << 24
    @Option(help: "Instructions to run without comparisons first.") var skip: UInt64 = 0
    @Option(help: "Virtual nanoseconds of an instruction.") var nanoseconds: UInt64 = 10
    @Option(help: "CPUs.") var cpus = 1

    func run() throws {
        var configuration = MachineConfiguration(name: "lockstep", program: try program())
        configuration.clock = .deterministic(nanosecondsPerInstruction: nanoseconds)
        configuration.board = try BoardModel(recognizing: file(bare ?? kernel ?? "")) ?? .standard
        if let disk { configuration.disks = [DiskConfiguration(path: disk, readOnly: true)] }
        configuration.memoryByteCount = memory << 20
        configuration.cpuCount = cpus
        let lockstep = try Lockstep(
            configuration, stride: stride, comparesMemoryEvery: memoryStride,
            consoleOutput: { FileHandle.standardOutput.write(Data($0)) })
        do {
            let outcome = try lockstep.run(instructionLimit: instructions, skipping: skip)
            print("no difference in \(lockstep.instructionsExecuted) instructions (\(outcome))")
        } catch let difference as Lockstep.Difference {
            print(difference.description)
            throw ExitCode(1)
        }
    }

    private func program() throws -> BootProgram {
        if let bare { return .bare(file(bare)) }
        guard let kernel else { throw ValidationError("say what to run: --kernel or --bare") }
        return .linux(
            LinuxProgram(kernel: file(kernel), initialRAMDisk: initrd.map(file), commandLine: append))
    }

    private func file(_ path: String) -> BootFile {
        BootFile(name: path) { [UInt8](try Data(contentsOf: URL(fileURLWithPath: path))) }
    }
}

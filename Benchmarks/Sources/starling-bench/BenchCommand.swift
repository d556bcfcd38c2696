// The entry point: options, guest, measurement, report.
import Foundation

@main
enum BenchCommand {
    static func main() {
        Interruption.install()
        do throws(BenchError) {
            exit(try run(Array(CommandLine.arguments.dropFirst())))
        } catch {
            Progress.say("starling-bench: \(error)")
            exit(error.status)
        }
    }

    /// The exit status: 1 if two machines printed different things.
    private static func run(_ arguments: [String]) throws(BenchError) -> Int32 {
        if arguments.first == "state" {
            let options = try Options(arguments: Array(arguments.dropFirst()))
            if options.help { print(StateFigures.usage) } else { try StateFigures.run(options) }
            return 0
        }
        let options = try Options(arguments: arguments)
        if options.help {
            print(Options.usage)
            return 0
        }
        if options.list {
            for workload in Workload.all {
                print(workload.name, "(\(workload.kind.rawValue)):", workload.command)
            }
            return 0
        }
        let cache = try Cache.folder()
        return try FileLock.hold(cache.appendingPathComponent("lock").path) { () throws(BenchError) in
            try measure(options, cache: cache)
        }
    }

    private static func measure(_ options: Options, cache: URL) throws(BenchError) -> Int32 {
        let plan = try Plan(options)
        let campaign = Campaign(plan: plan, machines: try machines(options, cache: cache), options: options)
        let report = Report(workloads: plan.workloads, measurements: try campaign.run())
        print(options.json ? try JSONReport(report).text() : TableReport(report: report).text)
        let differences = report.measurements.differences
        guard !differences.isEmpty else { return 0 }
        Progress.say("starling-bench: \(differences.count) outputs differ between machines")
        return 1
    }

    private static func machines(_ options: Options, cache: URL) throws(BenchError) -> [Machine] {
        let starling = options.starling ?? Checkout.starling.path
        guard FileManager.default.isExecutableFile(atPath: starling) else {
            throw BenchError(
                "\(starling) is not there; run `make build`, or name the command with --starling")
        }
        try checkPeer(options.qemu)
        let kernel = try kernel(options, starling: starling)
        let guest = try GuestBuilder(cache: cache).guest(kernel: kernel, rebuild: options.rebuild)
        let emulators: [Machine] = [
            .starling(starling, options: options, guest: guest), .qemu(options: options, guest: guest),
        ]
        return emulators + (options.native ? [.native(guest: guest)] : [])
    }

    /// Tells the version of QEMU, before anything that takes time.
    private static func checkPeer(_ qemu: String) throws(BenchError) {
        let child = try ChildProcess([qemu, "--version"])
        let line = try child.nextLine(before: monotonicSeconds() + 60)
        child.kill()
        guard let line, line.text.contains("QEMU") else { throw BenchError("\(qemu) is no QEMU") }
        Progress.say("peer: \(line.text)")
    }

    private static func kernel(_ options: Options, starling: String) throws(BenchError) -> String {
        guard let kernel = options.kernel else { return try DebianKernel(starling: starling).path() }
        guard FileManager.default.isReadableFile(atPath: kernel) else {
            throw BenchError("the kernel \(kernel) is not there or can not be read")
        }
        return kernel
    }
}

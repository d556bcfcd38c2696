// The command line.
import Foundation

/// What the user asked for.
struct Options: Equatable {
    /// The command under test; nil means the release build of this checkout.
    var starling: String?
    var qemu = "qemu-system-riscv64"
    /// Passed on as `--engine`; nil leaves Starling's default.
    var engine: String?
    /// A riscv64 Linux Image; nil means the kernel of Starling's Debian image.
    var kernel: String?
    var quick = false
    /// Names of workloads; empty means all.
    var only: [String] = []
    /// nil means as many as `quick` says.
    var rounds: Int?
    /// Guest RAM in MiB, the same for both emulators.
    var memory = 1024
    /// The longest time in seconds between two signs of life of a machine.
    var timeout = 300.0
    var native = true
    var json = false
    var list = false
    var rebuild = false
    var verbose = false
    var help = false

    static let usage = """
        usage: starling-bench [OPTION...]
               starling-bench state [--starling FILE] [--json]
        Measures Starling against QEMU's TCG and the native host, with one kernel and one initramfs; or how
        long snapshots, forks, engine switches and steps backwards take.

          --quick            a subset in under a minute
          --only NAME,NAME   only these workloads (`harts`: the scaling to two harts)
          --rounds N         how often everything is measured; the best counts (default: 3, quick: up to 2)
          --engine NAME      the engine of Starling (default: Starling's own default)
          --starling FILE    the command under test (default: .build/release/starling of this checkout)
          --qemu FILE        the peer (default: qemu-system-riscv64)
          --kernel FILE      a riscv64 kernel Image (default: the one of Starling's Debian image)
          --memory MIB       guest RAM (default: 1024)
          --timeout SECONDS  longest time for a boot or for one workload (default: 300)
          --no-native        leave the native host out
          --json             one JSON value on standard output instead of the table
          --list             print the workloads and end
          --rebuild          make the guest anew
          --verbose          show the consoles on standard error
        """

    init(arguments: [String]) throws(BenchError) {
        var rest = arguments[...]
        while let argument = rest.popFirst() {
            switch argument {
            case "--quick": quick = true
            case "--no-native": native = false
            case "--json": json = true
            case "--list": list = true
            case "--rebuild": rebuild = true
            case "--verbose": verbose = true
            case "--help", "-h": help = true
            default:
                guard argument.hasPrefix("--") else { throw .usage("unexpected word '\(argument)'") }
                guard let value = rest.popFirst() else {
                    throw .usage("'\(argument)' is unknown or has no value")
                }
                try set(argument, to: value)
            }
        }
    }

    private mutating func set(_ option: String, to value: String) throws(BenchError) {
        switch option {
        case "--starling": starling = value
        case "--qemu": qemu = value
        case "--engine": engine = value
        case "--kernel": kernel = value
        case "--only": only = try Self.names(value)
        case "--rounds": rounds = Int(try Self.number(value, option, 1...1000))
        case "--memory": memory = Int(try Self.number(value, option, 256...65536))
        case "--timeout": timeout = try Self.number(value, option, 1...86400)
        default: throw .usage("unknown option '\(option)'")
        }
    }

    private static func number(
        _ text: String, _ option: String, _ range: ClosedRange<Double>
    ) throws(BenchError) -> Double {
        guard let value = Double(text), range.contains(value) else {
            throw .usage("\(option) takes a number from \(Int(range.lowerBound)) to \(Int(range.upperBound))")
        }
        return value
    }

    private static func names(_ list: String) throws(BenchError) -> [String] {
        let names = list.split(separator: ",").map(String.init)
        let known = Set(Workload.all.map(\.name)).union([HartScaling.name])
        for name in names where !known.contains(name) { throw .usage("no workload is called '\(name)'") }
        guard !names.isEmpty else { throw .usage("--only names nothing") }
        return names
    }
}

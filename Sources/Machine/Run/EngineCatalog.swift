// The engines by name.
import JITEngine
import MachineCore
import PreciseEngine

/// Makes engines. A new engine is one line here.
public enum EngineCatalog {
    /// The names that `--engine` takes.
    public static let names = ["jit", "precise"]
    /// The engine of machines that do not name one.
    public static let standard = "jit"

    /// An engine for `share`-th parts of a machine's CPUs.
    static func make(_ name: String, share: Int) throws(MachineError) -> any Engine {
        switch name {
        case "jit":
            var configuration = JITEngine.Configuration()
            // The bound is the machine's.
            let segments = configuration.codeByteCount / configuration.segmentByteCount / share
            configuration.codeByteCount = segments * configuration.segmentByteCount
            return JITEngine(configuration)
        case "precise": return PreciseEngine()
        default: throw unknown(name)
        }
    }

    /// - Throws: `MachineError` when there is no engine of that name.
    static func check(_ name: String) throws(MachineError) { if !names.contains(name) { throw unknown(name) } }

    private static func unknown(_ name: String) -> MachineError {
        MachineError("there is no engine \"\(name)\": choose one of \(names.joined(separator: ", "))")
    }
}

/// The engines of one machine: the one that runs it, and those that ran it before, which keep what they
/// have translated. Writes into code are told to all of them, so that what they keep stays right.
final class EngineSet {
    private(set) var name: String
    /// One for all CPUs, or one for each when they run on threads of their own: those of `name`, or what wraps them.
    private(set) var current: [any Engine]
    private var chosen: [any Engine]
    private var wrapper: ((any Engine) -> any Engine)?
    private var kept: [String: [any Engine]] = [:]
    private let count: Int
    /// Set when CPUs run on threads of their own.
    private var sharing: (lock: MachineLock, cpus: [any VirtualCPU])?

    init(_ name: String, count: Int) throws(MachineError) {
        self.name = name
        self.count = count
        (chosen, current) = ([], [])
        chosen = try make(name)
        current = chosen
    }

    /// Has every engine run CPUs behind what `wrapper` makes of it; nil: by itself.
    func wrap(_ wrapper: ((any Engine) -> any Engine)?) {
        self.wrapper = wrapper
        current = wrapper.map { chosen.map($0) } ?? chosen
    }

    private func make(_ name: String) throws(MachineError) -> [any Engine] {
        var engines: [any Engine] = []
        for _ in 0..<count { engines.append(try EngineCatalog.make(name, share: count)) }
        connect(engines)
        return engines
    }

    /// CPUs run on threads of their own, each with its engine.
    func share(_ lock: MachineLock, with cpus: [any VirtualCPU]) {
        sharing = (lock, cpus)
        connect(chosen)
        kept.values.forEach(connect)
    }

    private func connect(_ engines: [any Engine]) {
        guard let sharing else { return }
        for case let engine as JITEngine in engines { engine.share(sharing.lock, with: sharing.cpus) }
    }

    /// Has another engine run the machine from now on.
    func change(to name: String) throws(MachineError) {
        if name == self.name { return }
        let engines: [any Engine]
        if let known = kept[name] { engines = known } else { engines = try make(name) }
        kept[self.name] = chosen
        chosen = engines
        self.name = name
        wrap(wrapper)
    }
}

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

    /// The engines of a machine: one for all CPUs, or one for each.
    /// - Parameter isExact: slices must end exactly where their budget says.
    static func make(_ name: String, isExact: Bool, count: Int) throws(MachineError) -> [any Engine] {
        var engines: [any Engine] = []
        for _ in 0..<count { engines.append(try make(name, isExact: isExact, share: count)) }
        return engines
    }

    private static func make(_ name: String, isExact: Bool, share: Int) throws(MachineError) -> any Engine {
        switch name {
        case "jit":
            var configuration = JITEngine.Configuration()
            configuration.isExact = isExact
            // The bound is the machine's.
            let segments = configuration.codeByteCount / configuration.segmentByteCount / share
            configuration.codeByteCount = segments * configuration.segmentByteCount
            return JITEngine(configuration)
        case "precise": return PreciseEngine()
        default:
            let known = names.joined(separator: ", ")
            throw MachineError("there is no engine \"\(name)\": choose one of \(known)")
        }
    }
}

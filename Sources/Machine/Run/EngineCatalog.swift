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

    /// - Parameter isExact: slices must end exactly where their budget says.
    static func make(_ name: String, isExact: Bool) throws(MachineError) -> any Engine {
        switch name {
        case "jit":
            var configuration = JITEngine.Configuration()
            configuration.isExact = isExact
            return JITEngine(configuration)
        case "precise": return PreciseEngine()
        default:
            let known = names.joined(separator: ", ")
            throw MachineError("there is no engine \"\(name)\": choose one of \(known)")
        }
    }
}

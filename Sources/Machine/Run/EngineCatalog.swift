// The engines by name.
import MachineCore
import PreciseEngine

/// Makes engines. A new engine is one line here.
public enum EngineCatalog {
    /// The names that `--engine` takes.
    public static let names = ["precise"]

    static func make(_ name: String) throws(MachineError) -> any Engine {
        switch name {
        case "precise": return PreciseEngine()
        default:
            let known = names.joined(separator: ", ")
            throw MachineError("there is no engine \"\(name)\": choose one of \(known)")
        }
    }
}

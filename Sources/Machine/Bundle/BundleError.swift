// What can be wrong with a machine's folder.
import HostOS

/// Why a bundle can not be used: cause, then next step.
public enum BundleError: Error, Equatable, Sendable, CustomStringConvertible {
    /// No machine can have this name.
    case badName(String)
    /// There is a machine of this name already.
    case exists(name: String, path: String)
    /// There is no machine of this name; `near` is one with a similar name.
    case notFound(name: String, path: String, near: String?)
    /// The folder has no `machine.yaml`.
    case notABundle(path: String)
    /// A process runs the machine.
    case running(name: String, process: Int32?)
    /// No process runs the machine.
    case notRunning(name: String)
    /// There is no home folder to keep machines in.
    case noHome
    /// An error of the host.
    case host(HostError)

    public var description: String {
        switch self {
        case .badName(let name):
            "'\(SpecText.shown(name))' can not be the name of a machine: \(MachineName.rule)"
        case .exists(let name, let path):
            "there is a machine '\(name)' already (\(path)): choose another name, or remove it: starling rm \(name)"
        case .notFound(let name, let path, let near):
            "there is no machine '\(SpecText.shown(name))' (\(SpecText.shown(path)) does not exist): "
                + (near.map { "did you mean '\($0)'?" } ?? "starling ls lists those that exist")
        case .notABundle(let path):
            "\(path) is not a machine: it has no \(MachineBundle.specName)"
        case .running(let name, let process):
            "machine '\(name)' is running\(process.map { " as process \($0)" } ?? ""): "
                + "attach with `starling console \(name)`, or stop it there with Ctrl-A x"
        case .notRunning(let name):
            "machine '\(name)' is not running: start it with `starling start \(name)`"
        case .noHome:
            "there is no home folder for machines: set STARLING_HOME to one"
        case .host(let error):
            error.code == HostError.Code.noSpace
                ? "\(error): free some space, or use a folder on another disk" : "\(error)"
        }
    }
}

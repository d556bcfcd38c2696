// One step of a build, and the stamp that it leaves.
import Foundation

/// A step makes the contents of one folder from the folders of the steps before it.
protocol BuildStep: Sendable {
    /// The name that users see, and of the step's folder.
    var name: String { get }
    /// About how many bytes of disk the step takes.
    var spaceNeeded: UInt64 { get }
    /// What the step's result depends on besides the steps before it.
    func inputs(_ context: BuildContext) throws -> [String]
    /// Fills `folder`, which is empty.
    func run(_ context: BuildContext, into folder: URL) throws
    /// Whether what the step made outside of its folder is still there.
    func isIntact(_ context: BuildContext) -> Bool
}

extension BuildStep {
    func inputs(_ context: BuildContext) throws -> [String] { [] }
    func isIntact(_ context: BuildContext) -> Bool { true }
}

/// What a finished step leaves beside its folder.
struct StepStamp: Codable, Equatable {
    /// The step's own inputs, and the checksum of the step before it.
    var inputs: [String]
    /// The checksum of everything in the step's folder.
    var outputs: String
}

/// What a step works with.
struct BuildContext {
    let recipe: ImageRecipe
    let store: ImageStore
    let host: BuildHost
    /// The folder of this build; each finished step has a folder in it.
    let work: URL
    /// Tells the user what goes on: what, and the fraction done where known.
    var report: (String?, Double?) -> Void = { _, _ in }

    /// The folder of a finished step.
    func folder(of step: String) -> URL { work.appendingPathComponent(step, isDirectory: true) }

    /// Runs programs, with their output in the build's log.
    var runner: ProgramRunner {
        ProgramRunner(log: work.appendingPathComponent("build.log"), searchPath: host.searchPath)
    }
}

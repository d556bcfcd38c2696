// The project's own tools, for those who build Starling.
import ArgumentParser

@main
struct StarlingDev: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "starling-dev", abstract: "Checks and measurements for people who work on Starling.",
        subcommands: [
            LayersCommand.self, TidyCommand.self, HotPathCommand.self, SpeedCommand.self, LockstepCommand.self,
        ])
}

/// What a check found.
struct Findings {
    private(set) var lines: [String] = []

    mutating func add(_ line: String) { lines.append(line) }

    /// Prints everything, then succeeds or fails.
    func finish(_ what: String) throws {
        for line in lines { print(line) }
        print(lines.isEmpty ? "\(what): ok" : "\(what): \(lines.count) to mend")
        if !lines.isEmpty { throw ExitCode(1) }
    }
}

// From errors to one line and an exit status.
import ArgumentParser
import Foundation
import GuestImages
import HostOS
import Machine
import MachineCore
import Storage

/// A command can not do what it was asked for: an exit status and a line with cause and next step.
struct Failure: Error, CustomStringConvertible {
    var status: Int32
    var description: String

    init(_ description: String, status: Int32 = ExitStatus.failure) {
        self.status = status
        self.description = description
    }

    /// Says what went wrong, and gives the status to end with.
    static func report(_ error: any Error, arguments: [String]) -> Int32 {
        if let code = error as? ExitCode { return code.rawValue }
        let isRun = arguments.first == RunCommand._commandName
        guard let failure = classify(error) else {
            let status = Starling.exitCode(for: error)
            guard status != .success else {
                // Help and version.
                Output.write(Starling.fullMessage(for: error))
                return ExitStatus.success
            }
            let help = (["starling"] + commandWords(arguments) + ["--help"]).joined(separator: " ")
            Message.fail("\(endless(Starling.message(for: error))); see: \(help)")
            return isRun ? ExitStatus.machineFailure : ExitStatus.configuration
        }
        Message.fail(failure.description)
        return isRun ? ExitStatus.machineFailure : failure.status
    }

    /// Statuses for the errors of the lower layers; nil for the argument parser's own.
    private static func classify(_ error: any Error) -> Failure? {
        switch error {
        case let failure as Failure: failure
        case let error as SpecError: Failure("\(error)", status: ExitStatus.configuration)
        case let error as MachineError: Failure("\(error)", status: ExitStatus.configuration)
        case let error as BootError: Failure("\(error)", status: ExitStatus.configuration)
        case let error as BundleError: Failure("\(error)", status: status(of: error))
        case let error as DiskError: Failure("\(error)", status: status(of: error))
        case let error as ImageError: Failure("\(error)", status: status(of: error))
        case let error as HostError: Failure("\(error)", status: status(of: error))
        default: isParserError(error) ? nil : Failure("\(error)")
        }
    }

    /// The argument parser's errors are of internal types; its own answer tells them apart.
    private static func isParserError(_ error: any Error) -> Bool {
        let code = Starling.exitCode(for: error)
        return code == .validationFailure || code == .success
    }

    private static func status(of error: BundleError) -> Int32 {
        switch error.kind {
        case .notFound: ExitStatus.notFound
        case .busy: ExitStatus.busy
        case .configuration: ExitStatus.configuration
        case .failure: ExitStatus.failure
        }
    }

    private static func status(of error: DiskError) -> Int32 {
        switch error {
        case .missing: ExitStatus.notFound
        case .inUse: ExitStatus.busy
        case .notAFile, .inUseHere, .empty, .oddSize: ExitStatus.configuration
        case .notWritable, .host: ExitStatus.failure
        }
    }

    private static func status(of error: ImageError) -> Int32 {
        switch error {
        case .unknownRecipe, .noSuchImage: ExitStatus.notFound
        case .badName: ExitStatus.configuration
        case .locked: ExitStatus.busy
        default: ExitStatus.failure
        }
    }

    private static func status(of error: HostError) -> Int32 {
        error.code == HostError.Code.noSuchFile ? ExitStatus.notFound : ExitStatus.failure
    }

    /// The leading words that are names of commands, for the hint at the right help.
    private static func commandWords(_ arguments: [String]) -> [String] {
        var words: [String] = []
        var commands = Starling.configuration.subcommands
        for argument in arguments {
            guard let command = commands.first(where: { $0._commandName == argument }) else { break }
            words.append(argument)
            commands = command.configuration.subcommands
        }
        return words
    }

    /// Without a full stop, as more of the sentence follows.
    private static func endless(_ text: String) -> String {
        text.hasSuffix(".") ? String(text.dropLast()) : text
    }
}

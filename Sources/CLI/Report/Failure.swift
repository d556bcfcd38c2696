// From errors to one line and an exit status.
import ArgumentParser
import ControlAPI
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
        if Starling.exitCode(for: error) == .success {
            // Help, which the argument parser treats as an error.
            Output.write(Starling.fullMessage(for: error))
            return ExitStatus.success
        }
        let failure = classify(error) ?? usage(error, arguments)
        Message.fail(failure.description)
        return arguments.first == RunCommand._commandName ? ExitStatus.machineFailure : failure.status
    }

    /// The status and the line for `error`.
    static func describe(_ error: any Error) -> Failure { classify(error) ?? Failure("\(error)") }

    private static func usage(_ error: any Error, _ arguments: [String]) -> Failure {
        let text = Starling.message(for: error)
        let help = (["starling"] + commandWords(arguments) + ["--help"]).joined(separator: " ")
        // More of the sentence follows.
        return Failure(
            "\(text.hasSuffix(".") ? String(text.dropLast()) : text); see: \(help)", status: ExitStatus.configuration)
    }

    /// Statuses for the errors of the lower layers; nil for the argument parser's own.
    private static func classify(_ error: any Error) -> Failure? {
        switch error {
        case let failure as Failure: failure
        case let error as MachineSpecError: Failure("\(error)", status: ExitStatus.configuration)
        case let error as MissingBootFile: Failure("\(error)", status: ExitStatus.notFound)
        case let error as MachineError: Failure("\(error)", status: ExitStatus.configuration)
        case let error as BootError: Failure("\(error)", status: ExitStatus.configuration)
        case let error as BundleError: Failure("\(error)", status: status(of: error))
        case let error as DiskError: Failure("\(error)", status: status(of: error))
        case let error as ImageError: Failure("\(error)", status: status(of: error))
        case let error as SnapshotError: Failure("\(error)", status: status(of: error))
        case let error as ControlError: Failure("\(error)", status: status(of: error))
        case let error as HostError: Failure(advice(on: error), status: status(of: error))
        // The argument parser's errors are of internal types; its own answer tells them apart.
        default: Starling.exitCode(for: error) == .validationFailure ? nil : Failure("\(error)")
        }
    }

    private static func status(of error: BundleError) -> Int32 {
        switch error {
        case .notFound, .notRunning: ExitStatus.notFound
        case .running: ExitStatus.busy
        case .host(let error): status(of: error)
        default: ExitStatus.configuration
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

    private static func status(of error: SnapshotError) -> Int32 {
        switch error {
        case .notFound: ExitStatus.notFound
        case .busy: ExitStatus.busy
        case .badName, .nameTaken, .noteTooLong, .mismatch: ExitStatus.configuration
        default: ExitStatus.failure
        }
    }

    private static func status(of error: ControlError) -> Int32 {
        if case .notRunning = error { return ExitStatus.notFound }
        return ExitStatus.failure
    }

    private static func status(of error: HostError) -> Int32 {
        error.code == HostError.Code.noSuchFile ? ExitStatus.notFound : ExitStatus.failure
    }

    private static func advice(on error: HostError) -> String {
        error.code == HostError.Code.noSpace
            ? "\(error): free some space, or set STARLING_HOME to a folder on another disk" : "\(error)"
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
}

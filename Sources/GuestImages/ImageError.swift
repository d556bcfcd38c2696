// What can go wrong while images are built, listed and checked.

/// A failure of the guest image code. Each description names the cause and the next step.
public enum ImageError: Error, Equatable, Sendable {
    /// No recipe has this name; `known` lists those that exist.
    case unknownRecipe(name: String, known: [String])
    /// The name cannot be a folder name of the store.
    case badName(String)
    /// The store holds no image of this name.
    case noSuchImage(name: String, store: String)
    /// `image.json` cannot be used.
    case badManifest(path: String, reason: String)
    /// Files of a built image differ from what its manifest says.
    case damagedImage(name: String, problems: [String])
    /// Programs of the host that a build needs and that are not installed.
    case missingPrograms([RequiredProgram])
    /// None of the host's apt sources offers Debian's main archive.
    case noDebianSource(folder: String)
    /// The host has no keyring of the Debian archive.
    case noKeyring(searched: [String])
    /// The host's keyring does not hold the keys that sign the wanted suite.
    case missingArchiveKeys(suite: String, keyring: String)
    /// A program of the host ended with an error; `lastLines` is the end of what it said.
    case programFailed(program: String, status: Int32, lastLines: [String], log: String)
    /// A program could not be started.
    case programNotStarted(program: String, reason: String)
    /// A downloaded package does not have the checksum that the signed index gives.
    case badDownload(file: String)
    /// The host's file system is full, or would be. Sizes in bytes; nil where unknown.
    case noSpace(path: String, needed: UInt64?, free: UInt64?)
    /// Another process builds images in this store.
    case locked(store: String, process: Int32?)
    /// A file could not be read or written.
    case fileSystem(path: String, reason: String)
    /// A package does not hold what the recipe expects of it.
    case unexpectedPackage(package: String, reason: String)
}

extension ImageError: CustomStringConvertible {
    public var description: String {
        switch self {
        case .unknownRecipe(let name, let known):
            "there is no image recipe '\(name)'; known recipes: \(known.joined(separator: ", "))"
        case .badName(let name):
            "'\(name)' cannot be the name of an image; use letters, digits, '.', '_', '+' and '-', "
                + "starting with a letter or digit"
        case .noSuchImage(let name, let store):
            "there is no image '\(name)' in \(store); build it with: starling image build \(name)"
        case .badManifest(let path, let reason):
            "\(path) is not a usable image manifest (\(reason)); remove the image and build it again"
        case .damagedImage(let name, let problems):
            "image '\(name)' is damaged (\(problems.joined(separator: "; "))); "
                + "rebuild it with: starling image build --force \(name)"
        case .missingPrograms(let programs):
            Self.describe(missing: programs)
        case .noDebianSource(let folder):
            "no apt source under \(folder) offers Debian's main archive; "
                + "add the one of your Debian mirror there (see sources.list(5))"
        case .noKeyring(let searched):
            "no Debian archive keyring (looked for \(searched.joined(separator: ", "))); "
                + "install it with: sudo apt-get install debian-archive-keyring"
        case .missingArchiveKeys(let suite, let keyring):
            "\(keyring) lacks the keys that sign Debian \(suite); bring it up to date with: "
                + "sudo apt-get update && sudo apt-get install debian-archive-keyring"
        default:
            hostDescription
        }
    }

    private var hostDescription: String {
        switch self {
        case .programFailed(let program, let status, let lastLines, let log):
            "\(program) failed with status \(status): \(lastLines.joined(separator: " | ")) "
                + "(everything it said is in \(log))"
        case .programNotStarted(let program, let reason):
            "\(program) cannot be started: \(reason)"
        case .badDownload(let file):
            "the downloaded package \(file) does not match the checksum of the signed index; "
                + "run the build again, and check the mirror if it happens again"
        case .noSpace(let path, let needed, let free):
            Self.describe(noSpaceIn: path, needed: needed, free: free)
        case .locked(let store, let process):
            "another process\(process.map { " (\($0))" } ?? "") builds images in \(store); "
                + "wait until it has finished"
        case .fileSystem(let path, let reason):
            "\(path): \(reason)"
        case .unexpectedPackage(let package, let reason):
            "package \(package) is not what this recipe expects: \(reason)"
        default:
            "image error"
        }
    }

    private static func describe(missing programs: [RequiredProgram]) -> String {
        let names = programs.map(\.name).joined(separator: ", ")
        let packages = Set(programs.map(\.debianPackage)).sorted().joined(separator: " ")
        return "building an image needs \(names); install with: sudo apt-get install \(packages)"
    }

    private static func describe(noSpaceIn path: String, needed: UInt64?, free: UInt64?) -> String {
        let mebibyte: UInt64 = 1 << 20
        let wanted = needed.map { "; about \($0 / mebibyte) MiB are needed" } ?? ""
        let available = free.map { ", \($0 / mebibyte) MiB are free" } ?? ""
        return "no space left in \(path)\(wanted)\(available); "
            + "free some and run the same command again: finished steps are kept"
    }
}

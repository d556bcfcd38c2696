// The folder of built images.
import Foundation

/// The images under one folder of the host: `images/<name>/` with the built images, `downloads/`
/// with the packages that they were made from.
///
/// Built images appear and disappear by a rename, so that a reader sees a whole image or none.
public struct ImageStore: Sendable {
    /// The folder of the store; made by the first build.
    public let root: URL

    /// A store in `root`, which need not exist yet.
    public init(root: URL) { self.root = root }

    /// Where images are.
    var images: URL { root.appendingPathComponent("images", isDirectory: true) }
    /// Where packages stay between builds, shared by all recipes.
    var downloads: URL { root.appendingPathComponent("downloads", isDirectory: true) }
    /// The lock of builders.
    var lockFile: URL { root.appendingPathComponent("build.lock") }
    static let manifestName = "image.json"
    /// A manifest is a few hundred packages; anything far larger was not written by this code.
    static let manifestLimit = 4 << 20

    func folder(of name: String) -> URL { images.appendingPathComponent(name, isDirectory: true) }
    /// Where a build of `name` works; starts with a dot, which no image name does.
    func workFolder(of name: String) -> URL {
        images.appendingPathComponent(".building-\(name)", isDirectory: true)
    }

    /// The usable images, by name.
    /// - Throws: `ImageError.fileSystem` when the folder cannot be read; an absent one is empty.
    public func list() throws -> [Image] {
        try entries().compactMap { try? image(named: $0) }
    }

    /// The images whose manifest cannot be used, with the reason, by name.
    /// - Throws: `ImageError.fileSystem` when the folder cannot be read.
    public func listBroken() throws -> [(name: String, reason: ImageError)] {
        try entries().compactMap { name in
            do {
                _ = try image(named: name)
                return nil
            } catch let error as ImageError {
                return (name, error)
            }
        }
    }

    /// The image called `name`. Its files are checked for presence and size only: `verify` reads them.
    /// - Throws: `ImageError.badName`, `.noSuchImage`, `.badManifest`, `.damagedImage`.
    public func image(named name: String) throws -> Image {
        try Self.check(name: name)
        let folder = folder(of: name)
        guard FileManager.default.fileExists(atPath: folder.path) else {
            throw ImageError.noSuchImage(name: name, store: root.path)
        }
        let image = Image(manifest: try readManifest(in: folder, name: name), folder: folder)
        let problems = image.files.compactMap { Self.sizeProblem(of: $0, in: folder) }
        guard problems.isEmpty else { throw ImageError.damagedImage(name: name, problems: problems) }
        return image
    }

    /// Takes the image `name` away, in one rename; then its files are deleted.
    /// - Throws: `ImageError.badName`, `.noSuchImage`, `.fileSystem`.
    public func remove(_ name: String) throws {
        try Self.check(name: name)
        let folder = folder(of: name)
        guard FileManager.default.fileExists(atPath: folder.path) else {
            throw ImageError.noSuchImage(name: name, store: root.path)
        }
        let doomed = images.appendingPathComponent(".removing-\(name)-\(getpid())")
        try HostFiles.rename(folder, to: doomed)
        try HostFiles.remove(doomed)
    }

    /// Reads the image's files and compares their checksums with the manifest.
    /// - Throws: `ImageError.damagedImage` with every file that differs.
    public func verify(_ image: Image) throws {
        var problems = image.files.compactMap { Self.sizeProblem(of: $0, in: image.folder) }
        if problems.isEmpty {
            let urls = image.files.map { image.folder.appendingPathComponent($0.name) }
            let digests = try FileDigest.sha256(of: urls)
            for (file, digest) in zip(image.files, digests) where file.sha256 != digest {
                problems.append("\(file.name) has changed")
            }
        }
        guard problems.isEmpty else { throw ImageError.damagedImage(name: image.name, problems: problems) }
    }
}

extension ImageStore {
    /// Refuses names that are no plain folder name.
    static func check(name: String) throws {
        let allowed = name.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "_"),
                UInt8(ascii: "+"), UInt8(ascii: "-"):
                true
            default:
                false
            }
        }
        let start = name.utf8.first
        guard allowed, let start, start != UInt8(ascii: "."), start != UInt8(ascii: "-"),
            name.utf8.count <= 128
        else { throw ImageError.badName(name) }
    }

    private func entries() throws -> [String] {
        guard FileManager.default.fileExists(atPath: images.path) else { return [] }
        return try HostFiles.names(in: images).filter { !$0.hasPrefix(".") }.sorted()
    }

    private func readManifest(in folder: URL, name: String) throws -> ImageManifest {
        let url = folder.appendingPathComponent(Self.manifestName)
        func bad(_ reason: String) -> ImageError { .badManifest(path: url.path, reason: reason) }
        guard let size = HostFiles.byteCount(of: url) else { throw bad("it does not exist") }
        guard size <= Self.manifestLimit else { throw bad("it has \(size) bytes") }
        let manifest: ImageManifest
        do {
            let data = try Data(contentsOf: url)
            let version = try JSONDecoder().decode(FormatVersion.self, from: data).formatVersion
            guard version == ImageManifest.currentFormatVersion else {
                throw bad(
                    "its format is \(version), this program reads \(ImageManifest.currentFormatVersion)")
            }
            manifest = try JSONDecoder().decode(ImageManifest.self, from: data)
        } catch let error as ImageError {
            throw error
        } catch {
            throw bad("it cannot be read: \(error)")
        }
        guard manifest.name == name else { throw bad("it is of the image '\(manifest.name)'") }
        for file in [manifest.kernel, manifest.initrd, manifest.disk] {
            guard (try? Self.check(name: file.name)) != nil else { throw bad("bad file name '\(file.name)'") }
        }
        return manifest
    }

    /// The part of a manifest that every format has.
    private struct FormatVersion: Decodable { let formatVersion: Int }

    private static func sizeProblem(of file: ImageFile, in folder: URL) -> String? {
        guard let size = HostFiles.byteCount(of: folder.appendingPathComponent(file.name)) else {
            return "\(file.name) is missing"
        }
        return size == file.byteCount ? nil : "\(file.name) has \(size) bytes instead of \(file.byteCount)"
    }
}

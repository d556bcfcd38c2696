// The end of a build: the image appears in the store.
import Foundation

/// Gathers the files of the finished steps, describes them in the manifest, and publishes the
/// whole by one rename.
struct ImageSeal {
    let context: BuildContext

    /// Makes the image visible and removes the work folder.
    func publish() throws -> Image {
        do {
            let sealed = context.folder(of: "sealed")
            try HostFiles.remove(sealed)
            try HostFiles.makeFolder(sealed)
            let image = try gather(in: sealed)
            // The data must be on the disk before the name says that it is.
            for name in try HostFiles.names(in: sealed) {
                try HostFiles.flush(sealed.appendingPathComponent(name))
            }
            try HostFiles.flush(sealed)
            try exchange(sealed, with: image.folder)
            try HostFiles.flush(context.store.images)
            try HostFiles.remove(context.work)
            return image
        } catch {
            throw HostFiles.failure(context.store.root.path, error)
        }
    }

    private func gather(in sealed: URL) throws -> Image {
        let release = context.recipe
        let parts = [
            (KernelStep.name, KernelStep.kernelFile, "kernel"),
            (InitramfsStep.name, InitramfsStep.file, "initrd"),
            (RootDiskStep.name, RootDiskStep.file, "root.ext4"),
        ]
        for (step, file, name) in parts {
            let from = context.folder(of: step).appendingPathComponent(file)
            // A second name, not a move: if this is killed the steps are still finished.
            let to = sealed.appendingPathComponent(name)
            guard link(from.path, to.path) == 0 else { throw HostFiles.failure(to.path, errno) }
        }
        let files = try describe(parts.map(\.2), in: sealed)
        let plan = try DownloadStep.plan(context)
        let update = context.folder(of: UpdateStep.name).appendingPathComponent(UpdateStep.parts)
        let manifest = ImageManifest(
            formatVersion: ImageManifest.currentFormatVersion, name: release.name,
            architecture: release.architecture, board: release.board, kernel: files[0], initrd: files[1],
            disk: files[2], kernelCommandLine: release.kernelCommandLine,
            packages: plan.all.map(\.packageVersion).sorted { $0.name < $1.name },
            suites: try HostFiles.names(in: update).map(UpdateStep.suite),
            built: ISO8601DateFormatter().string(from: Date()), recipe: release,
            builderRevision: ImageBuilder.revision)
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        let data = try encoder.encode(manifest)
        try HostFiles.write(data, to: sealed.appendingPathComponent(ImageStore.manifestName))
        return Image(manifest: manifest, folder: context.store.folder(of: release.name))
    }

    private func describe(_ names: [String], in folder: URL) throws -> [ImageFile] {
        let urls = names.map(folder.appendingPathComponent)
        let digests = try FileDigest.sha256(of: urls)
        return zip(names, zip(urls, digests)).map { name, file in
            ImageFile(name: name, sha256: file.1, byteCount: HostFiles.byteCount(of: file.0) ?? 0)
        }
    }

    /// Puts `new` in the place of `old`, which may not exist yet. What was there goes with the work
    /// folder; machines that have its files open keep them.
    private func exchange(_ new: URL, with old: URL) throws {
        if rename(new.path, old.path) == 0 { return }
        guard errno == EEXIST || errno == ENOTEMPTY else { throw HostFiles.failure(old.path, errno) }
        // A reader between the two renames finds no image; one that finds an image finds a whole one.
        let replaced = context.folder(of: "replaced")
        try HostFiles.remove(replaced)
        try HostFiles.rename(old, to: replaced)
        try HostFiles.rename(new, to: old)
    }
}

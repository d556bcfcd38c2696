// Builds guest images.
import Foundation

/// Builds images from recipes into a store.
public enum ImageBuilder {
    /// Raised when the builder makes something else of the same recipe, for instance other start-up
    /// scripts: images of older revisions are built again.
    public static let revision = 1

    private static let steps: [any BuildStep] = [
        SourcesStep(), UpdateStep(), DownloadStep(), UnpackStep(), ConfigureStep(), KernelStep(),
        InitramfsStep(), RootDiskStep(),
    ]

    /// Builds the image of `recipe`, or returns it at once if the store has it already.
    ///
    /// Works in a hidden folder of the store; the image appears whole, at the end. A build that fails
    /// or is killed goes on after its last finished step when it is started again.
    /// - Parameters:
    ///   - recipe: what to build, usually from `RecipeCatalog`.
    ///   - store: where to; made if it does not exist.
    ///   - force: builds again although the image exists, with the packages of today.
    ///   - progress: called on this thread, often.
    /// - Throws: `ImageError`.
    public static func build(
        _ recipe: ImageRecipe, into store: ImageStore, force: Bool = false,
        progress: @escaping (BuildProgress) -> Void
    ) throws -> Image {
        try build(recipe, into: store, force: force, host: BuildHost(), steps: steps, progress: progress)
    }

    /// The programs that a build needs and that this host lacks.
    public static func missingPrograms() -> [RequiredProgram] {
        RequiredProgram.missing(searchPath: BuildHost().searchPath)
    }

    static func build(
        _ recipe: ImageRecipe, into store: ImageStore, force: Bool, host: BuildHost, steps: [any BuildStep],
        progress: @escaping (BuildProgress) -> Void
    ) throws -> Image {
        try ImageStore.check(name: recipe.name)
        if !force, let current = current(recipe, store) { return current }
        let missing = RequiredProgram.missing(searchPath: host.searchPath)
        guard missing.isEmpty else { throw ImageError.missingPrograms(missing) }
        try HostFiles.makeFolder(store.images)
        try HostFiles.makeFolder(store.downloads)
        let lock = try BuildLock(store: store)
        defer { withExtendedLifetime(lock) {} }
        // Another process may have built it while this one came here.
        if !force, let current = current(recipe, store) { return current }
        let work = store.workFolder(of: recipe.name)
        let context = BuildContext(recipe: recipe, store: store, host: host, work: work)
        try forgetFinishedBuild(context, force: force)
        try BuildPipeline(steps: steps, laterStepCount: 1).run(context, progress: progress)
        progress(
            BuildProgress(
                step: steps.count + 1, stepCount: steps.count + 1, name: "seal", detail: nil, fraction: nil))
        return try ImageSeal(context: context).publish()
    }

    private static func current(_ recipe: ImageRecipe, _ store: ImageStore) -> Image? {
        guard let image = try? store.image(named: recipe.name), image.manifest.recipe == recipe,
            image.manifest.builderRevision == revision
        else { return nil }
        return image
    }

    /// With `force` the archive is asked again. A forced build that was killed is resumed by an
    /// unforced one only if there is no image yet, so starting anew loses nothing.
    private static func forgetFinishedBuild(_ context: BuildContext, force: Bool) throws {
        guard force else { return }
        try HostFiles.remove(context.work)
    }
}

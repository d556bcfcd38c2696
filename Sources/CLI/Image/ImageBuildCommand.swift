// `starling image build`.
import ArgumentParser
import GuestImages
import Machine

struct ImageBuildCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "build",
        abstract: "Build an image from its distribution's packages.",
        discussion: """
            Does nothing when the image is there already. A build that was interrupted goes on where it was.
            Images that can be built: \(RecipeCatalog.all.map(\.name).joined(separator: ", "))

            EXAMPLES:
              starling image build debian-trixie-riscv64
              starling image build --force debian-trixie-riscv64    # again, with the packages of today

            \(ExitStatus.table)
            """)

    @Argument(help: ArgumentHelp("The name of the image.", valueName: "name"))
    var name: String

    @Flag(help: "Build again although the image exists.")
    var force = false

    @Flag(help: "Print the image as JSON.")
    var json = false

    func run() throws {
        let recipe = try RecipeCatalog.recipe(named: name)
        let store = try MachineHome().images
        let progress = ProgressDisplay(recipe.name)
        let image: Image
        do {
            image = try ImageBuilder.build(recipe, into: store, force: force) { progress.show($0) }
        } catch {
            progress.end()
            throw error
        }
        progress.end()
        if json { return try Output.write(json: ImageSummary(image)) }
        Output.write("image '\(image.name)' is ready in \(image.folder.path)")
    }
}

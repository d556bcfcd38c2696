// What `starling run NAME` means by NAME.
import GuestImages
import Machine

/// A machine with a folder of its own, or an image to try.
enum RunTarget {
    case machine(MachineBundle)
    case image(Image)

    /// Looks for a machine first, and then for an image.
    /// - Throws: `BundleError` or `ImageError`, or `Failure` when there is neither.
    static func find(_ name: String, home: MachineHome) throws -> RunTarget {
        if MachineHome.isPath(name) { return .machine(try home.bundle(name)) }
        do throws(BundleError) {
            return .machine(try home.bundle(name))
        } catch {
            switch error {
            // What is no machine's name may be an image's.
            case .notFound, .badName: break
            default: throw error
            }
            return .image(try image(name, home))
        }
    }

    private static func image(_ name: String, _ home: MachineHome) throws -> Image {
        do {
            return try home.images.image(named: name)
        } catch ImageError.noSuchImage, ImageError.badName {
            guard (try? RecipeCatalog.recipe(named: name)) == nil else {
                throw Failure(
                    "image '\(name)' is not built yet: starling image build \(name)", status: ExitStatus.notFound)
            }
            throw Failure(
                "there is no machine and no image '\(name)': starling ls and starling image ls list them",
                status: ExitStatus.notFound)
        }
    }
}

// Guest images, as machines need them.
import Foundation
import GuestImages
import Machine

extension MachineHome {
    /// The images of this home.
    var images: ImageStore { ImageStore(root: URL(fileURLWithPath: path, isDirectory: true)) }

    /// Finds an image for a machine that boots it.
    /// - Throws: `ImageError`, which says how to get the image.
    func bootImage(_ name: String) throws -> BootImage {
        let image = try images.image(named: name)
        return BootImage(
            kernel: image.kernel.path, initrd: image.initrd.path, commandLine: image.manifest.kernelCommandLine)
    }
}

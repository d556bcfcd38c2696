// An image in a list.
import Foundation
import GuestImages

/// One image as `image ls` and `image build` print it.
struct ImageSummary: Encodable {
    var name: String
    /// `ready`, or `broken` when it can not be used.
    var state: String
    var architecture: String?
    var board: String?
    var built: String?
    var diskBytes: UInt64?
    var packages: Int?
    var path: String?
    /// Why it is broken.
    var problem: String?

    init(_ image: Image) {
        name = image.name
        state = "ready"
        architecture = image.manifest.architecture
        board = image.manifest.board
        built = image.manifest.built
        diskBytes = image.manifest.disk.byteCount
        packages = image.manifest.packages.count
        path = image.folder.path
    }

    init(broken name: String, _ reason: ImageError) {
        self.name = name
        state = "broken"
        problem = Message.singleLine("\(reason)")
    }
}

// CDs that boot, made by GRUB's own tool.
import Foundation

/// An ISO 9660 image with GRUB on it, which is there as long as the object lives.
final class BootableISO {
    let path: String
    private let folder: URL

    /// - Parameters:
    ///   - menu: the text of `grub.cfg`.
    ///   - files: further files of the medium, by their paths on it.
    init(menu: String, files: [String: String] = [:]) throws {
        folder = FileManager.default.temporaryDirectory.appendingPathComponent("starling-\(UUID().uuidString)")
        path = folder.appendingPathComponent("boot.iso").path
        let tree = folder.appendingPathComponent("tree")
        try FileManager.default.createDirectory(
            at: tree.appendingPathComponent("boot/grub"), withIntermediateDirectories: true)
        try Data(menu.utf8).write(to: tree.appendingPathComponent("boot/grub/grub.cfg"))
        for (place, file) in files {
            try FileManager.default.copyItem(at: URL(fileURLWithPath: file), to: tree.appendingPathComponent(place))
        }
        let tool = Process()
        tool.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        tool.arguments = ["grub-mkrescue", "-o", path, tree.path]
        (tool.standardOutput, tool.standardError) = (FileHandle.nullDevice, FileHandle.nullDevice)
        try tool.run()
        tool.waitUntilExit()
        guard tool.terminationStatus == 0 else { throw Failure(status: tool.terminationStatus) }
    }

    deinit { try? FileManager.default.removeItem(at: folder) }

    /// GRUB's tool failed.
    struct Failure: Error { let status: Int32 }
}
